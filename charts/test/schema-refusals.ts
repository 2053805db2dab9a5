import type { Path } from '@eeveebot/testing';

/** Charts within the umbrella. */
const SUBCHARTS: ReadonlySet<unknown> = new Set(['crds', 'operator', 'bot']);

/** A refusal of the schema of a chart: a JSON pointer into its values, and the message. */
export interface Refusal {
  readonly chart: string;
  readonly pointer: string;
  readonly message: string;
}

/** The refusals in a message of Helm. */
export function refusalsOf(text: string): readonly Refusal[] {
  let chart = '';
  return text.split('\n').flatMap((line) => {
    const [, name] = /^([a-z]+):$/.exec(line) ?? [];
    if (name !== undefined) chart = name;
    const [, pointer, message = ''] = /^ *- at '((?:[^'\\]|\\.)*)': (.*)$/.exec(line) ?? [];
    return pointer === undefined ? [] : [{ chart, pointer, message }];
  });
}

const pointerOf = (path: Path): string => path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Whether a refusal names a value of the umbrella, or its absence in the object that it belongs to. */
export function concerns({ chart, pointer, message }: Refusal, path: Path): boolean {
  return placesOf(path).some(([of, within]) => {
    if (of !== chart) return false;
    const own = pointerOf(within);
    if (pointer === own || pointer.startsWith(`${own}/`)) return true;
    return pointer === pointerOf(within.slice(0, -1)) && message.includes(`'${String(within.at(-1))}'`);
  });
}

/** The path in each chart that has the value. */
function placesOf(path: Path): readonly (readonly [string, Path])[] {
  const [first, ...rest] = path;
  return [['eevee', path], ...(SUBCHARTS.has(first) && rest.length > 0 ? [[String(first), rest] as const] : [])];
}

import { posix } from 'node:path';
import type { Fence } from './fence.ts';
import { FENCES } from './table.ts';

/** A fence for one file: names such as `<kind>` have a value. */
interface Place {
  readonly fence: Fence;
  readonly names: Readonly<Record<string, string>>;
}

/**
 * Why a file must not import a module; undefined when it may.
 *
 * @param file relative to the root, with forward slashes
 * @param specifier as it is written in the import
 * @example
 * refusal('packages/contract/src/names.ts', 'node:fs'); // 'packages/contract/src/** may not import node:fs: …'
 */
export function refusal(file: string, specifier: string): string | undefined {
  const place = placeOf(file);
  if (place === undefined) return `no fence covers ${file}: add one to scripts/fences/table.ts`;
  const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier;
  if (isAllowed(place, file, target)) return undefined;
  return `${nameOf(place.fence)} may not import ${target}: scripts/fences/table.ts lists what it may`;
}

/** Whether a file's fence makes it pure. */
export function isPure(file: string): boolean {
  return placeOf(file)?.fence.pure === true;
}

/** Name of a fence in messages and in ARCHITECTURE.md. */
export function nameOf({ name, files }: Fence): string {
  return name ?? files.join(', ');
}

function isAllowed(place: Place, file: string, target: string): boolean {
  if (target === `${workspaceOf(file)}/package.json`) return true;
  const { imports } = place.fence;
  if (target.startsWith('node:')) return imports.includes('node:*');
  if (isPackage(target)) return imports.some((each) => expression(each).test(target)) || (!isOwn(target) && imports.includes('npm:*'));
  if (imports.some((each) => expression(each, place.names).test(target))) return true;
  const other = placeOf(target);
  return other !== undefined && other.fence === place.fence && sameNames(other.names, place.names);
}

function placeOf(file: string): Place | undefined {
  for (const fence of FENCES) {
    for (const glob of fence.files) {
      const match = expression(glob).exec(file);
      if (match !== null) return { fence, names: { ...match.groups } };
    }
  }
  return undefined;
}

const workspaceOf = (file: string): string => file.split('/').slice(0, 2).join('/');
const isPackage = (target: string): boolean => !/^(?:apps|packages|scripts|charts|examples|bench|docs|\.\.)\//.test(target);
const isOwn = (target: string): boolean => target.startsWith('@eeveebot/');

function sameNames(one: Place['names'], other: Place['names']): boolean {
  return Object.entries(one).every(([name, value]) => other[name] === value);
}

const expressions = new Map<string, RegExp>();

/** A glob as a regular expression; `<name>` is a group, or its value where one is given. */
function expression(glob: string, names: Place['names'] = {}): RegExp {
  const given = glob.replaceAll(/<(\w+)>/g, (group: string, name: string) => names[name] ?? group);
  const known = expressions.get(given);
  if (known !== undefined) return known;
  const source = given.replaceAll(/\*\*\/|\*\*|\*|<\w+>|\{[^}]*\}|[.+?^$()|[\]\\]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part.startsWith('<')) return `(?${part}[^/]+)`;
    if (part.startsWith('{')) return `(?:${part.slice(1, -1).replaceAll(',', '|')})`;
    return `\\${part}`;
  });
  const made = new RegExp(`^${source}$`);
  expressions.set(given, made);
  return made;
}

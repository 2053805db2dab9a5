import { createHash } from 'node:crypto';
import type { KubeObject } from './types.ts';

/** Annotation with the checksum of what was applied last: tells that a field was taken out of it. */
export const APPLIED_ANNOTATION = 'eevee.bot/applied';

/** What is remembered of the last apply of an object, while the process lives. */
export interface LastApply {
  /** Checksum of what was applied. */
  readonly checksum: string;
  /** resourceVersion of the server's answer. */
  readonly resourceVersion: string | undefined;
  /** The server's answer, at the paths that were applied: it writes some values otherwise, such as quantities. */
  readonly answer: string;
}

/** Checksum of an object as it is applied: equal for equal content, whatever the order of its keys. */
export function contentChecksum(desired: object): string {
  return createHash('sha256').update(canonical(desired)).digest('hex').slice(0, 16);
}

/**
 * Whether applying `desired` would change `observed`, as far as can be told without asking.
 *
 * @param given.metadataOnly the cache holds no values of this type: then any change since our own apply counts.
 */
export function wouldChange(given: {
  readonly desired: object;
  readonly checksum: string;
  readonly observed: KubeObject | undefined;
  readonly last: LastApply | undefined;
  readonly metadataOnly: boolean;
}): boolean {
  const { desired, checksum, observed, last } = given;
  if (observed === undefined) return true;
  if (observed.metadata.annotations?.[APPLIED_ANNOTATION] !== checksum) return true;
  if (given.metadataOnly) return last?.checksum !== checksum || last.resourceVersion !== observed.metadata.resourceVersion;
  if (covers(observed, desired)) return false;
  return last?.checksum !== checksum || last.answer !== answerAt(desired, observed);
}

/** The part of `observed` that `desired` speaks of, as text to compare. */
export function answerAt(desired: unknown, observed: unknown): string {
  return canonical(projection(desired, observed));
}

/** Whether everything that `desired` says is so in `observed`, which may say more. */
function covers(observed: unknown, desired: unknown): boolean {
  if (isEmpty(desired)) return isEmpty(observed);
  if (Array.isArray(desired)) {
    return (
      Array.isArray(observed) &&
      desired.length <= observed.length &&
      desired.every((element, index) => covers(counterpart(observed, element, index), element))
    );
  }
  if (isRecord(desired)) {
    return isRecord(observed) && Object.entries(desired).every(([key, value]) => covers(observed[key], value));
  }
  return observed === desired;
}

function projection(desired: unknown, observed: unknown): unknown {
  if (Array.isArray(desired)) {
    return Array.isArray(observed)
      ? [observed.length, ...desired.map((element, index) => projection(element, counterpart(observed, element, index)))]
      : observed;
  }
  if (isRecord(desired)) {
    return isRecord(observed)
      ? Object.fromEntries(Object.entries(desired).map(([key, value]) => [key, projection(value, observed[key])]))
      : observed;
  }
  return observed;
}

/** Fields that identify an element of a list where the API merges lists (containers, variables, ports …). */
const MERGE_KEYS = ['name', 'uid', 'containerPort', 'port', 'mountPath', 'topologyKey', 'ip'] as const;

/** The element of `observed` that `element` speaks of: others may have put elements of their own between. */
function counterpart(observed: readonly unknown[], element: unknown, index: number): unknown {
  if (!isRecord(element)) return observed[index];
  const key = MERGE_KEYS.find((candidate) => element[candidate] !== undefined);
  if (key === undefined) return observed[index];
  return observed.find(
    (candidate) =>
      isRecord(candidate) &&
      candidate[key] === element[key] &&
      (element['protocol'] === undefined || candidate['protocol'] === element['protocol']),
  );
}

/** The server leaves these out: absent and empty are the same. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

import { isRecord } from '../json.ts';

/**
 * Whether an object has every field that `desired` states. Values are not compared, because the server rewrites them, and empty ones need
 * not exist. A webhook changes an object after the server has recorded who owns its fields, so ownership does not show what it dropped.
 */
export function hasAllFields(object: unknown, desired: unknown): boolean {
  if (isEmpty(desired)) return true;
  if (Array.isArray(desired)) return Array.isArray(object) && hasAllElements(object, desired);
  if (!isRecord(desired)) return object !== undefined && object !== null;
  if (!isRecord(object)) return false;
  for (const name in desired) if (!hasAllFields(object[name], desired[name])) return false;
  return true;
}

/** Elements without a name are only counted, since nothing identifies them. Several may have one name, such as mounts of one volume. */
function hasAllElements(elements: readonly unknown[], desired: readonly unknown[]): boolean {
  if (elements.length < desired.length) return false;
  const named = Map.groupBy(elements, nameOf);
  return desired.every((element) => {
    const name = nameOf(element);
    return name === undefined || named.get(name)?.some((candidate) => hasAllFields(candidate, element)) === true;
  });
}

const nameOf = (element: unknown): string | undefined =>
  isRecord(element) && typeof element['name'] === 'string' ? element['name'] : undefined;

/** Values that the server need not keep. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (!isRecord(value)) return value === undefined || value === null || value === '' || value === 0 || value === false;
  for (const name in value) if (!isEmpty(value[name])) return false;
  return true;
}

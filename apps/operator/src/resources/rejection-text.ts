/** How the API server begins its message about an invalid object. */
const INVALID = /^([A-Z][A-Za-z]*)(?:\.[-.a-z0-9]+)? "([^"]+)" is invalid: /;

/** A field at the beginning of a message, or of one of several messages. */
const FIELD = /(?<=^\[?|, )(?:spec|metadata)(?:\.[A-Za-z]+|\[[^\]]*\])*(?=: )/g;

/**
 * The field of a resource from which the operator sets a field of an object that it makes.
 *
 * @param field path, such as `spec.template.spec.containers[0].resources.limits[cpu]`.
 * @returns its path in the resource; `undefined` for a field that no resource determines.
 */
export type OwnField = (field: string) => string | undefined;

/** The beginning of a path in the made object, that of the path in the resource, and the other resource that has it, if it is another one. */
export type RenamedField = readonly [made: string, own: string, owner?: string];

/** Fields that are others in the resource. The first entry that fits is used. */
export const renamedFields =
  (...renamed: readonly RenamedField[]): OwnField =>
  (field) => {
    const found = renamed.find(([made]) => field.startsWith(made) && !/^[A-Za-z]/.test(field.slice(made.length)));
    if (found === undefined) return undefined;
    const [made, own, owner] = found;
    return `${own}${field.slice(made.length)}${owner === undefined ? '' : ` of ${owner}`}`;
  };

/**
 * A rejection of an object that the operator makes for a resource, with the fields as the resource has them: its author has never written
 * `spec.template.spec.containers[0].env[4]`. Other messages are unchanged.
 *
 * @param ownFields by kind of the made object.
 * @example
 * rejectionText('Deployment.apps "eevee-echo-module" is invalid: spec.template.labels: Invalid value: "a b"', ownFields);
 * // 'the API server refuses Deployment eevee-echo-module: spec.podLabels: Invalid value: "a b"'
 */
export function rejectionText(message: string, ownFields: Readonly<Record<string, OwnField>>): string {
  const [prefix = '', kind = '', name] = INVALID.exec(message) ?? [];
  const ownField = ownFields[kind];
  if (ownField === undefined) return message;
  return `the API server refuses ${kind} ${name}: ${message.slice(prefix.length).replaceAll(FIELD, (field) => ownField(field) ?? field)}`;
}

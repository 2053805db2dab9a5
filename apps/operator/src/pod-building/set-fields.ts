/**
 * The fields of `spec` that are set, among the given ones: a field that is absent must be absent from the object made of it, too.
 *
 * @example
 * setFields({ nodeSelector: { disk: 'ssd' } }, ['nodeSelector', 'tolerations']); // { nodeSelector: { disk: 'ssd' } }
 */
export function setFields<Spec extends object, Field extends keyof Spec>(spec: Spec, fields: readonly Field[]): SetFields<Spec, Field> {
  const entries = fields.filter((field) => spec[field] !== undefined).map((field) => [field, spec[field]]);
  return Object.fromEntries(entries) as SetFields<Spec, Field>;
}

type SetFields<Spec, Field extends keyof Spec> = { readonly [Key in Field]?: Exclude<Spec[Key], undefined> };

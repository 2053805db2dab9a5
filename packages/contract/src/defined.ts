type OptionalKeys<Fields> = { [Key in keyof Fields]: undefined extends Fields[Key] ? Key : never }[keyof Fields];

/** An object without the properties of `Fields` that are undefined. */
export type Defined<Fields> = {
  [Key in Exclude<keyof Fields, OptionalKeys<Fields>>]: Fields[Key];
} & {
  [Key in OptionalKeys<Fields>]?: Exclude<Fields[Key], undefined>;
};

/**
 * Drops properties that are undefined, so that optional properties are absent instead.
 *
 * @example
 * defined({ id, signal: undefined }); // { id }
 */
export function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  const given = fields as Readonly<Record<string, unknown>>;
  const kept: Record<string, unknown> = {};
  // Without lists of entries, since this runs for each object that is made.
  for (const name of Object.keys(given)) if (given[name] !== undefined) kept[name] = given[name];
  return kept as Defined<Fields>;
}

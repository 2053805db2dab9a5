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
export const defined = <Fields extends object>(fields: Fields): Defined<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>;

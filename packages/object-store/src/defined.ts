/** An object without the properties of `Fields` that are undefined. */
type Defined<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/**
 * Drops properties that are undefined, so that optional properties are absent instead.
 *
 * @example
 * defined({ id, signal: undefined }); // { id }
 */
export const defined = <Fields extends object>(fields: Fields): Defined<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>;

/** What is wrong with a configuration file; the text never quotes the file, which may hold secrets. */
export class ConfigFileError extends Error {
  override readonly name: string = 'ConfigFileError';
}

/** There is nothing in the file but comments. */
export class EmptyConfigFileError extends ConfigFileError {
  override readonly name = 'EmptyConfigFileError';

  constructor() {
    super('it is empty');
  }
}

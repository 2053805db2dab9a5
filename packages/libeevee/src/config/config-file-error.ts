/** A problem with a configuration file. The message never quotes the file, which may contain secrets. */
export class ConfigFileError extends Error {
  override readonly name: string = 'ConfigFileError';
}

/** The file contains only comments. */
export class EmptyConfigFileError extends ConfigFileError {
  override readonly name = 'EmptyConfigFileError';

  constructor() {
    super('it is empty');
  }
}

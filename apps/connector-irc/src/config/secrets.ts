import { readFileSync } from 'node:fs';

/** Source of a secret; `value` if it is given literally. */
export type SecretSource = { readonly env: string } | { readonly file: string } | { readonly value: string };

/** A secret could not be read. The message names the setting and the source, never a value. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/** Reads secrets. */
export type SecretReader = (source: SecretSource, setting: string) => string;

/**
 * Creates a reader of secrets. It reads at each call, so that a rotated file is used at the next connect.
 *
 * @example
 * const read = secretReader(process.env);
 * read({ env: 'SASL_PASSWORD' }, 'connections[0].sasl.password');
 */
export function secretReader(env: NodeJS.ProcessEnv): SecretReader {
  return (source, setting) => {
    if ('value' in source) return source.value;
    const [where, text] =
      'env' in source ? [`environment variable ${source.env}`, env[source.env]] : [`file ${source.file}`, textOf(source.file, setting)];
    // Editors add a line end at the end of a file.
    const secret = text?.replace(/\r?\n$/, '');
    if (secret === undefined || secret === '') throw new SecretError(`${setting}: the ${where} is not set or empty`);
    if (/[\r\n]/.test(secret) || secret.includes('\0')) throw new SecretError(`${setting}: the ${where} must contain one line`);
    return secret;
  };
}

function textOf(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SecretError(`${setting}: cannot read the file ${file}`, { cause: error });
  }
}

import { NATS_SECRET_HOST_KEY } from '@eeveebot/contract';

/** Content of a token Secret, decoded; `undefined` for a key that is missing or empty. */
export interface TokenValues {
  readonly token: string | undefined;
  readonly host: string | undefined;
}

/** Token and host from a token Secret's values. */
export function tokenValues(values: Readonly<Record<string, string>>, key: string): TokenValues {
  return { token: values[key] || undefined, host: values[NATS_SECRET_HOST_KEY] || undefined };
}

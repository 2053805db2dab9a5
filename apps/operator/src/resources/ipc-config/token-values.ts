import { NATS_SECRET_HOST_KEY } from '@eeveebot/contract';

/** What a token Secret holds, decoded; `undefined` for a key that is missing or empty. */
export interface TokenValues {
  readonly token: string | undefined;
  readonly host: string | undefined;
}

/** What a token Secret's values say of token and host. */
export function tokenValues(values: Readonly<Record<string, string>>, key: string): TokenValues {
  return { token: values[key] || undefined, host: values[NATS_SECRET_HOST_KEY] || undefined };
}

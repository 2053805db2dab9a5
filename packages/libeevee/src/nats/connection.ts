import { MODULE_ENV } from '@eeveebot/contract';
import { ERROR_CODES, EeveeError } from '../errors.ts';
import { NatsClient, type NatsClientOptions } from './client.ts';

/** Names of the environment variables for the host and the token. */
export interface NatsConnectionOptions {
  /** Default `NATS_HOST`. */
  hostEnvVar?: string;
  /** Default `NATS_TOKEN`. Read again at each reconnect. */
  tokenEnvVar?: string;
}

const read = (name: string): string | undefined => {
  const value = process.env[name];
  return value === '' ? undefined : value;
};

/** Credentials from the environment, the most specific first; `undefined` without any. */
function credentials(tokenEnvVar: string): Partial<NatsClientOptions> | undefined {
  const credsFile = read(MODULE_ENV.natsCredsFile);
  const nkeyFile = read(MODULE_ENV.natsNkeyFile);
  const user = read(MODULE_ENV.natsUser);
  if (credsFile !== undefined) return { credsFile };
  if (nkeyFile !== undefined) return { nkeyFile };
  if (read(MODULE_ENV.natsNkeySeed) !== undefined) return { nkeySeed: () => read(MODULE_ENV.natsNkeySeed) ?? '' };
  if (user !== undefined) return { user, password: () => read(MODULE_ENV.natsPassword) ?? '' };
  return read(tokenEnvVar) === undefined ? undefined : { natsToken: () => read(tokenEnvVar) ?? '' };
}

/** Names of required variables that are not set. */
function missingVariables({ hostEnvVar, tokenEnvVar }: Required<NatsConnectionOptions>): string[] {
  const host = read(hostEnvVar);
  const certificate = [MODULE_ENV.natsCertFile, MODULE_ENV.natsKeyFile];
  const isKnown = credentials(tokenEnvVar) !== undefined || read(MODULE_ENV.natsCertFile) !== undefined || (host ?? '').includes('@');
  return [
    ...(host === undefined ? [hostEnvVar] : []),
    ...(isKnown ? [] : [tokenEnvVar]),
    ...(certificate.some((name) => read(name) !== undefined) ? certificate.filter((name) => read(name) === undefined) : []),
  ];
}

/**
 * A connected client for the server that the environment names; waits until the server is reachable.
 *
 * It connects with the first of these that is set: `NATS_CREDS_FILE`, `NATS_NKEY_FILE`, `NATS_NKEY_SEED`, `NATS_USER` and `NATS_PASSWORD`,
 * `NATS_TOKEN`; or with credentials in the host. `NATS_CA_FILE` or `NATS_CA`, `NATS_CERT_FILE` and `NATS_KEY_FILE` set up TLS.
 *
 * @throws EeveeError `EEVEE_MISSING_ENVIRONMENT` naming all variables that are not set; the errors of {@link NatsClient.connect}.
 * @example
 * const nats = await createNatsConnection();
 */
export async function createNatsConnection({
  hostEnvVar = MODULE_ENV.natsHost,
  tokenEnvVar = MODULE_ENV.natsToken,
}: NatsConnectionOptions = {}): Promise<NatsClient> {
  const missing = missingVariables({ hostEnvVar, tokenEnvVar });
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'environment variable' : 'environment variables';
    throw new EeveeError(
      ERROR_CODES.missingEnvironment,
      `${verb} ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set: set ipcConfig in the BotModule, or export them`,
    );
  }
  const natsHost = read(hostEnvVar) ?? '';
  const certFile = read(MODULE_ENV.natsCertFile);
  const keyFile = read(MODULE_ENV.natsKeyFile);
  const ca = read(MODULE_ENV.natsCa);
  const nats = new NatsClient({ natsHost, ca, certFile, keyFile, ...credentials(tokenEnvVar) });
  await nats.connect();
  return nats;
}

import { MODULE_ENV } from '@eeveebot/contract';
import { ERROR_CODES, EeveeError } from '../errors.ts';
import { NatsClient } from './client.ts';

/** Which environment variables hold the host and the token. */
export interface NatsConnectionOptions {
  /** Default `NATS_HOST`. */
  hostEnvVar?: string;
  /** Default `NATS_TOKEN`. It is read again at each reconnect. */
  tokenEnvVar?: string;
}

/**
 * A connected client for the server that the environment names; waits until it can be reached.
 *
 * @throws EeveeError `EEVEE_MISSING_ENVIRONMENT` naming all variables that are not set; those of
 * {@link NatsClient.connect}.
 * @example
 * const nats = await createNatsConnection();
 */
export async function createNatsConnection({
  hostEnvVar = MODULE_ENV.natsHost,
  tokenEnvVar = MODULE_ENV.natsToken,
}: NatsConnectionOptions = {}): Promise<NatsClient> {
  const missing = [hostEnvVar, tokenEnvVar].filter((name) => (process.env[name] ?? '') === '');
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'environment variable' : 'environment variables';
    throw new EeveeError(
      ERROR_CODES.missingEnvironment,
      `${verb} ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set: set ipcConfig in the BotModule, or export them`,
    );
  }
  const nats = new NatsClient({ natsHost: process.env[hostEnvVar] ?? '', natsToken: () => process.env[tokenEnvVar] ?? '' });
  await nats.connect();
  return nats;
}

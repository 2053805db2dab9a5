import { ANNOTATION } from '@eeveebot/contract';
import type { Secret } from '../../resource-types/kubernetes.ts';
import { PENDING_TOKEN_KEY, ROUTE_PASSWORD_KEY, type NatsSecrets } from './desired/config-secret.ts';

/** Content before anything is known. */
export const NO_NATS_SECRETS: NatsSecrets = { routePassword: undefined, pending: undefined, configurations: {} };

/**
 * Content of the Secret with the servers' configuration.
 *
 * @param values of the Secret, decoded.
 */
export function natsSecrets({ metadata }: Secret, values: Readonly<Record<string, string>>): NatsSecrets {
  const configurations = Object.fromEntries(Object.entries(values).filter(([key]) => key.endsWith('.conf')));
  const [token, rotation] = [values[PENDING_TOKEN_KEY], metadata.annotations?.[ANNOTATION.rotateToken]];
  return {
    routePassword: values[ROUTE_PASSWORD_KEY] ?? formerRoutePassword(configurations),
    pending: token === undefined || rotation === undefined ? undefined : { token, rotation },
    configurations,
  };
}

/**
 * The password in the configuration of a release that did not store it separately: the token of that time. It stays the password, since
 * servers that have not been restarted yet would refuse servers with another one.
 */
function formerRoutePassword(configurations: Readonly<Record<string, string>>): string | undefined {
  for (const conf of Object.values(configurations)) {
    const [, quoted] = /authorization \{ user: "route", password: ("(?:[^"\\]|\\.)*") \}/.exec(conf) ?? [];
    if (quoted !== undefined) return JSON.parse(quoted) as string;
  }
  return undefined;
}

import { ANNOTATION } from '@eeveebot/contract';
import type { Secret } from '../../kubernetes.ts';
import { PENDING_TOKEN_KEY, ROUTE_PASSWORD_KEY, type NatsSecrets } from './desired/config-secret.ts';

/** Nothing is known yet. */
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
 * The password in the configuration of a release that kept none beside it: it was the token of that time. It stays the password, since
 * servers with another one would be refused by those that have not been restarted yet.
 */
function formerRoutePassword(configurations: Readonly<Record<string, string>>): string | undefined {
  for (const conf of Object.values(configurations)) {
    const [, quoted] = /authorization \{ user: "route", password: ("(?:[^"\\]|\\.)*") \}/.exec(conf) ?? [];
    if (quoted !== undefined) return JSON.parse(quoted) as string;
  }
  return undefined;
}

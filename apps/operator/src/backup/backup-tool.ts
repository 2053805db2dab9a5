import type { ProxyVariables } from '@eeveebot/object-store';
import type { EnvVar } from '../kubernetes.ts';

/** Settings that the operator passes to every Job of the backup tool. */
export interface BackupTool {
  /** Image unless a resource names another. */
  readonly image: string;
  /** Variables that name the proxies on the way to stores. */
  readonly env: readonly EnvVar[];
}

/** A proxy that is given by a URL with a user or a password. */
const hasCredentials = (proxy: string): boolean => {
  const url = URL.parse(proxy);
  return url !== null && `${url.username}${url.password}` !== '';
};

/**
 * The proxies of this process as variables for Jobs. Whoever may read a Job reads its environment, so that a proxy with a password in
 * its URL is not passed on.
 *
 * @returns the names of the variables that are not passed on, too.
 * @example
 * proxyEnvironment({ HTTPS_PROXY: 'http://proxy.example:3128' }).env; // [{ name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' }]
 */
export function proxyEnvironment(proxies: ProxyVariables): { readonly env: readonly EnvVar[]; readonly withheld: readonly string[] } {
  const given = Object.entries(proxies).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  return {
    env: given.filter(({ value }) => !hasCredentials(value)).toSorted((a, b) => Number(a.name > b.name) - Number(a.name < b.name)),
    withheld: given.filter(({ value }) => hasCredentials(value)).map(({ name }) => name),
  };
}

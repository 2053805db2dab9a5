import type { ProxyVariables } from '@eeveebot/object-store';
import type { EnvVar } from '../resource-types/kubernetes.ts';

/** Settings that the operator passes to every Job of the backup tool. */
export interface BackupTool {
  /** Default image, unless a resource names another. */
  readonly image: string;
  /** Variables that name the proxies to use for stores. */
  readonly env: readonly EnvVar[];
}

/** Whether a proxy's URL contains a user or a password. */
const hasCredentials = (proxy: string): boolean => {
  const url = URL.parse(proxy);
  return url !== null && `${url.username}${url.password}` !== '';
};

/**
 * The proxies of this process as variables for Jobs. Every user who may read a Job can read its environment, so a proxy with a password
 * in its URL is not passed on.
 *
 * @returns the variables, and the names of those that are not passed on.
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

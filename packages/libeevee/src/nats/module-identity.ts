import { MODULE_ENV } from '@eeveebot/contract';

/**
 * Name that all replicas and releases of a module have in common, and no other module: the BotModule in a cluster, because a copied module, or
 * one that runs with two configurations, has one name in its source.
 *
 * @param name in the source, which is used outside a cluster.
 * @example
 * moduleIdentity('dice'); // 'my-bot/my-dice'
 */
export function moduleIdentity(name: string): string {
  const { [MODULE_ENV.namespace]: namespace, [MODULE_ENV.resourceName]: resource } = process.env;
  if (resource === undefined || resource === '') return name;
  return namespace === undefined || namespace === '' ? resource : `${namespace}/${resource}`;
}

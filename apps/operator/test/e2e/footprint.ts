import { LABEL, LEASE_NAME } from '@eeveebot/contract';
import { type BotOnANode, NAMESPACE } from './bot-on-a-node.ts';

interface Lease {
  readonly spec: { readonly holderIdentity: string };
}

/** State of modules and of NATS that must not change when nothing is rolled. */
export async function footprint(bot: BotOnANode, ...modules: readonly string[]): Promise<object> {
  const deployments = await Promise.all(modules.map((module) => bot.deployment(module)));
  const pods = await Promise.all(modules.map((module) => bot.pods(`${LABEL.module}=${module}`)));
  return {
    templates: deployments.map(({ spec }) => JSON.stringify(spec?.template)),
    generations: deployments.map(({ metadata }) => metadata.generation),
    pods: pods.flat().map(({ metadata }) => metadata.uid),
    nats: (await bot.pods(LABEL.natsServer)).map(({ metadata }) => metadata.uid),
  };
}

/** Identity of the operator that leads. */
export const leader = async (bot: BotOnANode): Promise<string> =>
  (await bot.node.get<Lease>('lease', LEASE_NAME, '-n', NAMESPACE)).spec.holderIdentity;

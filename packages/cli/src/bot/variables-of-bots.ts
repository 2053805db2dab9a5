import { MODULE_ENV } from '@eeveebot/contract';

const OF_MODULE: ReadonlySet<string> = new Set([
  MODULE_ENV.moduleConfigPath,
  MODULE_ENV.operatorApiToken,
  MODULE_ENV.operatorApiUrl,
  MODULE_ENV.metricsEnabled,
]);

const OF_BOT: ReadonlySet<string> = new Set(Object.values(MODULE_ENV).filter((name) => !OF_MODULE.has(name)));

/**
 * Without the variables that say to which bot a module belongs and how it connects. Those of the shell, or of a file with variables, are of
 * another bot, such as one in a cluster: with its credentials or certificates, no part could connect to the bus of this one.
 */
export function withoutOtherBots(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OF_BOT.has(name)));
}

import { MODULE_ENV } from '@eeveebot/contract';

const OF_MODULE: ReadonlySet<string> = new Set([
  MODULE_ENV.moduleConfigPath,
  MODULE_ENV.operatorApiToken,
  MODULE_ENV.operatorApiUrl,
  MODULE_ENV.metricsEnabled,
]);

const OF_BOT: ReadonlySet<string> = new Set(Object.values(MODULE_ENV).filter((name) => !OF_MODULE.has(name)));

const OF_CONNECTION: ReadonlySet<string> = new Set([...OF_BOT].filter((name) => name.startsWith('NATS_')));

const without = (env: NodeJS.ProcessEnv, names: ReadonlySet<string>): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));

/**
 * Without the variables that say to which bot a module belongs and how it connects. Those of the shell are of
 * another bot, such as one in a cluster: with its credentials or certificates, no part could connect to the bus of this one.
 */
export const withoutOtherBots = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => without(env, OF_BOT);

/** Without the variables that say how a module connects: the others of a file with variables are for this module. */
export const withoutConnection = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => without(env, OF_CONNECTION);

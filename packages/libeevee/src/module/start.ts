import { channel } from 'node:diagnostics_channel';
import { MODULE_ENV, MODULE_START_CHANNEL } from '@eeveebot/contract';
import { type ConfigWatch, watchModuleConfig } from '../config/watch.ts';
import { setupHttpServer } from '../http/server.ts';
import { log } from '../log/log.ts';
import { eeveeLogo } from '../process/logo.ts';
import { initializeSystemMetrics } from '../metrics/registry.ts';
import type { NatsClient } from '../nats/client.ts';
import { createNatsConnection } from '../nats/connection.ts';
import { processState } from '../process-state.ts';
import { surviveRejections } from '../process/rejections.ts';
import { type DrainableClient, registerGracefulShutdown, stopAfterFailure } from '../process/shutdown.ts';
import { stopLimits } from '../process/stop-limits.ts';
import { ModuleStore } from '../store/store.ts';
import { configDefaults, configOrigin, validConfig } from './config.ts';
import type { ModuleContext } from './contexts.ts';
import type { ModuleDefinition } from './definition.ts';
import { ModuleRun } from './module-run.ts';

/** The store on the volume that the operator mounted, or in memory. */
function moduleStore(producer: string): ModuleStore {
  const folder = process.env[MODULE_ENV.moduleData];
  if (folder !== undefined && folder !== '') return new ModuleStore(folder);
  return new ModuleStore(undefined, () =>
    log.warn(
      `the store is in memory, and its entries are lost at the next restart: give the module a volume (${MODULE_ENV.moduleData} is not set)`,
      {
        producer,
      },
    ),
  );
}

/** A connection that is closed permanently is not restored: the module would run, and hear nothing. */
function endDeaf(name: string): void {
  if (processState.stopping) return;
  log.error('the NATS connection of the module was closed, so the module receives no more messages', {
    producer: name,
    hint: 'the connection belongs to the module: do not call close or drain of `nats` in its code',
  });
  stopAfterFailure('the end of the NATS connection');
}

/** Programs that run a module wait for its starts here. */
const starts = channel(MODULE_START_CHANNEL);

/**
 * Starts a module in this process.
 *
 * @throws EeveeError as documented for `BotModule.start`; all resources are closed in that case.
 */
export async function startModule<Config, State>(definition: ModuleDefinition<Config, State>): Promise<ModuleContext<Config, State>> {
  const started = start(definition);
  starts.publish(Promise.allSettled([started]));
  // The caller gets another promise: if it does not handle a failed start, that ends the process.
  return started;
}

async function start<Config, State>(definition: ModuleDefinition<Config, State>): Promise<ModuleContext<Config, State>> {
  const startTimeMs = Date.now();
  const { name, version } = definition;
  if (process.env['NODE_ENV'] !== 'production') process.stdout.write(eeveeLogo);
  log.info(`${name} ${version} starts`, { producer: name });

  const natsClients: NatsClient[] = [];
  const drained: DrainableClient[] = [];
  let run: ModuleRun<Config, State> | undefined;
  processState.exitsWhenStopped = true;
  registerGracefulShutdown(drained, () => run?.stop());
  initializeSystemMetrics(name);
  let isReady = false;
  const server = setupHttpServer({ serviceName: name, natsClients, notReady: () => (isReady ? undefined : 'starting') });
  const started = Promise.withResolvers<ModuleRun<Config, State>>();
  let watch: ConfigWatch<Config> | undefined;
  const endSurvival = surviveRejections(name);
  try {
    watch = await watchModuleConfig<unknown, Config>(
      configDefaults(definition),
      // A change that arrives during the start is applied after it.
      async (config) => (await started.promise).configure(config),
      { validate: (laid) => validConfig(definition, laid, configOrigin()), strict: true },
    );
    const nats = await createNatsConnection();
    natsClients.push(nats);
    const running = new ModuleRun(definition, {
      nats,
      config: watch.config,
      startTimeMs,
      store: moduleStore(name),
      http: server,
    });
    run = running;
    drained.push({ drain: () => running.drain(stopLimits().drainMs), close: () => nats.close() });
    await run.start();
    started.resolve(run);
    isReady = true;
    if (nats.nats?.isClosed() === true) endDeaf(name);
    else nats.once('close', () => endDeaf(name));
    log.info('ready', { producer: name });
    return run.context;
  } catch (error) {
    // Stopped during the start: a drained NATS connection is not a failure, and nothing may start any more.
    if (processState.stopping) return await new Promise<never>(() => {});
    // A start that fails must end the process, also if nothing awaits it.
    endSurvival();
    server.close();
    await watch?.close();
    await Promise.all(natsClients.map((nats) => nats.close()));
    throw error;
  }
}

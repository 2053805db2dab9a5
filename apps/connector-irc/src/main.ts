import { MODULE_ENV } from '@eeveebot/contract';
import {
  type DrainableClient,
  type HealthClient,
  createNatsConnection,
  eeveeLogo,
  initializeSystemMetrics,
  log,
  registerGracefulShutdown,
  registerStatsHandlers,
  setupHttpServer,
  watchModuleConfig,
} from '@eeveebot/libeevee';
import manifest from '../package.json' with { type: 'json' };
import { systemClock } from './clock.ts';
import { ConfigError, type ParsedConfig, parseConfig } from './config/parse.ts';
import { secretReader } from './config/secrets.ts';
import { Connector } from './connector/connector.ts';
import { unhealthyReason } from './connector/health.ts';
import { RunTimeChannels } from './connector/run-time-channels.ts';

const NAME = 'connector-irc';
const { version } = manifest;

const startTime = Date.now();
if (process.env['NODE_ENV'] !== 'production') process.stdout.write(eeveeLogo);
log.info(`${NAME} ${version} starts`, { producer: NAME });

const drained: DrainableClient[] = [];
const healthClients: HealthClient[] = [];
let connector: Connector | undefined;
registerGracefulShutdown(drained);
initializeSystemMetrics(NAME);
setupHttpServer({
  serviceName: NAME,
  natsClients: healthClients,
  notReady: () => unhealthyReason(connector?.watched ?? [], systemClock.now()),
});

/** Problems of the configuration are logged one per line. They abort the start; later, the current configuration stays in effect. */
function validConfig(value: unknown): ParsedConfig {
  try {
    const config = parseConfig(value);
    for (const warning of config.warnings) log.warn(`configuration: ${warning}`, { producer: NAME });
    return config;
  } catch (error) {
    if (error instanceof ConfigError) for (const problem of error.problems) log.error(`configuration: ${problem}`, { producer: NAME });
    throw error;
  }
}

/** Connects to NATS, then to IRC. */
async function start(): Promise<void> {
  const started = Promise.withResolvers<Connector>();
  const watch = await watchModuleConfig<unknown, ParsedConfig>(
    {},
    // A change during the start is applied after it.
    async ({ connections }) => (await started.promise).configure(connections),
    { validate: validConfig },
  );
  const nats = await createNatsConnection();
  healthClients.push(nats);
  connector = new Connector({
    nats,
    clock: systemClock,
    random: Math.random,
    readSecret: secretReader(process.env),
    runTimeChannels: new RunTimeChannels(process.env[MODULE_ENV.moduleData], NAME),
    name: NAME,
    version: `eevee ${version}`,
  });
  const running = connector;
  // Leaves IRC before NATS, so that messages accepted from the bus are still sent.
  drained.push({
    drain: async () => {
      await running.stop();
      await nats.drain();
    },
    close: () => nats.close(),
  });
  await running.start(watch.config.connections);
  started.resolve(running);
  await Promise.all(registerStatsHandlers({ nats, moduleName: NAME, startTime, version, moreStats: () => ({ connector: running.stats }) }));
  log.info('ready', { producer: NAME });
}

// Without top-level await, which a CommonJS bundle cannot have (docs/decisions/0045-commonjs-bundles.md). A start that fails ends the process.
void start();

import {
  type NatsClient,
  createModuleMetrics,
  createNatsConnection,
  eeveeLogo,
  initializeSystemMetrics,
  loadModuleConfig,
  log,
  registerCommand,
  registerGracefulShutdown,
  registerHelp,
  registerStatsHandlers,
  sendChatMessage,
  setupHttpServer,
} from '@eeveebot/libeevee';
import manifest from '../package.json' with { type: 'json' };
import { ECHO_COMMAND, defaultConfig, echo, help } from './echo.ts';

const startTime = Date.now();
const module = 'echo';
const { version } = manifest;
const metrics = createModuleMetrics(module);
const natsClients: NatsClient[] = [];

if (process.env['NODE_ENV'] !== 'production') process.stdout.write(eeveeLogo);
log.info(`${module} ${version} starts`, { producer: module });

registerGracefulShutdown(natsClients);
initializeSystemMetrics(module);
setupHttpServer({ serviceName: module, natsClients });
const { ratelimit } = loadModuleConfig(defaultConfig);
const nats = await createNatsConnection();
natsClients.push(nats);

async function answer(payload: unknown): Promise<void> {
  const started = performance.now();
  const reply = echo(payload);
  if (reply === undefined) {
    metrics.recordError('invalid_command');
    log.warn('a call without text or place is not answered', { producer: module });
    return;
  }
  const { platform, network, channel, trace } = reply;
  try {
    await sendChatMessage(nats, reply, metrics);
    metrics.recordCommand(platform, network, channel, 'success');
    log.info('answered', { producer: module, platform, network, channel, trace });
  } catch (error) {
    metrics.recordCommand(platform, network, channel, 'error');
    metrics.recordError('not_sent');
    throw error;
  } finally {
    metrics.recordProcessingTime((performance.now() - started) / 1000);
  }
}

// In a queue group: of several replicas, one answers.
await nats.subscribe(`command.execute.${ECHO_COMMAND.commandUUID}`, (_subject, msg) => answer(msg.json()), { queue: module });
await registerCommand(nats, { ...ECHO_COMMAND, ratelimit }, metrics);
await registerHelp(nats, module, help, metrics);
await registerStatsHandlers({ nats, moduleName: module, startTime, version, metrics });
log.info('ready', { producer: module });

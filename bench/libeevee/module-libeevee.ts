/** The echo on libeevee's single functions, as in modules of 3.x and 4.x; from the folder UPSTREAM_LIBEEVEE, if it is set. */
import type * as libeevee from '@eeveebot/libeevee';
import type { ChatMessage, NatsClient } from '@eeveebot/libeevee';

const former = process.env['UPSTREAM_LIBEEVEE'];
const { createNatsConnection, initializeSystemMetrics, log, registerCommand, registerGracefulShutdown, sendChatMessage, setupHttpServer } =
  former === undefined ? await import('@eeveebot/libeevee') : ((await import(former)) as typeof libeevee);

const natsClients: NatsClient[] = [];
registerGracefulShutdown(natsClients);
initializeSystemMetrics('bench');
setupHttpServer({ serviceName: 'bench', natsClients });
const nats = await createNatsConnection();
natsClients.push(nats);
await nats.subscribe('command.execute.bench', (_subject, msg) => {
  const call: ChatMessage = JSON.parse(msg.string());
  log.info('echo', { producer: 'bench', channel: call.channel });
  void sendChatMessage(nats, call);
});
await nats.subscribe('bench.usage', (_subject, msg) => void msg.respond(JSON.stringify(process.cpuUsage())));
await Promise.all(await registerCommand(nats, { commandUUID: 'bench', commandDisplayName: 'bench', regex: '^bench' }));

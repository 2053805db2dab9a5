/** The echo on only the NATS client: the minimum cost of any module. */
import { connect } from 'nats';

const nats = await connect({ servers: process.env['NATS_HOST'] ?? '', token: process.env['NATS_TOKEN'] ?? '' });
nats.subscribe('command.execute.bench', {
  callback: (_error, msg) => {
    const { platform, network, instance, channel, text, trace } = msg.json<Record<string, string>>();
    process.stdout.write(`${JSON.stringify({ level: 'info', time: new Date().toISOString(), producer: 'bench', msg: 'echo', channel })}\n`);
    nats.publish(
      `chat.message.outgoing.${platform}.${instance}.${channel}`,
      JSON.stringify({ channel, network, instance, platform, text, trace, type: 'message.outgoing' }),
    );
  },
});
nats.subscribe('bench.usage', { callback: (_error, msg) => void msg.respond(JSON.stringify(process.cpuUsage())) });
await nats.flush();
process.once('SIGTERM', () => void nats.drain());

/** Receives each line and publishes it again with only the NATS client: the minimum cost of any router. */
import { connect } from 'nats';

const nats = await connect({ servers: process.env['NATS_HOST'] ?? '', token: process.env['NATS_TOKEN'] ?? '' });
nats.subscribe('chat.message.incoming.>', {
  callback: (_error, msg) => {
    const line = msg.json<Record<string, unknown>>();
    const text = String(line['text']);
    const [, id = ''] = /^!command(\d+)/.exec(text) ?? [];
    nats.publish(`command.execute.c-${id}`, JSON.stringify({ ...line, originalText: text }));
  },
});
await nats.flush();
process.stdout.write('ready\n');
process.once('SIGTERM', () => void nats.drain());

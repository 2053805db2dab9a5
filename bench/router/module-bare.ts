/** Takes each line and publishes it again, with nothing but the NATS client: what any router costs at least. */
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

/** The echo on `defineModule`, with all that it does for each message. */
import { defineModule } from '@eeveebot/libeevee';

const { nats } = await defineModule({
  name: 'bench',
  version: '1.0.0',
  commands: [
    {
      commandUUID: 'bench',
      commandDisplayName: 'bench',
      regex: '^bench',
      // The line in the log is written for it.
      run: ({ text, reply }) => reply(text),
    },
  ],
}).start();
await nats.subscribe('bench.usage', (_subject, msg) => void msg.respond(JSON.stringify(process.cpuUsage())));

/** The echo on `defineModule`, as a command without arguments and middleware: the cost of every call. */
import { defineModule } from '@eeveebot/libeevee';

const { nats } = await defineModule({
  name: 'bench',
  version: '1.0.0',
  commands: [
    {
      commandUUID: 'bench',
      commandDisplayName: 'bench',
      regex: '^bench',
      // libeevee itself writes the line in the log.
      run: ({ text, reply }) => reply(text),
    },
  ],
}).start();
await nats.subscribe('bench.usage', (_subject, msg) => void msg.respond(JSON.stringify(process.cpuUsage())));

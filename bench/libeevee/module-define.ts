/** The echo on `defineModule`, with all features for each message: arguments, middleware, metrics and a line in the log. */
import { defineModule } from '@eeveebot/libeevee';

const { nats } = await defineModule({
  name: 'bench',
  version: '1.0.0',
  use: [(_ctx, next) => next()],
  commands: [
    {
      commandUUID: 'bench',
      commandDisplayName: 'bench',
      use: [(_ctx, next) => next()],
      args: [
        { name: 'greeting', type: 'string', maxLength: 20 },
        { name: 'text', type: 'rest', maxLength: 200 },
      ],
      run: ({ args, reply }) => reply(`${args.greeting} ${args.text}`),
    },
  ],
}).start();
await nats.subscribe('bench.usage', (_subject, msg) => void msg.respond(JSON.stringify(process.cpuUsage())));

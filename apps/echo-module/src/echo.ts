import { defaultRateLimit, defineModule } from '@eeveebot/libeevee';
import manifest from '../package.json' with { type: 'json' };

/** `!echo <text>`, or `eevee: echo <text>` with the nick of the bot, answers `<text>`. */
export const botModule = defineModule({
  name: 'echo',
  version: manifest.version,
  // Defaults; values in `spec.moduleConfig` of the BotModule replace them.
  config: { ratelimit: defaultRateLimit },
  commands: [
    {
      commandUUID: '9e5c1e0c-c6ad-4ae1-a368-7a28cd539dc9',
      commandDisplayName: 'echo',
      regex: String.raw`^echo\s+`,
      nickPrefixAllowed: true,
      ratelimit: ({ ratelimit }) => ratelimit,
      help: { descr: 'Repeats your text' },
      args: [{ name: 'text', type: 'rest', description: 'Text to repeat' }],
      run: ({ args, reply }) => reply(args.text),
    },
  ],
});

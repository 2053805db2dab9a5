import { type HandlerContext, type Store, defineModule } from '@eeveebot/libeevee';
import manifest from '../package.json' with { type: 'json' };

/** A nick followed by ++ or --, as a separate word. Longer words are not nicks, and exceed the key length of the store. */
const VOTE = /(?<!\S)([^\s:,]{1,64}?)(\+\+|--)(?!\S)/g;

/** Karma by nick in lower case. */
const karmaIn = (ctx: HandlerContext): Store<number> => ctx.module.store.namespace<number>('karma').forChannel(ctx);

export const karma = defineModule({
  name: 'karma',
  version: manifest.version,
  broadcasts: [
    {
      broadcastUUID: '5b0f3c52-9b1e-4d38-8f7a-2f6f0f6b7c11',
      broadcastDisplayName: 'votes',
      messageFilterRegex: String.raw`\S(?:\+\+|--)(?:\s|$)`,
      run: (ctx) => {
        for (const [, nick = '', vote] of ctx.text.matchAll(VOTE)) {
          const key = nick.toLowerCase();
          if (key !== ctx.nick.toLowerCase()) karmaIn(ctx).increment(key, vote === '++' ? 1 : -1);
        }
      },
    },
  ],
  events: [
    {
      eventType: '^kick$',
      eventDisplayName: 'kicks',
      run: (ctx) => karmaIn(ctx).increment(ctx.nick.toLowerCase(), -1),
    },
  ],
  commands: [
    {
      commandDisplayName: 'karma',
      help: { descr: 'Says the karma of a nick' },
      args: [{ name: 'nick', type: 'nick', required: false, description: 'Nick to look up; yours if omitted' }],
      run: (ctx) => {
        const nick = ctx.args.nick ?? ctx.nick;
        return ctx.reply(`${nick} has ${karmaIn(ctx).get(nick.toLowerCase()) ?? 0} karma`);
      },
    },
  ],
});

import { type HandlerContext, UserError, defineModule, defineSchedule } from '@eeveebot/libeevee';
import manifest from '../package.json' with { type: 'json' };

/** Maximum number of reminders per user. */
const MAX_REMINDERS = 20;

const remind = defineSchedule({
  name: 'remind',
  run: ({ nick, reply }, { text }: { text: string }) => reply(`${nick}: ${text}`),
});

const remindersOf = ({ nick, instance, module }: HandlerContext) =>
  module.schedule.list(remind).filter(({ to }) => to?.nick === nick && to.instance === instance);

export const reminders = defineModule({
  name: 'reminders',
  version: manifest.version,
  schedules: [remind],
  commands: [
    {
      commandDisplayName: 'remind',
      help: { descr: 'Reminds you of something' },
      args: [
        { name: 'in', type: 'duration', min: '1s', max: '52w', description: 'How long to wait, such as 90s, 1h30m or 2d' },
        { name: 'text', type: 'rest', maxLength: 300, description: 'The text of the reminder' },
      ],
      run: async (ctx) => {
        if (remindersOf(ctx).length >= MAX_REMINDERS) throw new UserError(`you have ${MAX_REMINDERS} reminders already`);
        ctx.module.schedule.after(ctx.args.in, remind, { to: ctx, payload: { text: ctx.args.text } });
        await ctx.reply(`${ctx.nick}: I will remind you`);
      },
    },
    {
      commandDisplayName: 'reminders',
      help: { descr: 'Lists your reminders' },
      args: [],
      run: async (ctx) => {
        const lines = remindersOf(ctx).map(
          ({ dueAt, payload }) => `${dueAt.toISOString().slice(0, 16).replace('T', ' ')} UTC: ${payload.text}`,
        );
        await ctx.notice(lines.length === 0 ? 'you have no reminders' : lines.join('\n'));
      },
    },
  ],
});

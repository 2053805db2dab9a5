import { defined } from '@eeveebot/contract';
import { type Person, hostOf, identOf } from './person.ts';

/** Answer of the console to a control request, and the subject that it is wanted on. */
export interface ControlAnswer {
  readonly replyTo: string | undefined;
  readonly answer: Readonly<Record<string, unknown>>;
  /** Line to show to the user. */
  readonly shown?: string;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const textIn = (fields: Fields, name: string): string | undefined => {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const memberOf = (person: Person): Fields => ({
  nick: person.nick,
  ident: identOf(person),
  hostname: hostOf(person),
  modes: person.isOp ? ['o'] : [],
  isChannelAdmin: person.isOp,
});

/** Answers the control requests that a connector answers, for channels in which only the user and the bot are. */
export function controlAnswer(request: unknown, { person, botNick }: { person: Person; botNick: string }): ControlAnswer {
  const { action, data } = fieldsOf(request);
  const asked = fieldsOf(data);
  const channel = textIn(asked, 'channel') ?? '';
  const nick = textIn(asked, 'nick') ?? '';
  const replyTo = textIn(asked, 'replyChannel');
  const answered = (answer: Fields, shown?: string): ControlAnswer => ({
    replyTo,
    answer: { channel, ...answer },
    ...defined({ shown }),
  });
  switch (action) {
    case 'join':
      return answered({ joined: true }, `* ${botNick} joins ${channel}`);
    case 'part':
      return answered({ parted: true }, `* ${botNick} leaves ${channel}`);
    case 'kick':
      return answered({ nick, requested: true }, `* ${botNick} kicks ${nick} from ${channel} (${textIn(asked, 'reason') ?? nick})`);
    case 'list-users-in-channel': {
      const bot = { nick: botNick, ident: botNick, hostname: 'localhost', modes: [], isChannelAdmin: false };
      return answered({ users: [memberOf(person), bot], count: 2 });
    }
    case 'get-modes-for-user':
      if (nick.toLowerCase() !== person.nick.toLowerCase()) return answered({ nick, error: `${nick} is not in ${channel}` });
      return answered(memberOf(person));
    default:
      return answered({ error: `unknown action "${String(action).slice(0, 80)}"` });
  }
}

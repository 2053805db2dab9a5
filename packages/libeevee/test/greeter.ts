import { type RateLimitConfig, defaultRateLimit, defineModule } from '../src/index.ts';

/** Configuration of {@link greeter}. */
export interface GreeterConfig {
  greeting: string;
  ratelimit: RateLimitConfig;
}

const defaults: GreeterConfig = { greeting: 'Hello', ratelimit: defaultRateLimit };

/** Starts and stops of {@link greeter}; each test empties it. */
export const started: string[] = [];

/** A module that uses every feature. */
export const greeter = defineModule({
  name: 'greeter',
  version: '1.0.0',
  config: defaults,
  commands: [
    {
      commandUUID: 'c-greet',
      commandDisplayName: 'greet',
      regex: String.raw`^greet\s+`,
      nickPrefixAllowed: true,
      ratelimit: ({ ratelimit }) => ratelimit,
      help: { descr: 'Greets', params: [{ param: 'name', required: true, descr: 'Whom' }] },
      run: ({ text, config, reply }) => reply(`${config.greeting}, ${text}!`),
    },
    { commandUUID: 'c-wave', commandDisplayName: 'wave', regex: '^wave$', run: ({ nick, action }) => action(`waves at ${nick}`) },
    { commandUUID: 'c-fail', commandDisplayName: 'fail', regex: '^fail$', run: () => Promise.reject(new Error('on purpose')) },
    { commandUUID: 'c-hang', commandDisplayName: 'hang', regex: '^hang$', run: () => new Promise(() => {}) },
    {
      commandUUID: 'c-ask',
      commandDisplayName: 'ask',
      regex: '^ask$',
      run: ({ ask, reply }) => ask('Who?').catch((error: unknown) => reply(`sorry: ${String(Reflect.get(Object(error), 'code'))}`)),
    },
    {
      commandUUID: 'c-later',
      commandDisplayName: 'later',
      regex: '^later$',
      run: ({ platform, network, instance, channel, module }) => {
        setTimeout(() => void module.say({ platform, network, instance, channel, text: 'now' }), 5);
      },
    },
  ],
  broadcasts: [
    {
      broadcastUUID: 'b-links',
      broadcastDisplayName: 'links',
      messageFilterRegex: 'https?://',
      run: ({ text, reply }) => reply(`a link: ${text}`),
    },
  ],
  onStart: ({ name }) => started.push(`start ${name}`),
  onStop: ({ name }) => started.push(`stop ${name}`),
});

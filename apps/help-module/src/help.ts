import { setInterval } from 'node:timers';
import { SUBJECT } from '@eeveebot/contract';
import { type CommandContext, type ModuleContext, defaultRateLimit, defineModule } from '@eeveebot/libeevee';
import manifest from '../package.json' with { type: 'json' };
import { helpOn, overview } from './answers.ts';
import { ASK_EVERY_MS, HelpRequests } from './help-requests.ts';
import { HelpRegistry, readModuleHelp, readModuleName } from './registry.ts';

interface Config {
  readonly ratelimit: typeof defaultRateLimit;
}

/** The registry of each running module, because tests run several in one process. */
const registries = new WeakMap<ModuleContext<Config>, HelpRegistry>();

/** Keeps the registry up to date from the bus until the module stops. */
async function followHelp(module: ModuleContext<Config>): Promise<void> {
  const { nats, log, signal } = module;
  const registry = new HelpRegistry();
  registries.set(module, registry);
  const requests = new HelpRequests({ nats, registry, now: () => performance.now() });
  await nats.subscribe(SUBJECT.helpUpdate, (_subject, msg) => {
    const help = readModuleHelp(msg.string());
    if (help === undefined) log.warn('ignored a help.update that is not JSON with a module name and a list of entries');
    else requests.heard(help);
  });
  await nats.subscribe(SUBJECT.helpRemove, (_subject, msg) => {
    const from = readModuleName(msg.string());
    if (from === undefined) log.warn('ignored a help.remove that is not JSON with a module name');
    else registry.remove(from);
  });
  requests.tick();
  const timer = setInterval(() => requests.tick(), ASK_EVERY_MS).unref();
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** The text before the command in the message, such as `!` or `eevee: `. */
const prefixOf = ({ originalText, matchedText }: CommandContext<Config>): string =>
  originalText.endsWith(matchedText) ? originalText.slice(0, originalText.length - matchedText.length) : '';

/** The command or module that a text names. Users may type the prefix as well: `help !echo`. */
function nameIn(text: string, prefix: string): string {
  return prefix !== '' && text.startsWith(prefix) ? text.slice(prefix.length) : text.replace(/^[!.~]/, '');
}

/** A single line is sent to the channel; longer answers go to the user who asked, so that they do not fill the channel. */
async function answer(ctx: CommandContext<Config>, lines: readonly string[]): Promise<void> {
  const send = lines.length === 1 || ctx.private ? ctx.reply : ctx.notice;
  for (const line of lines) await send(line);
}

/** `help`, `help <command|module>` and `bots`. */
export const botModule = defineModule<Config>({
  name: 'help',
  version: manifest.version,
  config: { ratelimit: defaultRateLimit },
  onStart: followHelp,
  commands: [
    {
      commandUUID: '5f0d7c5e-0a55-4b0c-9c69-6b3ce0a1a4d1',
      commandDisplayName: 'help',
      regex: String.raw`^help(?:\s+|$)`,
      nickPrefixAllowed: true,
      ratelimit: ({ ratelimit }) => ratelimit,
      help: {
        descr: 'Lists the commands, or explains one',
        params: [{ param: 'command or module', required: false, descr: 'The command or module to explain' }],
      },
      run: async (ctx) => {
        const modules = registries.get(ctx.module)?.modules ?? [];
        const prefix = prefixOf(ctx);
        const name = nameIn(ctx.text.trim(), prefix);
        await answer(ctx, name === '' ? overview(modules, prefix) : helpOn(modules, name, prefix));
      },
    },
    {
      commandUUID: '0b8f0d7e-64a0-4c6d-8c1b-1d3d0f6a2f57',
      commandDisplayName: 'bots',
      // A convention of IRC channels: bots answer the plain word `bots`, so that new users can identify them.
      regex: '^bots$',
      platformPrefixAllowed: false,
      nickPrefixAllowed: false,
      ratelimit: ({ ratelimit }) => ({ ...ratelimit, level: 'channel' }),
      run: async ({ reply }) =>
        reply('I am an eevee bot (https://github.com/eeveebot/eevee). Say "help" after my prefix or name for my commands.'),
    },
  ],
});

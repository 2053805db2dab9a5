import { mergedConfig } from '../config/load.ts';
import { configDefaults, validConfig } from '../module/config.ts';
import type { BotModule } from '../module/define-module.ts';
import type { HandlerFailure } from '../module/message-handling.ts';
import { ModuleRun } from '../module/module-run.ts';
import { NatsClient } from '../nats/client.ts';
import type { Claims } from '../schedule/claims.ts';
import { MemoryBus } from './memory-bus.ts';
import { type Bus, TestBot } from './test-bot.ts';
import type { TestBotOptions } from './test-bot-options.ts';
import { TestClock } from './test-clock.ts';

/** Initial time of the router and of schedules. */
const START = Date.UTC(2026, 0, 1);

/** The longest delay of a timer: with faked timers, pings would time out before the server can answer. */
const NEVER_MS = 2 ** 31 - 1;

/** Claims of replicas in this process: the first one runs a schedule. */
function sharedClaims(): Claims {
  const claimed = new Set<string>();
  return {
    claim: (occurrence) => {
      const isFirst = !claimed.has(occurrence);
      claimed.add(occurrence);
      return Promise.resolve(isFirst ? 'won' : 'lost');
    },
  };
}

/**
 * Runs a module as a complete bot in this process, with a router that knows its commands and a bus. Its log shows warnings and errors
 * unless `LOG_LEVEL` says otherwise.
 *
 * @throws the error of `onStart`, or EeveeError `EEVEE_CONFIG_INVALID`.
 * @example
 * await using bot = await startTestBot(echo);
 * expect(await bot.say('!echo hi')).toEqual(['hi']);
 */
export async function startTestBot<Config, State = unknown>(
  { definition }: Pick<BotModule<Config, State>, 'definition'>,
  options: TestBotOptions = {},
): Promise<TestBot<Config, State>> {
  process.env['LOG_LEVEL'] ??= 'warn';
  const valid = (config: Readonly<Record<string, unknown>>): Promise<Config> =>
    validConfig(definition, mergedConfig(configDefaults(definition), config));
  const config = await valid(options.config ?? {});
  const bus: Bus = options.bus === undefined ? await MemoryBus.start() : { address: options.bus, stop: () => Promise.resolve() };
  const { host, token } = bus.address;
  const client = (name: string): NatsClient => new NatsClient({ natsHost: host, natsToken: token, name, pingIntervalMs: NEVER_MS });
  const nats = client('test-router');
  const clients = Array.from({ length: options.replicas ?? 1 }, () => client(definition.name));
  const startTimeMs = Date.now();
  const errors: HandlerFailure[] = [];
  const failed = (failure: HandlerFailure): unknown => errors.push(failure);
  const clock = new TestClock(START);
  const claims = sharedClaims();
  const runs = clients.map((each) => new ModuleRun(definition, { nats: each, config, startTimeMs, clock, claims, failed }));
  const configure = async (changed: Readonly<Record<string, unknown>>): Promise<void> => {
    for (const run of runs) await run.configure(await valid(changed));
  };
  const bot = new TestBot({ options, bus, nats, runs, errors, clock, configure });
  try {
    await Promise.all([nats, ...clients].map((each) => each.connect()));
    await bot.start();
    return bot;
  } catch (error) {
    await bot.stop();
    throw error;
  }
}

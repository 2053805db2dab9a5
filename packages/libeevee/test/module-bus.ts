import { type NatsServer, startNatsServer } from '@eeveebot/testing';
import { type Msg, type NatsConnection, connect } from 'nats';
import { afterEach, beforeEach, vi } from 'vitest';
import { log } from '../src/log/log.ts';
import type { CommandContext } from '../src/module/contexts.ts';
import type { ModuleDefinition } from '../src/module/definition.ts';
import { ModuleRun } from '../src/module/module-run.ts';
import { NatsClient } from '../src/nats/client.ts';
import { killChildModules } from './child-module.ts';

/** Token of the server. */
export const TOKEN = 'module-token';

/** Where calls are made. */
export const place = { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee', user: 'fox' };

/** A NATS server for each test, a router that hears what modules register and say, and modules in this process. */
export function useModuleBus() {
  const bus = {} as {
    server: NatsServer;
    router: NatsConnection;
    registered: Record<string, unknown>[];
    said: Record<string, unknown>[];
    clients: NatsClient[];
  };

  beforeEach(async () => {
    for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
    bus.server = await startNatsServer({ token: TOKEN });
    bus.router = await connect({ servers: bus.server.host, token: TOKEN });
    [bus.registered, bus.said, bus.clients] = [[], [], []];
    const keep = (subject: string, into: Record<string, unknown>[]): unknown =>
      bus.router.subscribe(subject, { callback: (_error, msg: Msg) => void into.push(msg.json()) });
    keep('command.register', bus.registered);
    keep('chat.*.outgoing.>', bus.said);
    await bus.router.flush();
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await killChildModules();
    for (const client of bus.clients) await client.close();
    await bus.router.close();
    await bus.server.stop();
  });

  const texts = (): unknown[] => bus.said.map(({ text }) => text);

  /** Runs a module with one command, `c-1`, in this process. */
  async function run<Config>(
    definition: Partial<ModuleDefinition<Config>> & { handle?: (ctx: CommandContext<Config>) => unknown },
    config: Config,
  ): Promise<ModuleRun<Config>> {
    const nats = new NatsClient({ natsHost: bus.server.host, natsToken: TOKEN, name: 'module' });
    bus.clients.push(nats);
    await nats.connect();
    const { handle = () => {}, ...rest } = definition;
    const commands = [{ commandUUID: 'c-1', commandDisplayName: 'test', regex: '^test', run: handle }];
    const module = new ModuleRun({ name: 'module', version: '1.0.0', commands, ...rest }, { nats, config, startTimeMs: Date.now() });
    await module.start();
    return module;
  }

  const call = (fields: Record<string, unknown> = {}, uuid = 'c-1'): void =>
    bus.router.publish(`command.execute.${uuid}`, JSON.stringify({ ...place, text: 'hello', trace: 't-1', ...fields }));

  /** Waits until all calls so far have been handled, and their answers received. */
  async function handled(...modules: { context: { nats: NatsClient }; idle(): Promise<void> }[]): Promise<void> {
    const sent = async (): Promise<void> => {
      for (const { context } of modules) await context.nats.nats?.flush();
    };
    await bus.router.flush();
    await sent();
    for (const module of modules) await module.idle();
    await sent();
    await bus.router.flush();
  }

  return { bus, texts, run, call, handled };
}

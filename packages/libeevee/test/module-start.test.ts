import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { ModuleRun } from '../src/module/module-run.ts';
import { NatsClient } from '../src/nats/client.ts';
import { ChildModule } from './child-module.ts';
import { TOKEN, useModuleBus } from './module-bus.ts';

const { bus, texts, call } = useModuleBus();

const DEFINITION = `
import { writeSync } from 'node:fs';
import { defineModule } from './src/index.ts';
const say = (text) => writeSync(1, text + '\\n');
const definition = {
  name: 'child', version: '1.2.3', config: { greeting: 'Hello', ratelimit: { mode: 'drop', level: 'user', limit: 5, interval: '1m' } },
  commands: [{ commandUUID: 'c-1', commandDisplayName: 'hello', regex: '^hello', ratelimit: (config) => config.ratelimit,
    help: { descr: 'Greets', params: [] }, run: ({ text, config, reply }) => reply(config.greeting + ', ' + text) }],
  onStart: ({ config }) => say('started with ' + config.greeting), onStop: () => say('cleaned up'),
};
`;

describe('start()', () => {
  const child = async (code: string, env: Record<string, string> = {}): Promise<ChildModule> =>
    new ChildModule(code, { NATS_HOST: bus.server.host, NATS_TOKEN: TOKEN, HTTP_API_PORT: String(await freePort()), ...env });

  it('starts everything, and stops cleanly on SIGTERM', async () => {
    const help: unknown[] = [];
    bus.router.subscribe('help.update', { callback: (_error, msg) => void help.push(msg.json()) });
    const port = await freePort();
    const module = await child(`${DEFINITION} await defineModule(definition).start();`, { HTTP_API_PORT: String(port) });
    await module.says('"ready"');
    call({ text: 'world' });
    await eventually(() => texts().length > 0);
    expect(texts()).toEqual(['Hello, world']);
    expect(help).toEqual([{ from: 'child', help: [{ command: 'hello', descr: 'Greets', params: [] }] }]);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toMatch(/uptime_seconds\{module="child"\}/);
    expect((await bus.router.request('stats.uptime', '{}')).json()).toMatchObject({ module: 'child', version: '1.2.3' });
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toMatch(/started with Hello[^]*cleaned up/);
  });

  it('names the invalid fields of the configuration, and exits with 1', async () => {
    const module = await child(`${DEFINITION} definition.config = { greeting: 5 > 4, ratelimit: { limit: 'many' } };
      definition.commands[0].ratelimit = ({ ratelimit }) => ratelimit;
      await defineModule(definition).start();`);
    expect(await module.exited).toEqual({ code: 1, signal: null });
    expect(module.output).toContain('rate limit of hello: limit must be a whole number, 0 for no limit');
    expect(module.output).toContain('EEVEE_CONFIG_INVALID');
  });

  it('follows its configuration file, and keeps the last good one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'eevee-module-'));
    try {
      const path = join(folder, 'config.yaml');
      writeFileSync(path, 'greeting: Hi\n');
      const module = await child(`${DEFINITION} await defineModule(definition).start();`, { MODULE_CONFIG_PATH: path });
      await module.says('"ready"');
      writeFileSync(path, 'greeting: 5\n');
      await module.says('greeting: expected a string, found a number');
      call({ text: 'one' });
      await eventually(() => texts().length === 1);
      writeFileSync(path, 'greeting: Hey\nratelimit:\n  limit: 9\n');
      await eventually(() => bus.registered.length === 2);
      call({ text: 'two' });
      await eventually(() => texts().length === 2);
      expect(texts()).toEqual(['Hi, one', 'Hey, two']);
      expect(bus.registered.map(({ ratelimit }) => ratelimit)).toEqual(
        [5, 9].map((limit) => ({ mode: 'drop', level: 'user', limit, interval: '1m' })),
      );
      module.signal('SIGTERM');
      expect(await module.exited).toEqual({ code: 0, signal: null });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('leaves nothing open when it fails and the caller continues', async () => {
    const module = await child(`${DEFINITION} definition.onStart = () => { throw new Error('no database'); };
      await defineModule(definition).start().catch((error) => say('failed: ' + error.message));`);
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toContain('failed: no database');
  });

  it('loses none of 5,000 waiting calls on SIGTERM', async () => {
    const env = { TERMINATION_GRACE_PERIOD_SECONDS: '60' };
    const module = await child(`${DEFINITION} await defineModule(definition).start();`, env);
    await module.says('"ready"');
    for (let number = 0; number < 5_000; number++) call({ text: String(number), channel: `#${number % 50}` });
    await bus.router.flush();
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    await bus.router.flush();
    expect(texts()).toHaveLength(5_000);
  });

  it('does not wait forever for a handler that never ends', async () => {
    const module = await child(`${DEFINITION} definition.commands[0].run = ({ signal }) => {
        signal.addEventListener('abort', () => say('aborted: ' + signal.reason.code)); say('hangs'); return new Promise(() => {}); };
      await defineModule(definition).start();`);
    await module.says('"ready"');
    for (let each = 0; each < 3; each++) call();
    await module.says('hangs');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toMatch(/aborted: EEVEE_MODULE_STOPPED[^]*cleaned up/);
    expect(module.output).toMatch(/"messages":2,"msg":"messages were not handled/);
    expect(module.output.match(/hangs/g)).toHaveLength(1);
  });

  it('is cancelled cleanly on SIGTERM while onStart runs', async () => {
    const module = await child(`${DEFINITION} definition.onStart = async ({ signal }) => { say('starting');
        await new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 50))); say('opened'); };
      await defineModule(definition).start(); say('started');`);
    await module.says('starting');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toMatch(/^(?![^]*(?:started|"level":"error"))[^]*opened[^]*cleaned up/);
  });

  it.each(['nats.close()', 'nats.drain()', 'nats.nats.close()'])(
    'ends with code 1 when the module calls %s, and says why',
    async (code) => {
      const module = await child(`${DEFINITION} definition.commands[0].run = ({ module: { nats } }) => { void ${code}; };
      await defineModule(definition).start();`);
      await module.says('"ready"');
      call();
      expect(await module.exited).toEqual({ code: 1, signal: null });
      expect(module.output).toMatch(/do not call close or drain[^]*the module receives no more messages/);
      expect(module.output).toContain('cleaned up');
    },
  );

  it('fails when NATS does not permit its subscriptions', async () => {
    const nats = new NatsClient({ natsHost: bus.server.host, natsToken: TOKEN, name: 'module' });
    await nats.connect();
    await nats.close();
    const commands = [{ commandUUID: 'c-1', commandDisplayName: 'test', regex: '^test', run: () => {} }];
    const definition = { name: 'module', version: '1.0.0', commands };
    await expect(new ModuleRun(definition, { nats, config: {}, startTimeMs: 0 }).start()).rejects.toMatchObject({
      code: 'EEVEE_NOT_SUBSCRIBED',
      message: expect.stringContaining('command.execute.c-1'),
    });
  });
});

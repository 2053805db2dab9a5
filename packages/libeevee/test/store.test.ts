import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChildModule, killChildModules } from './child-module.ts';
import { TestBus } from './test-bus.ts';

let bus: TestBus;
let volume: string;

beforeEach(async () => {
  bus = await TestBus.start();
  volume = mkdtempSync(join(tmpdir(), 'eevee-volume-'));
});

afterEach(async () => {
  await killChildModules();
  await bus[Symbol.asyncDispose]();
  rmSync(volume, { recursive: true });
});

const CODE = `
  import { defineModule } from './src/index.ts';
  await defineModule({
    name: 'karma', version: '1.0.0',
    commands: [{ commandUUID: 'k-1', commandDisplayName: 'karma', regex: '^karma', run: (ctx) =>
      ctx.reply(String(ctx.module.store.namespace('karma').forChannel(ctx).increment(ctx.text))) }],
    onStop: ({ store }) => store.set('stopped', true),
  }).start();`;

async function start(env: Record<string, string>): Promise<ChildModule> {
  const module = new ChildModule(CODE, { ...bus.env, HTTP_API_PORT: String(await freePort()), ...env });
  await module.says('"ready"');
  return module;
}

const call = { platform: 'irc', network: 'n', instance: 'main', channel: '#c', nick: 'owl', user: '~owl', text: 'fox' };

async function answers(count: number): Promise<unknown[]> {
  bus.publish('command.execute.k-1', call);
  const said = await bus.messages('chat.message.outgoing', count);
  return said.map(({ payload }) => (payload as { text: string }).text);
}

describe('the store of a running module', () => {
  it('is on its volume after it was killed and after it was stopped', async () => {
    const killed = await start({ MODULE_DATA: volume });
    expect(await answers(1)).toEqual(['1']);
    killed.kill();
    await killed.exited;
    const stopped = await start({ MODULE_DATA: volume });
    expect(await answers(2)).toEqual(['1', '2']);
    stopped.signal('SIGTERM');
    expect(await stopped.exited).toEqual({ code: 0, signal: null });
    expect(existsSync(join(volume, 'store.sqlite-wal'))).toBe(false);
    await start({ MODULE_DATA: volume });
    expect(await answers(3)).toEqual(['1', '2', '3']);
  });

  it('is in memory without a volume, with one warning', async () => {
    const module = await start({});
    await answers(1);
    await answers(2);
    expect(module.output.match(/the store is in memory, and its entries are lost at the next restart/g)).toHaveLength(1);
  });
});

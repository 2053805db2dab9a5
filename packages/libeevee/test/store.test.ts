import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { ChildModule } from './child-module.ts';
import { useModuleWorld } from './use-module-world.ts';

const world = useModuleWorld();

const CODE = `
  import { defineModule } from './src/index.ts';
  await defineModule({
    name: 'karma', version: '1.0.0',
    commands: [{ commandUUID: 'k-1', commandDisplayName: 'karma', regex: '^karma', run: (ctx) =>
      ctx.reply(String(ctx.module.store.namespace('karma').forChannel(ctx).increment(ctx.text))) }],
    onStop: ({ store }) => store.set('stopped', true),
  }).start();`;

async function start(env: Record<string, string>): Promise<ChildModule> {
  const module = new ChildModule(CODE, { ...world.bus.env, HTTP_API_PORT: String(await freePort()), ...env });
  await module.says('"ready"');
  return module;
}

const call = { platform: 'irc', network: 'n', instance: 'main', channel: '#c', nick: 'owl', user: '~owl', text: 'fox' };

async function answers(count: number): Promise<unknown[]> {
  world.bus.publish('command.execute.k-1', call);
  const said = await world.bus.messages('chat.message.outgoing', count);
  return said.map(({ payload }) => (payload as { text: string }).text);
}

describe('the store of a running module', () => {
  it('is on its volume after it was killed and after it was stopped', async () => {
    const killed = await start({ MODULE_DATA: world.volume });
    expect(await answers(1)).toEqual(['1']);
    killed.kill();
    await killed.exited;
    const stopped = await start({ MODULE_DATA: world.volume });
    expect(await answers(2)).toEqual(['1', '2']);
    stopped.signal('SIGTERM');
    expect(await stopped.exited).toEqual({ code: 0, signal: null });
    expect(existsSync(join(world.volume, 'store.sqlite-wal'))).toBe(false);
    await start({ MODULE_DATA: world.volume });
    expect(await answers(3)).toEqual(['1', '2', '3']);
  });

  it('is in memory without a volume, with one warning', async () => {
    const module = await start({});
    await answers(1);
    await answers(2);
    expect(module.output.match(/the store is in memory, and its entries are lost at the next restart/g)).toHaveLength(1);
  });
});

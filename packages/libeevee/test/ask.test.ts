import { eventually, freePort } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { ChildModule } from './child-module.ts';
import { useChildBus } from './use-child-bus.ts';

const world = useChildBus();

const CODE = `
  import { defineModule } from './src/index.ts';
  await defineModule({
    name: 'asking', version: '1.0.0',
    commands: [{ commandUUID: 'a-1', commandDisplayName: 'weather', regex: '^weather$', run: async ({ ask, reply }) => {
      try {
        await reply('sunny in ' + await ask('Which city?', { timeout: '10m' }) + ', says ' + process.pid);
      } catch (error) {
        await reply(error.code);
      }
    } }, { commandUUID: 'a-2', commandDisplayName: 'stubborn', run: async ({ ask, reply }) => {
      for (;;) await ask('Which city?').catch((error) => reply(error.code).catch(() => undefined));
    } }],
  }).start();`;

async function start(): Promise<ChildModule> {
  const module = new ChildModule(CODE, { ...world.bus.env, HTTP_API_PORT: String(await freePort()) });
  await module.says('"ready"');
  return module;
}

const place = { platform: 'irc', network: 'n', instance: 'main', channel: '#c', nick: 'fox', user: '~fox', botNick: 'eevee' };

async function said(count: number): Promise<string[]> {
  const messages = await world.bus.messages('chat.message.outgoing', count);
  return messages.map(({ payload }) => (payload as { text: string }).text);
}

/** The id under which the answer is requested, as a router sees it. */
const requested = (): string[] => world.bus.on('broadcast.register').map((payload) => (payload as { broadcastUUID: string }).broadcastUUID);

describe('a question on a NATS server', () => {
  it('is registered with the router before it is sent, and answered in the replica that asked', async () => {
    await Promise.all([start(), start()]);
    for (const nick of ['fox', 'owl', 'elk', 'bee'])
      world.bus.publish('command.execute.a-1', { ...place, nick, text: '', originalText: '!weather' });
    expect(await said(4)).toEqual(['Which city?', 'Which city?', 'Which city?', 'Which city?']);
    expect(new Set(requested()).size).toBe(4);
    const subjects = world.bus.heard.map(({ subject }) => subject.replace(/\.(?:irc|main|#c).*/, ''));
    expect(subjects.indexOf('broadcast.register')).toBeLessThan(subjects.indexOf('chat.message.outgoing'));
    for (const id of requested()) world.bus.publish(`broadcast.message.${id}`, { ...place, text: 'eevee: Berlin' });
    const answers = (await said(8)).slice(4);
    expect(answers.map((text) => text.replace(/\d+$/, ''))).toEqual(answers.map(() => 'sunny in Berlin, says '));
    await eventually(() => world.bus.on('broadcast.unregister').length === 4, { what: 'all registrations to be withdrawn' });
  });

  it('is given up on SIGTERM, and the handler can still tell the user', async () => {
    const module = await start();
    world.bus.publish('command.execute.a-1', { ...place, text: '', originalText: '!weather' });
    await said(1);
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    await world.bus.quiet();
    expect(await said(2)).toEqual(['Which city?', 'EEVEE_MODULE_STOPPED']);
    expect(world.bus.on('broadcast.unregister')).toEqual([{ type: 'broadcast.unregister', broadcastUUID: requested()[0] }]);
  });

  it('is not asked again and again by a handler that continues after SIGTERM', async () => {
    const module = await start();
    world.bus.publish('command.execute.a-2', { ...place, text: '', originalText: '!stubborn' });
    await said(1);
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    await world.bus.quiet();
    expect(await said(2)).toEqual(['Which city?', 'EEVEE_MODULE_STOPPED']);
  });
});

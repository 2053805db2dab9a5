import { freePort } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { ChildModule } from './child-module.ts';
import { useChildBus } from './use-child-bus.ts';

const world = useChildBus();

const CODE = `
  import { defineModule } from './src/index.ts';
  await defineModule({
    name: 'child', version: '1.0.0',
    commands: [{ commandUUID: 'c-1', commandDisplayName: 'roll', regex: '^roll$', help: { descr: 'Rolls', params: [], aliases: ['throw'] }, run: ({ text, signal, reply }) => {
      if (text !== 'hang') return reply('rolled');
      console.log('hangs');
      return new Promise((resolve) => signal.addEventListener('abort', () => { reply('I am being stopped'); }));
    } }],
    broadcasts: [{ broadcastUUID: 'b-1', broadcastDisplayName: 'all', run: () => {} }],
    events: [{ eventUUID: 'e-1', eventDisplayName: 'seen', run: () => {} }],
  }).start();`;

async function start(env: Record<string, string> = {}): Promise<ChildModule> {
  const module = new ChildModule(CODE, { ...world.bus.env, HTTP_API_PORT: String(await freePort()), ...env });
  await module.says('"ready"');
  return module;
}

const place = { platform: 'irc', network: 'n', instance: 'main', channel: '#c', nick: 'fox', user: 'fox' };
const withdrawn = (): string[] =>
  world.bus.heard.map(({ subject }) => subject).filter((subject) => /unregister|help\.remove/.test(subject));
const all = ['broadcast.unregister', 'command.unregister', 'event.unregister', 'help.remove'];

describe('a module that stops', () => {
  it('withdraws its registrations', async () => {
    const module = await start();
    await world.bus.messages('command.register', 1);
    expect(world.bus.on('command.register')).toEqual([expect.objectContaining({ regex: '^(?:roll|throw)$' })]);
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    await world.bus.quiet();
    expect(withdrawn().toSorted()).toEqual(all);
    expect(world.bus.on('command.unregister')).toEqual([{ type: 'command.unregister', commandUUID: 'c-1' }]);
    expect(world.bus.on('help.remove')).toEqual([{ type: 'help.remove', from: 'child' }]);
  });

  it('keeps them if another replica runs, as in a rollout; the last one withdraws them', async () => {
    const [before, after] = [await start(), await start()];
    before.signal('SIGTERM');
    expect(await before.exited).toEqual({ code: 0, signal: null });
    await world.bus.quiet();
    expect(withdrawn()).toEqual([]);
    world.bus.publish('command.execute.c-1', { ...place, text: '' });
    await world.bus.messages('chat.message.outgoing', 1);
    after.signal('SIGTERM');
    expect(await after.exited).toEqual({ code: 0, signal: null });
    await world.bus.quiet();
    expect(withdrawn().toSorted()).toEqual(all);
  });

  it.each([
    ['a timer', `onStart: () => { setInterval(() => {}, 1_000); }`, ['Timeout']],
    ['an onStart that hangs', `onStart: () => { console.log('"ready"'); return new Promise(() => {}); }`, []],
    ['a socket', `onStart: async () => { (await import('node:net')).createServer().listen(0); }`, ['TCPServerWrap']],
  ])('exits cleanly, long before it would be killed, in spite of %s', async (_what, onStart, open) => {
    const code = `import { defineModule } from './src/index.ts'; await defineModule({ name: 'child', version: '1.0.0', ${onStart} }).start();`;
    const module = new ChildModule(code, { ...world.bus.env, HTTP_API_PORT: '0', TERMINATION_GRACE_PERIOD_SECONDS: '30' });
    await module.says('"ready"');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toContain('"stopped"');
    for (const each of open) expect(module.output).toMatch(new RegExp(`"open":.*"${each}"`));
  });

  it('lets a hanging handler answer before the pod is killed', async () => {
    const module = await start({ TERMINATION_GRACE_PERIOD_SECONDS: '4' });
    world.bus.publish('command.execute.c-1', { ...place, text: 'hang' });
    await module.says('hangs');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    await world.bus.quiet();
    expect(world.bus.on('chat.message.outgoing.irc.main.#c')).toEqual([expect.objectContaining({ text: 'I am being stopped' })]);
    expect(module.output).not.toContain('forcing exit');
  });
});

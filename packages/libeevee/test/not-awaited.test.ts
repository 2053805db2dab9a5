import { eventually } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChildModule, killChildModules } from './child-module.ts';
import { TestBus } from './test-bus.ts';

let bus: TestBus;

beforeEach(async () => {
  bus = await TestBus.start();
});

afterEach(async () => {
  await killChildModules();
  await bus[Symbol.asyncDispose]();
});

const place = { platform: 'irc', network: 'irc.example.org', instance: 'main', channel: '#eevee', nick: 'fox', user: '~fox' };
const call = (uuid: string, text = ''): void => bus.publish(`command.execute.${uuid}`, { ...place, text, trace: 't-1' });
const said = (): unknown[] => bus.on('chat.message.outgoing.irc.main.#eevee').map((payload) => Reflect.get(Object(payload), 'text'));

describe('an answer that is not awaited', () => {
  const CHILD = (commands: string): string => `
    import { defineModule } from './src/index.ts';
    const ratelimit = { mode: 'drop', level: 'user', limit: 0, interval: '1m' };
    await defineModule({ name: 'child', version: '1.0.0', commands: [${commands}] }).start();`;

  it('does not end the process when its handler has timed out', async () => {
    const module = new ChildModule(
      CHILD(`
        { commandUUID: 'late', commandDisplayName: 'late', regex: '^late', ratelimit, timeoutMs: 20, run: ({ signal, reply, action, notice, module }) => new Promise(() => {
            signal.addEventListener('abort', () => setTimeout(() => {
              reply('a'); action('b'); notice('c'); reply(5); module.say({}); module.act({ text: 'x' }); console.log('spoken');
            }, 1_100)); }) },
        { commandUUID: 'echo', commandDisplayName: 'echo', regex: '^echo', run: ({ text, reply }) => { reply(text); } }`),
      { ...bus.env, HTTP_API_PORT: '0' },
    );
    await module.says('"ready"');
    call('late');
    await module.says('spoken');
    call('echo', 'still here');
    await bus.messages('chat.message', 1);
    expect(said()).toEqual(['still here']);
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
  });

  it('does not end the process when the rejected promise is one that the module made', async () => {
    const module = new ChildModule(
      CHILD(`
        { commandUUID: 'float', commandDisplayName: 'float', regex: '^float', ratelimit, timeoutMs: 20,
          use: [(ctx, next) => { next().then(() => 1); Promise.reject(new Error('in use')); }],
          onTimeout: () => { Promise.reject(undefined); },
          run: ({ reply, ask, signal, module }) => {
            reply(5).then(() => 1); reply(5).finally(() => 1); ask('q', { timeout: 1 }).then(() => 1);
            (async () => { await new Promise((resolve) => signal.addEventListener('abort', resolve)); signal.throwIfAborted(); })();
            try { module.store.update('k', async () => { throw new Error('in update'); }); } catch {}
            setTimeout(() => { Promise.reject(Object.create(null)); console.log('spoken'); }, 1_100);
            return new Promise(() => {}); } },
        { commandUUID: 'echo', commandDisplayName: 'echo', regex: '^echo', run: ({ text, reply }) => { reply(text); } }`),
      { ...bus.env, HTTP_API_PORT: '0' },
    );
    await module.says('"ready"');
    call('float');
    await module.says('spoken');
    call('echo', 'still here');
    await eventually(() => said().includes('still here'), { what: 'the answer of another command' });
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    for (const text of ['a promise was rejected, and nothing awaits or catches it', 'in use', 'in update'])
      expect(module.output).toContain(text);
  });

  it('still makes a start that fails exit 1', async () => {
    const code = `import { defineModule } from './src/index.ts';
      void defineModule({ name: 'child', version: '1.0.0', onStart: () => { throw new Error('on purpose'); } }).start();`;
    const module = new ChildModule(code, { ...bus.env, HTTP_API_PORT: '0' });
    expect(await module.exited).toEqual({ code: 1, signal: null });
  });

  it('does not make a clean stop exit 1', async () => {
    const module = new ChildModule(
      CHILD(`
        { commandUUID: 'hang', commandDisplayName: 'hang', regex: '^hang', ratelimit, run: ({ signal, reply }) => new Promise(() => {
            signal.addEventListener('abort', () => { reply('at once'); setImmediate(() => reply('later')); console.log('aborted'); });
            console.log('hangs'); }) }`),
      { ...bus.env, HTTP_API_PORT: '0' },
    );
    await module.says('"ready"');
    call('hang');
    await module.says('hangs');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toContain('aborted');
  });

  it('does not end the process while NATS is disconnected, whichever function returned it', async () => {
    const module = new ChildModule(
      `import * as eevee from './src/index.ts';
      const nats = await eevee.createNatsConnection();
      await nats.close();
      const where = { platform: 'irc', network: 'n', instance: 'main', channel: '#c' };
      const circular = []; circular.push({ circular });
      eevee.sendChatMessage(nats, { ...where, text: 'x' }); eevee.sendAction(nats, { ...where, text: 5 });
      eevee.sendNotice(nats, { ...where, target: 'fox', text: 'x' });
      eevee.joinChannel(nats, where); eevee.partChannel(nats, {}); eevee.kick(nats, { ...where, nick: 'a\\nb' });
      eevee.queryChannelUsers(nats, 'irc', 'main', '#c'); eevee.queryUserModes(nats, 'irc', 'main', '#c', 'fox');
      eevee.registerCommand(nats, { commandUUID: 'c', commandDisplayName: 'c', regex: 'c' }); eevee.unregisterCommand(nats, { commandUUID: 'c' });
      eevee.registerBroadcast(nats, { broadcastUUID: 'b', broadcastDisplayName: 'b' }); eevee.unregisterBroadcast(nats, { broadcastUUID: 'b' });
      eevee.registerEvent(nats, { eventUUID: 'e', eventDisplayName: 'e' }); eevee.unregisterEvent(nats, { eventUUID: 'e' });
      eevee.registerHelp(nats, 'h', circular); eevee.unregisterHelp(nats, 'h');
      eevee.registerStatsHandlers({ nats, moduleName: 'm', startTime: 0 });
      nats.publish('a', 'b'); nats.publish('a b'); nats.subscribe('a', () => {}); nats.subscribe('', () => {}); nats.unsubscribe(nats.subscribe('a', () => {}));
      nats.drain(); nats.close();
      setTimeout(() => console.log('went on'), 50);`,
      bus.env,
    );
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toContain('went on');
  });
});

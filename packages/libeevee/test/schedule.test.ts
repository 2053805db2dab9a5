import { eventually, freePort } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { type ModuleContext, defineSchedule } from '../src/index.ts';
import { ChildModule } from './child-module.ts';
import { useModuleWorld } from './use-module-world.ts';

const world = useModuleWorld();

/** A module that reminds, and whose runs of `crash` end or outlast the process. */
const CODE = `
  import { defineModule, defineSchedule } from './src/index.ts';
  const remind = defineSchedule({ name: 'remind', run: ({ nick, reply, attempt }, text) => reply(nick + ': ' + text + ' ' + attempt) });
  const crash = defineSchedule({ name: 'crash', run: ({ attempt, reply }) => attempt === 1 ? process.kill(process.pid, 'SIGKILL') : reply('survived ' + attempt) });
  const slow = defineSchedule({ name: 'slow', run: async ({ reply }) => {
    console.log('is slow');
    await new Promise((resolve) => setTimeout(resolve, 700));
    await reply('done');
  } });
  await defineModule({
    name: 'reminders', version: '1.0.0',
    schedules: [remind, crash, slow],
    commands: [{ commandUUID: 'r-1', commandDisplayName: 'in', regex: '^in ', run: (ctx) => {
      const [delay, name] = ctx.text.split(' ');
      ctx.module.schedule.after(delay, { remind, crash, slow }[name], { to: ctx, payload: 'tea' });
      return ctx.reply('noted');
    } }],
  }).start();`;

async function start(): Promise<ChildModule> {
  const module = new ChildModule(CODE, { ...world.bus.env, HTTP_API_PORT: String(await freePort()), MODULE_DATA: world.volume });
  await module.says('"ready"');
  return module;
}

const place = { platform: 'irc', network: 'n', instance: 'main', channel: '#c', nick: 'fox', user: '~fox' };

/** Texts that the modules have sent, once there are `count`. */
async function said(count: number): Promise<string[]> {
  const messages = await world.bus.messages('chat.message.outgoing', count);
  return messages.map(({ payload }) => (payload as { text: string }).text);
}

const ask = (text: string): void => world.bus.publish('command.execute.r-1', { ...place, text });

describe('a schedule of a running module', () => {
  it('runs where its entry was made', async () => {
    await start();
    ask('0s remind');
    expect(await said(2)).toEqual(['noted', 'fox: tea 1']);
    expect(world.bus.on('chat.message.outgoing.irc.main.#c')[1]).toMatchObject({
      platform: 'irc',
      network: 'n',
      instance: 'main',
      channel: '#c',
    });
  });

  it('survives a kill, and runs missed entries once', async () => {
    const killed = await start();
    ask('1s remind');
    await said(1);
    killed.kill();
    await killed.exited;
    await start();
    expect(await said(2)).toEqual(['noted', 'fox: tea 1']);
  });

  it('repeats a run during which the process was killed', async () => {
    const killed = await start();
    ask('0s crash');
    expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await start();
    expect(await said(2)).toEqual(['noted', 'survived 2']);
  });

  it('ends before the module stops', async () => {
    const module = await start();
    ask('0s slow');
    await module.says('is slow');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    await world.bus.quiet();
    expect(await said(2)).toEqual(['noted', 'done']);
  });
});

it('a run that several replicas have scheduled happens in one of them', async () => {
  const ran: string[] = [];
  const due = new Date(Date.now() + 500);
  const replica = (name: string) => {
    const tidy = defineSchedule({ name: 'tidy', run: ({ key }) => ran.push(`${key} in ${name}`) });
    const entries = [...Array.from({ length: 20 }, (_, index) => `${index}`), ...(name === 'first' ? ['its own'] : [])];
    const onStart = ({ schedule }: ModuleContext): void => entries.forEach((key) => void schedule.at(due, tidy, { key }));
    return world.bus.run({ name: 'tidies', schedules: [tidy], onStart }, {});
  };
  const runs = await Promise.all([replica('first'), replica('second')]);
  await eventually(() => runs.every((run) => run.context.schedule.list().length === 0), { what: 'all entries to be over' });
  for (const run of runs) await run.stop();
  const keys = ran.map((line) => line.replace(/ in .*/, ''));
  expect(keys.toSorted()).toEqual([...Array.from({ length: 20 }, (_, index) => `${index}`), 'its own'].toSorted());
  expect(ran).toContain('its own in first');
});

it('a run happens in each of two BotModules that have the same module, with other configurations', async () => {
  const code = `
    import { defineModule, defineSchedule } from './src/index.ts';
    const report = defineSchedule({ name: 'report', run: ({ module }) =>
      module.say({ platform: 'irc', network: 'n', instance: 'main', channel: '#c', text: process.env.RESOURCE_NAME }) });
    await defineModule({
      name: 'reports', version: '1.0.0', schedules: [report],
      onStart: ({ schedule }) => void schedule.at(new Date(Number(process.env.DUE_MS)), report, { key: 'daily' }),
    }).start();`;
  const shared = { ...world.bus.env, NAMESPACE: 'bot', DUE_MS: String(Date.now() + 5_000) };
  const modules = [];
  for (const name of ['news', 'weather'])
    modules.push(new ChildModule(code, { ...shared, RESOURCE_NAME: name, HTTP_API_PORT: String(await freePort()) }));
  for (const module of modules) await module.says('"ready"');
  expect((await said(2)).toSorted()).toEqual(['news', 'weather']);
});

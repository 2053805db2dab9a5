import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { diceModule } from './dice.ts';
import { ModuleFolder, runEevee } from './eevee.ts';

const ANSWER = 'await ctx.reply(`${ctx.config.greeting}, ${ctx.nick}: ${ctx.text}`);';

/** A module whose entry point starts it without waiting. */
const commonJsModule = (more: string): string => `
  const { defineModule } = require('@eeveebot/libeevee');
  const ping = { commandDisplayName: 'ping', run: ({ reply }) => reply('pong') };
  void defineModule({ name: 'ping', version: '1.0.0', commands: [ping], ${more} }).start();`;

describe('eevee dev, with a script', () => {
  it('answers each line before the next one is sent, and exits with 0', async () => {
    // Slower with each call: without waiting, answers would come after later lines.
    using folder = new ModuleFolder({ 'src/main.ts': diceModule(`await sleep(40); ${ANSWER}`) });
    const talk = '!roll 6\n# a comment\n/nick fox\neevee: roll 20\n/msg eevee roll 8\n/me rolls\n';
    const { code, stdout, stderr } = await runEevee(['dev', folder.path], { input: talk });
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([
      '<tester> !roll 6',
      '<eevee> hello, tester: 6',
      '<fox> eevee: roll 20',
      '<eevee> hello, fox: 20',
      '[private] <fox> roll 8',
      '* fox rolls',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('reads a script of any editor', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': diceModule(ANSWER) });
    const { code, stdout } = await runEevee(['dev', folder.path], { input: '\uFEFF!roll 1\r\n\r\n!roll 2' });
    expect(stdout.split('\n')).toEqual([
      '<tester> !roll 1',
      '<eevee> hello, tester: 1',
      '<tester> !roll 2',
      '<eevee> hello, tester: 2',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('ends at a signal while it waits', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': diceModule(ANSWER) });
    const { code } = await runEevee(['dev', folder.path], {
      input: '!roll 1\n/wait 1h\n',
      running: (child, stdout) => void eventually(() => stdout().includes('<eevee>')).then(() => child.kill('SIGTERM')),
    });
    expect(code).toBe(143);
  });

  it('ends at a signal while a module never becomes ready, at its start and after a reload', async () => {
    const never = 'setInterval(() => undefined, 1_000);\nconsole.log("waiting"); await new Promise(() => undefined);';
    const ended = async (input: string, folder: ModuleFolder, isHanging: (output: string) => boolean): Promise<number | null> => {
      let output = '';
      const { code } = await runEevee(['dev', folder.path], {
        input,
        running: (child) => {
          child.stderr?.on('data', (text: string) => (output += text));
          void eventually(() => isHanging(output)).then(() => child.kill('SIGTERM'));
        },
      });
      return code;
    };
    using hanging = new ModuleFolder({ 'src/main.ts': never });
    expect(await ended('!roll 1\n', hanging, (output) => output.includes('waiting'))).toBe(143);
    const replaced = `(await import('node:fs')).writeFileSync(import.meta.filename, ${JSON.stringify(never)});`;
    using replacing = new ModuleFolder({ 'src/main.ts': diceModule(replaced) });
    expect(await ended('!roll 1\n/reload\n', replacing, (output) => output.includes('waiting'))).toBe(143);
  });

  it('moves the clock to the year 9999 at most', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': diceModule(ANSWER) });
    const { code, stdout, stderr } = await runEevee(['dev', folder.path], { input: '/advance 100000000d\n!roll 1\n' });
    expect([code, stdout, stderr]).toEqual([
      1,
      expect.stringContaining('<eevee> hello, tester: 1\n'),
      expect.stringContaining('the year 9999'),
    ]);
  });

  it('refuses a module with the name of another part', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': diceModule(ANSWER), 'package.json': '{"name":"router","type":"module"}' });
    const { code, stderr } = await runEevee(['dev', folder.path], { input: '!roll 1\n' });
    expect([code, stderr]).toEqual([64, expect.stringContaining('two modules are called "router"')]);
  });

  it('continues when nothing reads its standard error', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': diceModule(ANSWER) });
    const { code, stdout } = await runEevee(['dev', folder.path], {
      input: '/nonsense\n!roll 1\n/nonsense\n!roll 2\n/quit\n',
      running: (child) => child.stderr?.destroy(),
    });
    expect(stdout).toMatch(/<eevee> hello, tester: 1\n[^]*<eevee> hello, tester: 2\n$/);
    expect(code).toBe(1);
  });

  it('runs the module from which new modules are created', async () => {
    const { code, stdout } = await runEevee(['dev', 'apps/echo-module'], { input: '!echo hello\n/commands\n' });
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('<tester> !echo hello\n<eevee> hello\n  echo            /^echo\\s+/, 5 in 1m per user\n'),
    ]);
  });

  it('waits for the start of a CommonJS module, which has no top-level await', async () => {
    const start = 'onStart: () => new Promise((resolve) => { setTimeout(resolve, 1_000); })';
    using folder = new ModuleFolder({ 'main.js': commonJsModule(start), 'package.json': '{"name":"ping","type":"commonjs"}' });
    const { code, stdout } = await runEevee(['dev', folder.path], { input: '!ping\n' });
    expect([code, stdout]).toEqual([0, '<tester> !ping\n<eevee> pong\n']);
  });

  it('shows limits, and moves the clock of router and module', async () => {
    const now = 'await ctx.reply(`${Math.round((Date.now() - started) / 60_000)} min`);';
    const source = `const started = Date.now();\n${diceModule(now)}`;
    using folder = new ModuleFolder({ 'src/main.ts': source });
    const talk = `${'!roll\n'.repeat(4)}/limits\n/advance 1h\n!roll\n`;
    const { stdout } = await runEevee(['dev', folder.path], { input: talk });
    expect(
      stdout
        .split('\n')
        .slice(0, -1)
        .filter((line) => line !== '<tester> !roll'),
    ).toEqual([
      ...['<eevee> 0 min', '<eevee> 0 min', '<eevee> 0 min'],
      expect.stringMatching(/^-eevee- roll can be used 3 times every 1m\./),
      '  roll            3 of 3 in 1m, for irc:console:~tester',
      '<eevee> 60 min',
    ]);
  });

  it('fires the timers of the module when the clock moves', async () => {
    const later = `
      setTimeout(() => void ctx.reply('tea is ready'), 300_000);
      const every = setInterval(() => void ctx.reply('tick'), 120_000);
      setTimeout(() => clearInterval(every), 250_000);
      const never = setTimeout(() => void ctx.reply('never'), 200_000);
      clearTimeout(never);`;
    using folder = new ModuleFolder({ 'src/main.ts': diceModule(later) });
    const { stdout } = await runEevee(['dev', folder.path], { input: '!roll\n/advance 4m30s\n/me waits\n/advance 1h\n' });
    expect(stdout.split('\n').slice(0, -1)).toEqual([
      ...['<tester> !roll', '<eevee> tick', '<eevee> tick'],
      ...['* tester waits', '<eevee> tea is ready'],
    ]);
  });

  it('runs the schedules of the module that are due when the clock has moved', async () => {
    // Replicas agree on who runs an entry, which takes longer than the script.
    const module = `
      import { defineModule, defineSchedule } from '@eeveebot/libeevee';
      const remind = defineSchedule({ name: 'remind', run: ({ reply }) => reply('tea is ready') });
      await defineModule({
        name: 'tea', version: '1.0.0', schedules: [remind],
        commands: [{ commandDisplayName: 'tea', run: (ctx) => {
          ctx.module.schedule.after('4m', remind, { to: ctx });
          return ctx.reply('in four minutes');
        } }],
      }).start();`;
    using folder = new ModuleFolder({ 'src/main.ts': module });
    const { stdout } = await runEevee(['dev', folder.path], { input: '!tea\n/advance 3m\n/me waits\n/advance 1m\n/me drinks\n' });
    expect(stdout.split('\n').slice(0, -1)).toEqual([
      ...['<tester> !tea', '<eevee> in four minutes', '* tester waits'],
      ...['<eevee> tea is ready', '* tester drinks'],
    ]);
  });

  it('simulates events, and answers queries of modules as a connector', async () => {
    const events = `events: [{ eventType: 'join|kick', run: async (ctx) => {
      const { platform, network, instance, channel, trace } = ctx;
      await ctx.module.say({ platform, network, instance, channel: String(channel), trace, text: [ctx.eventType, ctx.nick, ctx.kickedBy].join(' ') });
    } }],`;
    const body = `
      const { queryUserModes } = await import('@eeveebot/libeevee');
      const { isChannelAdmin } = await queryUserModes(ctx.module.nats, ctx.platform, ctx.instance, ctx.channel, ctx.nick);
      await ctx.reply(String(isChannelAdmin));`;
    using folder = new ModuleFolder({ 'src/main.ts': diceModule(body, events) });
    const { stdout } = await runEevee(['dev', folder.path], { input: '/event join\n/event kick fox rude\n!roll\n/op\n!roll\n' });
    expect(
      stdout
        .split('\n')
        .slice(0, -1)
        .filter((line) => !line.startsWith('<tester>')),
    ).toEqual([...['<eevee> join tester ', '<eevee> kick fox tester'], ...['<eevee> false', '<eevee> true']]);
  });

  it('accepts a configuration, variables and a folder for data', async () => {
    const body = `
      const { writeFileSync } = await import('node:fs');
      writeFileSync(process.env.MODULE_DATA + '/rolls', 'one');
      await ctx.reply([ctx.config.greeting, process.env.DICE_SECRET].join(' '));`;
    using folder = new ModuleFolder({
      'src/main.ts': diceModule(body),
      'config.yaml': 'greeting: hi\n',
      '.env': 'DICE_SECRET="loaded dice"\n',
    });
    const file = (name: string): string => join(folder.path, name);
    const options = ['--config', file('config.yaml'), '--env-file', file('.env'), '--data', file('data')];
    const { stdout } = await runEevee(['dev', folder.path, ...options], { input: '!roll\n' });
    expect(stdout).toContain('<eevee> hi loaded dice\n');
    expect(existsSync(file('data/dice/rolls'))).toBe(true);
  });

  it('waits for an idle bus if it cannot follow the work of a module', async () => {
    const source = `
      import { connect } from 'nats';
      const nats = await connect({ servers: process.env.NATS_HOST, token: process.env.NATS_TOKEN });
      nats.subscribe('command.execute.old', { callback: (_error, msg) => {
        const { platform, instance, network, channel, text, trace } = msg.json();
        const answer = { platform, instance, network, channel, trace, text: 'old ' + text, type: 'message.outgoing' };
        setTimeout(() => nats.publish(['chat.message.outgoing', platform, instance, 'x'].join('.'), JSON.stringify(answer)), 50);
      } });
      const register = () => nats.publish('command.register', JSON.stringify({
        type: 'command.register', commandUUID: 'old', commandDisplayName: 'old', regex: '^old ', platformPrefixAllowed: true,
        nickPrefixAllowed: false, ratelimit: { mode: 'drop', level: 'user', limit: 5, interval: '1m' },
        platform: '.*', network: '.*', instance: '.*', channel: '.*', user: '.*',
      }));
      nats.subscribe('control.registerCommands', { callback: register });
      register();
      await nats.flush();`;
    using folder = new ModuleFolder({ 'src/main.ts': source });
    const { code, stdout } = await runEevee(['dev', folder.path], { input: '!old a\n!old b\n' });
    expect([code, stdout]).toEqual([0, '<tester> !old a\n<eevee> old a\n<tester> !old b\n<eevee> old b\n']);
  });

  it('applies a change of the configuration without a restart', async () => {
    using folder = new ModuleFolder({
      'src/main.ts': `const pid = process.pid;\n${diceModule('await ctx.reply(`${ctx.config.greeting} ${pid}`);')}`,
      'config.yaml': 'greeting: hi\n',
    });
    const config = join(folder.path, 'config.yaml');
    const answers = (stdout: string): string[] => [...stdout.matchAll(/<eevee> (\w+ \d+)/g)].map(([, answer = '']) => answer);
    const { stdout } = await runEevee(['dev', folder.path, '--config', config], {
      input: '!roll\n',
      running: (child, output) => {
        void (async () => {
          await eventually(() => answers(output()).length === 1);
          writeFileSync(config, 'greeting: welcome\n');
          await eventually(() => {
            if (!output().includes('welcome')) child.stdin?.write('/advance 1m\n!roll\n');
            return output().includes('welcome');
          });
          child.stdin?.end();
        })();
      },
    });
    const pids = new Set(answers(stdout).map((answer) => answer.split(' ')[1]));
    expect(pids.size).toBe(1);
  });
});

describe('eevee dev, with a fault', () => {
  it('shows the source line of a handler that throws, and continues', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': diceModule("if (ctx.text === 'x') throw new TypeError('not a number'); " + ANSWER) });
    const { code, stdout, stderr } = await runEevee(['dev', folder.path], { input: '!roll x\n!roll 6\n' });
    expect(stderr).toMatch(/TypeError: not a number\n.*src\/main\.ts:\d+:\d+/);
    expect(stdout).toContain('<eevee> hello, tester: 6\n');
    expect(code).toBe(0);
  });

  it('shows the source line of a syntax error, and ends with 1', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': 'const a = 1;\nconst sides = = 6;\n' });
    const { code, stderr } = await runEevee(['dev', folder.path], { input: '!roll 6\n' });
    expect(stderr).toMatch(/main\.ts:2/);
    expect(stderr).toContain('const sides = = 6;');
    expect(stderr).toContain('dice ended (exit code 1)');
    expect(code).toBe(1);
  });

  it('ends with 1 when a CommonJS module does not start', async () => {
    const start = "onStart: () => { throw new Error('no database') }";
    using folder = new ModuleFolder({ 'main.js': commonJsModule(start), 'package.json': '{"name":"ping","type":"commonjs"}' });
    const { code, stderr } = await runEevee(['dev', folder.path], { input: '!ping\n' });
    expect(stderr).toContain('no database');
    expect(stderr).toContain('ping ended (exit code 1)');
    expect(code).toBe(1);
  });

  it('exits with 1 when the module crashes later', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': diceModule('process.exit(3);') });
    const { code, stderr } = await runEevee(['dev', folder.path], { input: '!roll 6\n!roll 6\n' });
    expect([code, stderr]).toEqual([1, expect.stringContaining('dice ended (exit code 3)')]);
  });

  it.each([
    [['dev', 'packages/contract'], 66, 'there is no module in packages/contract'],
    [['dev', 'missing'], 66, 'missing does not exist'],
    [['dev', 'apps/echo-module', '--config', 'missing.yaml'], 66, 'the configuration missing.yaml cannot be read'],
    [['dev', 'apps/echo-module', '--nick', 'two words'], 64, 'Use one word.'],
    [['dve'], 64, 'Did you mean dev?'],
    [['dev', '--confg', 'x'], 64, 'Did you mean --config?'],
    [[], 64, 'Usage: eevee'],
  ])('explains the error in %j', async (args, code, message) => {
    expect(await runEevee(args)).toEqual({ code, stdout: '', stderr: expect.stringContaining(message) });
  });
});

import { readFileSync } from 'node:fs';
import { binary, eventually } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { diceModule } from './dice.ts';
import { type Outcome, ModuleFolder, runEevee, runNode } from './eevee.ts';

const TALK = '!help\neevee: echo hi\n!echo hello\n';

const CONVERSATION: Outcome = {
  code: 0,
  stdout: [
    '<tester> !help',
    '<eevee> Commands: echo, help. Type !help <command> for how to use one.',
    '<tester> eevee: echo hi',
    '<eevee> hi',
    '<tester> !echo hello',
    '<eevee> hello',
    '',
  ].join('\n'),
  stderr: '',
};

/** Processes that a process has started, and those that these have started. */
function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function isRunning(pid: number): boolean {
  try {
    // A zombie has ended; only its parent has not noticed yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('eevee chat', () => {
  it('runs a bot on a bus in its process', async () => {
    expect(await runEevee(['chat', '--no-nats-server'], { input: TALK })).toEqual(CONVERSATION);
  });

  it('runs a bot on a NATS server', async () => {
    expect(await runEevee(['chat', '--nats-server', binary('nats-server')], { input: TALK })).toEqual(CONVERSATION);
  });

  it('reports why a NATS server does not start', async () => {
    const { code, stderr } = await runEevee(['chat', '--nats-server', '/bin/false'], { input: TALK });
    expect([code, stderr]).toEqual([69, expect.stringContaining('/bin/false did not start')]);
  });

  it('adds modules, whose help the bot lists', async () => {
    const help = "help: { descr: 'Rolls a die', params: [] },";
    const source = diceModule('await ctx.reply(ctx.text);').replace("commandDisplayName: 'roll',", `commandDisplayName: 'roll', ${help}`);
    using folder = new ModuleFolder({ 'src/main.ts': source });
    const { stdout } = await runEevee(['chat', '--no-nats-server', '--module', folder.path], { input: '!help\n!roll 6\n' });
    expect(stdout).toContain('<eevee> Commands: echo, help, roll.');
    expect(stdout).toContain('<eevee> 6\n');
  });

  it('refuses a module whose name is taken', async () => {
    using folder = new ModuleFolder({ 'package.json': JSON.stringify({ name: 'router' }), 'main.js': '' });
    const { code, stderr } = await runEevee(['chat', '--module', folder.path]);
    expect([code, stderr]).toEqual([64, expect.stringContaining('two modules are called "router"')]);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('leaves no process behind after %s', async (signal) => {
    let started: number[] = [];
    const { code } = await runEevee(['chat', '--nats-server', binary('nats-server')], {
      input: '!echo hello\n',
      running: (child, stdout) => {
        void (async () => {
          await eventually(() => stdout().includes('<eevee> hello'));
          started = descendants(child.pid ?? 0);
          child.kill(signal);
        })();
      },
    });
    // Router, help, echo, the NATS server, and the shell that ends it.
    expect(started.length).toBeGreaterThanOrEqual(5);
    expect(code).toBe({ SIGTERM: 143, SIGINT: 130, SIGKILL: null }[signal]);
    await eventually(() => !started.some(isRunning));
  });
});

describe('npm run chat', () => {
  it('runs the bot of this clone', async () => {
    const { code, stdout } = await runNode(['scripts/run.mjs', 'chat'], { input: TALK });
    expect([code, stdout]).toEqual([0, CONVERSATION.stdout]);
  });
});

import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { EEVEE, runEevee, runProgramIn } from './eevee.ts';

describe('eevee', () => {
  it.each([
    [['--help'], /Usage: eevee[^]*dev[^]*chat[^]*completion[^]*Examples:/],
    [['dev', '--help'], /Usage: eevee dev[^]*--config <file>[^]*Exit codes:[^]*Examples:\n {2}eevee dev/],
    [['chat', '--help'], /Usage: eevee chat[^]*--module <folder>[^(]*--data <folder>[^]*Examples:/],
    [['completion', '--help'], /Usage: eevee completion[^]*Examples:/],
    [['--version'], new RegExp(String.raw`^${RegExp.escape(manifest.version)}\n$`)],
  ])('shows its help: %j', async (args, expected) => {
    expect(await runEevee(args)).toEqual({ code: 0, stdout: expect.stringMatching(expected), stderr: '' });
  });

  it.each([
    [['--help'], 0],
    [['chat', '--no-nats-server'], 129],
  ])('exits silently when the reader of its output has ended: %j', async (args, code) => {
    const ended = await runEevee(args, {
      input: '!help\n!echo a\n',
      running: ({ stdout, stdin }) => {
        stdout?.destroy();
        stdin?.end();
      },
    });
    expect(ended).toEqual({ code, stdout: '', stderr: '' });
  });

  it('reports that its output cannot be written', async () => {
    const args = ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, ...EEVEE, 'chat', '--no-nats-server'];
    const { code, stderr } = await runProgramIn({ program: 'sh', args, input: '!help\n' });
    expect(stderr).toMatch(/^eevee: cannot write the output: ENOSPC.*\n$/);
    expect(code).toBe(1);
  });
});

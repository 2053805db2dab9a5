import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { runEevee } from './eevee.ts';

describe('eevee', () => {
  it.each([
    [['--help'], /Usage: eevee[^]*dev[^]*chat[^]*completion[^]*Examples:/],
    [['dev', '--help'], /Usage: eevee dev[^]*--config <file>[^]*Exit codes:[^]*Examples:\n {2}eevee dev/],
    [['chat', '--help'], /Usage: eevee chat[^]*--module <folder>[^(]*--data <folder>[^]*Examples:/],
    [['completion', '--help'], /Usage: eevee completion[^]*Examples:/],
    [['--version'], new RegExp(String.raw`^${RegExp.escape(manifest.version)}\n$`)],
  ])('explains itself: %j', async (args, expected) => {
    expect(await runEevee(args)).toEqual({ code: 0, stdout: expect.stringMatching(expected), stderr: '' });
  });

  it.each([
    [['--help'], 0],
    [['chat', '--no-nats-server'], 129],
  ])('ends quietly when the reader of its output has ended: %j', async (args, code) => {
    const ended = await runEevee(args, {
      input: '!help\n!echo a\n',
      running: ({ stdout, stdin }) => {
        stdout?.destroy();
        stdin?.end();
      },
    });
    expect(ended).toEqual({ code, stdout: '', stderr: '' });
  });

  it('completes commands and options in bash', async () => {
    const { stdout: script } = await runEevee(['completion', 'bash']);
    const completions = (...words: readonly string[]): string[] => {
      const line = words.map((word) => `'${word}'`).join(' ');
      const program = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _eevee; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', program], { encoding: 'utf8' }).trim().split('\n');
    };
    expect(completions('eevee', '')).toEqual(['dev', 'chat', 'completion', '--help', '--version']);
    expect(completions('eevee', 'd')).toEqual(['dev']);
    expect(completions('eevee', 'dev', '--con')).toEqual(['--config']);
    expect(completions('eevee', 'completion', '')).toEqual(['--help', 'bash', 'zsh', 'fish']);
  });
});

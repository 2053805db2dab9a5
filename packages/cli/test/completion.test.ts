import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { eventually } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runEevee } from './eevee.ts';

const run = promisify(execFile);
const SHELLS = ['bash', 'zsh', 'fish'] as const;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'eevee-completion-'));
  mkdirSync(join(folder, 'my bot'));
  writeFileSync(join(folder, 'my.yaml'), '');
  for (const shell of SHELLS) writeFileSync(join(folder, shell), (await runEevee(['completion', shell])).stdout);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Words that bash offers for the last word of a line; none means that it completes files. */
async function bashWords(...line: string[]): Promise<string[]> {
  const script = 'source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _eevee; printf "%s\\n" "${COMPREPLY[@]}"';
  const { stdout } = await run('bash', ['-c', script, 'bash', ...line], { cwd: folder });
  return stdout.split('\n').filter((word) => word !== '');
}

async function fishWords(line: string): Promise<string[]> {
  const { stdout } = await run('fish', ['--no-config', '-c', `source ./fish; complete -C '${line}'`], { cwd: folder });
  return stdout.split('\n').flatMap((each) =>
    each
      .split('\t')
      .slice(0, 1)
      .filter((word) => word !== ''),
  );
}

/** Presses TAB after a line. @returns the output of zsh: the line, and the words to choose from. */
async function zshShows(line: string): Promise<string> {
  const zsh = spawn('script', ['--quiet', '--echo', 'never', '--command', 'zsh -f -i', '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], TERM: 'dumb', PS1: '' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let output = '';
  zsh.stdout.setEncoding('utf8').on('data', (text: string) => (output += stripVTControlCharacters(text)));
  const shows = (text: string): Promise<unknown> => eventually(() => output.includes(text), { what: `${text} in ${output}` });
  try {
    zsh.stdin.write('autoload -Uz compinit; compinit -u -D; source ./zsh; bindkey -s "^G" " ^A: ^M"; print -r rea"dy"\n');
    await shows('ready');
    output = '';
    // The second key makes the line a comment, and runs it: by then, the first one has been handled.
    zsh.stdin.write(`${line}\t`);
    zsh.stdin.write('\u0007print -r do"ne"\n');
    await shows('done');
    return output;
  } finally {
    zsh.kill('SIGKILL');
  }
}

describe('completion in a real shell', () => {
  it('of bash offers commands, options and their values', async () => {
    expect(await bashWords('eevee', '')).toEqual(['dev', 'chat', 'completion']);
    expect(await bashWords('eevee', 'dev', '--co')).toEqual(['--config']);
    expect(await bashWords('eevee', 'completion', '')).toEqual([...SHELLS]);
  });

  it('of bash leaves files to the shell', async () => {
    expect(await bashWords('eevee', 'dev', '')).toEqual([]);
    expect(await bashWords('eevee', 'dev', '--config', '')).toEqual([]);
  });

  it('of fish offers commands without files, options and their values', async () => {
    expect(await fishWords('eevee ')).toEqual(['chat', 'completion', 'dev']);
    expect(await fishWords('eevee dev --co')).toEqual(['--config']);
    expect((await fishWords('eevee completion ')).toSorted()).toEqual(SHELLS.toSorted());
    expect(await fishWords('eevee dev --config my')).toEqual(['my bot/', 'my.yaml']);
  });

  it('of zsh offers commands and options, including one that was already given', async () => {
    expect(await zshShows('eevee ')).toContain('run a module on this machine and talk to it');
    expect(await zshShows('eevee dev --co')).toContain('eevee dev --config');
    expect(await zshShows("eevee chat --module 'my bot' --mo")).toContain("--module 'my bot' --module");
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { eventually } from '@eeveebot/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { diceModule } from './dice.ts';
import { EEVEE, ModuleFolder } from './eevee.ts';

/** `eevee` at a terminal of its own. */
class Terminal {
  output = '';
  readonly #child: ChildProcess;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const command = [process.execPath, ...EEVEE, ...args].map((word) => `'${word}'`).join(' ');
    this.#child = spawn('script', ['--quiet', '--return', '--echo', 'never', '--command', command, '/dev/null'], {
      env: { PATH: process.env['PATH'], TERM: 'xterm', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  get text(): string {
    return stripVTControlCharacters(this.output).replaceAll('\r', '');
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Waits until the text is shown after everything that was shown when `after` was taken. */
  shown(text: string | RegExp, after = 0): Promise<unknown> {
    return eventually(() => (typeof text === 'string' ? this.text.slice(after).includes(text) : text.test(this.text.slice(after))), {
      what: `${String(text)} in ${this.text}`,
    });
  }

  async ended(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const [code] = (await once(this.#child, 'close')) as [number | null];
    return code;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

let terminal: Terminal | undefined;

afterEach(() => terminal?.kill());

const answer = (text: string): string => diceModule(`await ctx.reply('\\u0002${text}\\u0002');`);

describe('eevee dev at a terminal', () => {
  it('restarts the module when it is saved, and shows the position of an error until it is corrected', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': answer('old'), '.env': 'A=1' });
    terminal = new Terminal(['dev', folder.path]);
    await terminal.shown('tester #test> ');
    // No help module runs here.
    expect(terminal.text).toContain('/commands lists the commands of the bot');
    terminal.type('!roll\r');
    await terminal.shown('<eevee> old');
    expect(terminal.output).toContain('\u001B[1mold');

    folder.write({ 'src/main.ts': 'const a = 1;\nlet sides = = 6;\n' });
    await terminal.shown(/main\.ts:2/);
    await terminal.shown('let sides = = 6;');
    await terminal.shown('save a corrected file to start it again');

    const after = terminal.text.length;
    folder.write({ 'src/main.ts': answer('new') });
    await terminal.shown('dice: ready', after);
    terminal.type('!roll\r');
    await terminal.shown('<eevee> new', after);
    // Ctrl-D.
    terminal.type('\u0004');
    expect(await terminal.ended()).toBe(0);
  });

  it('sends a line that is typed during a restart to the restarted module', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': answer('old') });
    terminal = new Terminal(['dev', folder.path]);
    await terminal.shown('tester #test> ');
    folder.write({ 'src/main.ts': answer('new') });
    await terminal.shown('main.ts changed, restarting');
    terminal.type('!roll\r');
    await terminal.shown('<eevee> new');
  });

  it('waits for the file with variables when it is missing at a restart', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': answer('here'), 'variables.env': 'A=1' });
    const file = `${folder.path}/variables.env`;
    terminal = new Terminal(['dev', folder.path, '--env-file', file]);
    await terminal.shown('tester #test> ');
    rmSync(file);
    await terminal.shown(/dice was not started: the file with variables .* cannot be read/);
    await terminal.shown('save a corrected file to start it again');
    folder.write({ 'variables.env': 'A=2' });
    await terminal.shown('dice: ready');
    terminal.type('!roll\r');
    await terminal.shown('<eevee> here');
  });

  it('shows no colours with NO_COLOR, and exits at Ctrl-C', async () => {
    using folder = new ModuleFolder({ 'src/main.ts': answer('plain') });
    terminal = new Terminal(['dev', folder.path], { NO_COLOR: '1' });
    await terminal.shown('tester #test> ');
    terminal.type('/nick fox\r!roll\r');
    await terminal.shown('<eevee> plain');
    await terminal.shown('fox #test> ');
    expect(terminal.output).not.toContain('\u001B[1mplain');
    terminal.type('\u0003');
    expect(await terminal.ended()).toBe(0);
  });
});

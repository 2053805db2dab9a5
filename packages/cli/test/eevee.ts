import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KEEPS_COMPILED_CODE } from '@eeveebot/testing';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The program from its sources. */
export const EEVEE: readonly string[] = ['--conditions=@eeveebot/source', join(ROOT, 'packages/cli/src/bin/eevee.ts')];

/** `kubectl eevee` from its sources, without kubectl, which runs it by its name. */
export const KUBECTL_EEVEE: readonly string[] = ['--conditions=@eeveebot/source', join(ROOT, 'packages/cli/src/bin/kubectl-eevee.ts')];

/** Output of a program, and its exit code. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Settings of {@link runEevee}. */
export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called with the running process, e.g. to send it a signal. */
  readonly running?: (child: ChildProcess, stdout: () => string) => void;
}

const environment = (env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  const { PATH, HOME, TMPDIR } = process.env;
  const given = Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR }).filter(([, value]) => value !== undefined));
  return { ...given, ...KEEPS_COMPILED_CODE, ...env };
};

/** Runs a program with a script as its standard input. */
export async function runProgramIn({
  program,
  args,
  input = '',
  env,
  cwd = ROOT,
  running,
}: RunOptions & { readonly program: string; readonly args: readonly string[] }): Promise<Outcome> {
  const child = spawn(program, args, { cwd, env: environment(env), stdio: ['pipe', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
  // It may end without reading.
  child.stdin.on('error', () => child.stdin.destroy());
  if (running === undefined) child.stdin.end(input);
  else child.stdin.write(input);
  running?.(child, () => text.stdout);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...text };
}

/** Runs `node …` with a script as its standard input. */
export const runNode = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  runProgramIn({ ...options, program: process.execPath, args });

/** Runs `eevee …` with a script as its standard input. */
export const runEevee = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> => runNode([...EEVEE, ...args], options);

/** A folder of a module, which finds libeevee as a module of this repository does. */
export class ModuleFolder implements Disposable {
  readonly path: string;

  constructor(files: Readonly<Record<string, string>>) {
    mkdirSync(join(ROOT, '.test-results'), { recursive: true });
    this.path = mkdtempSync(join(ROOT, '.test-results', 'module-'));
    this.write({ 'package.json': JSON.stringify({ name: 'dice', type: 'module' }), ...files });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, path)), { recursive: true });
      writeFileSync(join(this.path, path), content);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

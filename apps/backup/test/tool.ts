import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle, type S3Server } from '@eeveebot/testing';

const app = fileURLToPath(new URL('..', import.meta.url));

export const BUCKET = 'backups';

/** Result of running the tool. */
export interface ToolEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of standard output. */
  readonly result: Record<string, unknown> & {
    readonly warnings: readonly string[];
    readonly id: string;
    readonly key: string;
    readonly error: string;
  };
}

/** A running tool. */
export interface RunningTool {
  readonly process: ChildProcess;
  readonly ended: Promise<ToolEnd>;
}

/** The tool's bundle, as in the image. */
export class Tool implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'eevee-backup-tool-'));
  readonly program = join(this.#folder, 'eevee-backup.cjs');

  readonly #through: readonly string[];

  /** @param options.through a command and its arguments that runs the tool. */
  constructor({ through = [] }: { readonly through?: readonly string[] } = {}) {
    this.#through = through;
    buildBundle(app, this.program);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  start(args: readonly string[], env: Readonly<Record<string, string>>): RunningTool {
    const [command, ...before] = [...this.#through, process.execPath];
    const child = spawn(command, [...before, '--disable-warning=ExperimentalWarning', this.program, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = once(child, 'close').then(() => ({
      code: child.exitCode,
      signal: child.signalCode,
      stdout,
      stderr,
      result: lastLine(stdout),
    }));
    return { process: child, ended };
  }

  async run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<ToolEnd> {
    return this.start(args, env).ended;
  }
}

function lastLine(stdout: string): ToolEnd['result'] {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return (line.startsWith('{') ? JSON.parse(line) : {}) as ToolEnd['result'];
}

/** The environment of the operator's Jobs. */
export function jobEnvironment(
  { endpoint, credentials }: { readonly endpoint: string; readonly credentials: S3Server['credentials'] },
  volume: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: BUCKET,
    S3_ACCESS_ID: credentials.accessKeyId,
    S3_SECRET_KEY: credentials.secretAccessKey,
    S3_PATH_STYLE: 'true',
    BACKUP_NAMESPACE: 'chat',
    BACKUP_MODULE: 'seen',
    RESTORE_NAMESPACE: 'chat',
    RESTORE_MODULE: 'seen',
    BACKUP_PVC_PATH: volume,
    ...more,
  };
}

/** Value of NODE_OPTIONS that sets a process's clock ahead or back. */
export const clockAhead = (minutes: number) =>
  `--import=data:text/javascript,${encodeURIComponent(`const now=Date.now,D=Date,ms=${minutes * 60_000};globalThis.Date=class extends D{constructor(...a){a.length?super(...a):super(now()+ms)}static now(){return now()+ms}}`)}`;

/** Path of the file in which the server stores an object. */
export const objectPath = (s3: S3Server, key: string): string => join(s3.folder, 'buckets', BUCKET, key);

/** Keys in the module's folder in the bucket. */
export function storedKeys(s3: S3Server, prefix = 'chat/seen'): readonly string[] {
  const folder = objectPath(s3, prefix);
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

/** Content of a stored JSON object. */
export const storedJson = (s3: S3Server, key: string): Record<string, unknown> =>
  JSON.parse(readFileSync(objectPath(s3, key), 'utf8')) as Record<string, unknown>;

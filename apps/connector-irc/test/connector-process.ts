import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, freePort } from '@eeveebot/testing';

const app = fileURLToPath(new URL('..', import.meta.url));

/** The bundle as the image has it: the only file of a folder, so that nothing can come from `node_modules`. */
export function bundleConnector(): { readonly file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-connector-'));
  const built = join(folder, 'built.mjs');
  execFileSync(process.execPath, [join(app, '../../scripts/bundle.mjs'), 'src/main.ts', built], { cwd: app, stdio: 'pipe' });
  const file = join(folder, 'connector-irc.mjs');
  copyFileSync(built, file);
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A running connector, with its configuration file and volume. */
export class ConnectorProcess implements AsyncDisposable {
  readonly port: number;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  output = '';
  readonly #process: ChildProcess;
  readonly #configFile: string;

  private constructor(given: { readonly bundle: string; readonly port: number; readonly folder: string; readonly env: NodeJS.ProcessEnv }) {
    const { bundle, port, folder, env } = given;
    this.port = port;
    this.#configFile = join(folder, 'config.yaml');
    this.#process = spawn(process.execPath, [bundle], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        NODE_ENV: 'production',
        HTTP_API_PORT: String(port),
        MODULE_CONFIG_PATH: this.#configFile,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.exited = once(this.#process, 'close').then(() => ({ code: this.#process.exitCode, signal: this.#process.signalCode }));
  }

  /** Starts one in `folder` with a configuration, which is YAML or what JSON can hold. */
  static async start(given: {
    readonly bundle: string;
    readonly folder: string;
    readonly config: unknown;
    readonly env: NodeJS.ProcessEnv;
  }): Promise<ConnectorProcess> {
    writeConfig(join(given.folder, 'config.yaml'), given.config);
    return new ConnectorProcess({ ...given, port: await freePort() });
  }

  /** The lines of its log. */
  get lines(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits for a line of the log with these fields. @returns the first one, of those after the line number `after`. */
  async logs(fields: Readonly<Record<string, unknown>>, after = 0): Promise<Record<string, unknown>> {
    const wanted = Object.entries(fields);
    try {
      return await eventually(() => this.lines.slice(after).find((line) => wanted.every(([key, value]) => fits(line[key], value))), {
        what: `the connector to log ${JSON.stringify(fields)}`,
        timeoutMs: 60_000,
      });
    } catch (error) {
      throw new Error(`the connector did not log ${JSON.stringify(fields)}:\n${this.output}`, { cause: error });
    }
  }

  /** Edits its configuration, as a mounted ConfigMap changes: a new file in the place of the old one. */
  configure(config: unknown): void {
    writeConfig(`${this.#configFile}.new`, config);
    renameSync(`${this.#configFile}.new`, this.#configFile);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exited;
  }
}

function fits(value: unknown, wanted: unknown): boolean {
  return wanted instanceof RegExp ? wanted.test(String(value)) : value === wanted;
}

function writeConfig(file: string, config: unknown): void {
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
}

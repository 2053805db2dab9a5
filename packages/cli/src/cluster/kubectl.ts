import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CliError, EXIT } from '../cli-error.ts';

/** Options that are passed to `kubectl`: which cluster, as whom, where. */
export interface KubectlOptions {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
}

/** A port of this machine that leads to a Service. */
export interface Forward {
  readonly port: number;
  /** Settles when the forward has ended, with the last output of kubectl. */
  readonly ended: Promise<string>;
  stop(): void;
}

const PROGRAM = 'kubectl';

const MISSING = `${PROGRAM} is not on the PATH: install it (https://kubernetes.io/docs/tasks/tools/)`;

/** The verb, the resource and the namespace in a refusal of the API server. */
const FORBIDDEN = /User "([^"]+)" cannot (\S+) resource "([^"]+)"(?: in API group "[^"]*")?(?: in the namespace "([^"]+)")?/;

/**
 * The error for kubectl's output when it failed: only the text distinguishes a missing permission.
 *
 * @example
 * kubectlFailure('Error from server (Forbidden): … User "fox" cannot get resource "secrets" …').exitCode; // 77
 */
export function kubectlFailure(stderr: string): CliError {
  const text = stderr.trim();
  const [, user, verb, resource, namespace] = FORBIDDEN.exec(text) ?? [];
  if (resource !== undefined) {
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
    return new CliError(`${user} may not ${verb} ${resource}${where}: ask a cluster administrator for this permission`, EXIT.denied);
  }
  if (/the server doesn't have a resource type/.test(text)) {
    return new CliError('this cluster has no IpcConfigs: eevee is not installed in it, or --context names another cluster', EXIT.noInput);
  }
  if (/\(NotFound\)/.test(text)) return new CliError(text.replace(/^Error from server \(NotFound\): /, ''), EXIT.noInput);
  return new CliError(`kubectl: ${text.replace(/^error: /i, '')}`, EXIT.unavailable);
}

const isMissing = (error: unknown): boolean => Reflect.get(Object(error), 'code') === 'ENOENT';

/** `kubectl`, with the cluster and the user of its kubeconfig, so that the user's own permissions apply. */
export class Kubectl {
  readonly #flags: readonly string[];

  constructor({ namespace, context, kubeconfig }: KubectlOptions) {
    const flags = { namespace, context, kubeconfig };
    this.#flags = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
  }

  /** Objects as JSON: `get('secret', 'a')`. @throws CliError when kubectl is missing or refuses. */
  get<Answer>(...args: readonly string[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const all = [...this.#flags, 'get', ...args, '--output=json'];
      execFile(PROGRAM, all, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout) as Answer);
        else reject(isMissing(error) ? new CliError(MISSING, EXIT.unavailable) : kubectlFailure(stderr || error.message));
      });
    });
  }

  /** Forwards a free port of loopback to a port of a Service. @throws CliError when it cannot be forwarded. */
  async forward(service: string, port: number): Promise<Forward> {
    const args = [...this.#flags, 'port-forward', '--address=127.0.0.1', `service/${service}`, `:${port}`];
    const child = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(isMissing(error) ? MISSING : error.message));
      child.once('close', () => resolve(errors.trim()));
    });
    const end = (): void => void child.kill();
    process.once('exit', end);
    void ended.then(() => process.off('exit', end));
    const local = await Promise.race([forwardedPort(child), ended]);
    if (typeof local === 'string') throw local === MISSING ? new CliError(MISSING, EXIT.unavailable) : kubectlFailure(local);
    return { port: local, ended, stop: end };
  }
}

/** The port that kubectl chose. */
function forwardedPort({ stdout }: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    if (stdout === null) return;
    createInterface({ input: stdout }).on('line', (line) => {
      const [, port] = /127\.0\.0\.1:(\d+) ->/.exec(line) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

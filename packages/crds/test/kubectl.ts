import { spawn } from 'node:child_process';

/** Result of a kubectl. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl to its end, successful or not. */
export type Kubectl = (args: readonly string[], stdin?: string) => Promise<Finished>;

/**
 * A {@link Kubectl} for one cluster.
 *
 * @param command the program and the arguments that come first, e.g. `['kube', 'kubectl']`.
 */
export const kubectlFor =
  (command: readonly [string, ...string[]], kubeconfig: string): Kubectl =>
  (args, stdin = '') =>
    new Promise((resolve, reject) => {
      const [program, ...first] = command;
      const child = spawn(program, [...first, ...args], { env: { ...process.env, KUBECONFIG: kubeconfig } });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
      // It may end without reading its input, for example on a bad flag; its output then says more than a closed pipe.
      child.stdin.on('error', () => child.stdin.destroy());
      child.stdin.end(stdin);
    });

/** The standard output of a kubectl that must succeed. */
export async function output(finished: Promise<Finished>): Promise<string> {
  const { code, stdout, stderr } = await finished;
  if (code !== 0) throw new Error(`kubectl ended with ${code}: ${stderr}`);
  return stdout;
}

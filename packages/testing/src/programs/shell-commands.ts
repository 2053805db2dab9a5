import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binary } from './binaries.ts';

interface ShellOptions {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly helm?: 3 | 4;
}

/**
 * Runs commands as a user who reads a page would in one terminal, with the pinned kubectl and helm. Stops at the first failure.
 *
 * @param commands text for bash.
 * @param given.folder working folder; the programs are put into its folder `programs`.
 * @param given.env further variables.
 * @param given.helm major version of Helm. Default: 3.
 * @throws Error with the output when a command fails.
 * @example
 * await runShellCommands('kubectl get nodes', { folder, kubeconfig: kube.kubeconfig });
 */
export async function runShellCommands(commands: string, { folder, kubeconfig, env, helm = 3 }: ShellOptions): Promise<void> {
  const programs = join(folder, 'programs');
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, 'kubectl'), `#!/bin/sh\nexec '${binary('kube')}' kubectl "$@"\n`, { mode: 0o755 });
  // Helm 4 manages fields under the name by which it is called.
  const program = binary(helm === 3 ? 'helm' : 'helm4');
  writeFileSync(join(programs, 'helm'), `#!/bin/bash\nexec -a helm '${program}' "$@"\n`, { mode: 0o755 });
  const child = spawn('bash', ['-euxo', 'pipefail', '-c', commands], {
    cwd: folder,
    env: { ...process.env, ...env, KUBECONFIG: kubeconfig, PATH: `${programs}:${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`the commands ended with ${code}:\n${output}`);
}

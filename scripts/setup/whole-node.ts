import { spawnSync } from 'node:child_process';

/** Why no whole Kubernetes node can run on this machine, whatever is installed; undefined when one can. */
export function wholeNodeObstacle(): string | undefined {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'it needs root, for network and mount namespaces and cgroups';
  const { status, stderr } = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'true'], { encoding: 'utf8' });
  if (status !== 0) return `it needs its own namespaces, but \`unshare\` was refused: ${stderr?.trim() ?? 'no such program'}`;
  return undefined;
}

import { execFile } from 'node:child_process';
import { binary } from '../programs/binaries.ts';

/** The health of an object as seen by a tool that does not know our kinds. */
export interface Health {
  /** kstatus: `InProgress`, `Current`, `Failed` …; Argo CD: `Progressing`, `Healthy`, `Degraded`, `Suspended`. */
  readonly status: string;
  readonly message: string;
}

/**
 * Status of an object by the kstatus library, which Helm 4 and Flux wait with.
 *
 * @example
 * await kstatusOf(await kube.get('botmodule', 'echo')); // { status: 'Current', message: 'Resource is Ready' }
 */
export const kstatusOf = (object: object): Promise<Health> => judge(['kstatus'], object);

/**
 * Health of an object by a script in Lua, run as Argo CD runs its health checks.
 *
 * @param script path of the file.
 */
export const argocdHealthOf = (object: object, script: string): Promise<Health> => judge(['argocd', script], object);

function judge(args: readonly string[], object: object): Promise<Health> {
  return new Promise((resolve, reject) => {
    const child = execFile(binary('health'), args, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as Health);
      else reject(new Error(`health ${args.join(' ')}: ${stderr.trim()}`, { cause: error }));
    });
    child.stdin?.on('error', () => child.stdin?.destroy());
    child.stdin?.end(JSON.stringify(object));
  });
}

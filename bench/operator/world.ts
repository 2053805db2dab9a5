import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ControlPlane } from '@eeveebot/testing';
import type { Api } from './api.ts';
import type { Program } from './contender.ts';

/** Folder of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** How long the bench observes an idle operator. */
export const IDLE_MS = 20_000;

/** The control plane that all programs share, and the folder for their files. */
export interface World {
  readonly kube: ControlPlane;
  readonly api: Api;
  readonly port: number;
  readonly folder: string;
  /** Number of modules to create. */
  readonly modules: number;
}

/** The operator as its image starts it. */
export function eeveeProgram(folder: string): Program {
  const { flags, env } = imageStart();
  const command = [process.execPath, ...flags, join(folder, 'operator.cjs')] as const;
  return { name: 'eevee', command, env, readyPath: '/readyz', requestCounter: 'rest_client_requests_total' };
}

/** Node's flags and the environment with which the image starts the operator. */
function imageStart(): { readonly flags: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const dockerfile = readFileSync(join(ROOT, 'apps/operator/Dockerfile'), 'utf8');
  const [, entrypoint = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  const flags = (JSON.parse(entrypoint) as readonly string[]).filter((part) => part.startsWith('--'));
  const settings = [...dockerfile.matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value] as const);
  return { flags, env: Object.fromEntries(settings) };
}

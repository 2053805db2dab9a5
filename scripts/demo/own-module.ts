import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { moduleFolderImage } from '@eeveebot/testing';
import { parse } from 'yaml';
import { IPC_CONFIG, untilReady } from './bot.ts';
import type { DemoCluster } from './clusters.ts';

/** A module of the user, in a folder as `npm create @eeveebot/module` creates it. */
export interface OwnModule {
  readonly folder: string;
  /** Name of its BotModule. */
  readonly name: string;
  readonly image: string;
  /** Its BotModule, for the demo's bot. */
  readonly manifest: object;
}

interface Manifest {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly image?: string };
}

/** Problem of the folder and its fix. */
class OwnModuleError extends Error {
  override readonly name = 'OwnModuleError';
}

/**
 * Reads the module in a folder. The path is that from where the user typed the command.
 *
 * @throws Error that names the missing file and the command that creates it.
 */
export function readOwnModule(path: string): OwnModule {
  const folder = resolve(process.env['INIT_CWD'] ?? '.', path);
  for (const file of ['bot-module.yaml', 'Dockerfile']) {
    if (!existsSync(join(folder, file)))
      throw new OwnModuleError(`${folder} holds no ${file}: npm create @eeveebot/module makes a module that does`);
  }
  if (!existsSync(join(folder, 'dist'))) throw new OwnModuleError(`${folder} is not built: run npm install and npm run build there`);
  const manifest = parse(readFileSync(join(folder, 'bot-module.yaml'), 'utf8')) as Manifest;
  const [name, image] = [manifest.metadata?.name, manifest.spec?.image];
  if (manifest.kind !== 'BotModule' || name === undefined || image === undefined) {
    throw new OwnModuleError(`${join(folder, 'bot-module.yaml')} is not a BotModule with a name and an image`);
  }
  return { folder, name, image, manifest: { ...manifest, spec: { ...manifest.spec, ipcConfig: IPC_CONFIG } } };
}

/** Builds the module's image from its Dockerfile, and imports it into the cluster. A cluster of the user pulls it. */
export async function loadOwnModule(cluster: DemoCluster, { folder, image }: OwnModule): Promise<void> {
  if (cluster.importImage === undefined) return;
  const built = await readdir(join(folder, 'dist'));
  await cluster.importImage(await moduleFolderImage({ name: image, folder, inputs: built.map((file) => join(folder, 'dist', file)) }));
}

/** Adds the module to the demo's bot, and waits until it is Ready. */
export async function addOwnModule(cluster: DemoCluster, { name, manifest }: OwnModule, waitingFor: (what: string) => void): Promise<void> {
  await cluster.kubectl(['apply', '-n', cluster.namespace, '-f', '-'], { input: JSON.stringify(manifest) });
  await untilReady(cluster, { kind: 'botmodule', name }, waitingFor);
}

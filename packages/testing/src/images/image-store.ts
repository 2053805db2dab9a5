import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../setup/binaries.ts';
import { withLock } from '../../setup/lock.ts';

const run = promisify(execFile);

/** An image of the store that other images are built on. */
export interface BaseImage {
  readonly name: string;
  /** Builds it into the store unless it is there. */
  ensure(): Promise<void>;
}

/** How an image is built: a Dockerfile and the folder that it copies from. */
export interface ImageBuild {
  /** Full name, such as `ghcr.io/eeveebot/operator:3.0.0`. */
  readonly name: string;
  readonly dockerfile: string;
  readonly context: string;
  /** Files in the image, by path: a change of one rebuilds the image. */
  readonly inputs: readonly string[];
  /** Image to build on, regardless of the Dockerfile, which may pin one of a registry. */
  readonly base?: BaseImage;
  /** Labels besides those of the Dockerfile. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Folder of the archives and of buildah's own storage, separate from the other builds of the machine's user. */
const folder = (): string => join(cacheFolder(), 'images');

/**
 * Path of an OCI archive of the image, built with buildah unless an image of the same inputs already exists. Uses no daemon and no network:
 * the base image must be in the store.
 *
 * @throws Error with the output of buildah when the Dockerfile does not build.
 */
export async function imageArchive(build: ImageBuild): Promise<string> {
  const id = await inputsId(build);
  const short = build.name.replaceAll(/[^a-zA-Z0-9.]+/g, '-');
  const archive = join(folder(), `${short}-${id}.tar`);
  if (existsSync(archive)) return archive;
  await mkdir(folder(), { recursive: true });
  await build.base?.ensure();
  await buildInto(build);
  // Created atomically, because another process may look for it at any time.
  const unfinished = join(folder(), `${randomUUID()}.unfinished`);
  await buildah('push', '--quiet', build.name, `oci-archive:${unfinished}:${build.name}`);
  await rename(unfinished, archive);
  await removeOlder(short, archive);
  return archive;
}

/**
 * Runs a task while no other process that builds images runs it. @param what names the task: tasks of different names can run concurrently.
 */
export async function oneAtATime<T>(what: string, act: () => Promise<T>): Promise<T> {
  const result = Promise.withResolvers<T>();
  await withLock(join(folder(), `${what}.lock`), `another build of ${what}`, async () => result.resolve(await act()));
  return result.promise;
}

/** Value of a label of an image of the store; undefined without the image. */
export async function storedLabel(name: string, label: string): Promise<string | undefined> {
  // An image that another of the same name has replaced has no name.
  const images = JSON.parse(await buildah('images', '--json')) as readonly { readonly names: readonly string[] | null }[];
  if (!images.some(({ names }) => names?.includes(name))) return undefined;
  const { OCIv1 } = JSON.parse(await buildah('inspect', '--type', 'image', name)) as {
    readonly OCIv1: { readonly config: { readonly Labels?: Readonly<Record<string, string>> } };
  };
  return OCIv1.config.Labels?.[label];
}

/** Builds an image into the store, for others to build on. */
export async function buildInto({ name, dockerfile, context, base, labels = {} }: ImageBuild): Promise<void> {
  const options = [
    ...(base === undefined ? [] : ['--from', base.name]),
    ...Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
  ];
  await buildah('bud', '--quiet', '--pull-never', '--layers=false', ...options, '--file', dockerfile, '--tag', name, context).catch(
    (error: unknown) => {
      throw new Error(`${dockerfile} does not build${base === undefined ? '' : ` on ${base.name.split('/').at(-1)}`}`, { cause: error });
    },
  );
}

async function buildah(...args: readonly string[]): Promise<string> {
  const storage = ['--root', join(folder(), 'storage'), '--runroot', join(folder(), 'run'), '--storage-driver', 'vfs'];
  const env = { ...process.env, BUILDAH_ISOLATION: 'chroot' };
  try {
    const { stdout } = await run('buildah', [...storage, ...args], { env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`buildah ${args[0] ?? ''}: ${stderr}`, { cause: error });
  }
}

function inputsId({ name, dockerfile, inputs, labels = {} }: ImageBuild): Promise<string> {
  return filesId([dockerfile, ...inputs], JSON.stringify([name, labels]));
}

/** Changes when one of the files does. */
export async function filesId(files: readonly string[], seed = ''): Promise<string> {
  const hash = createHash('sha256').update(seed);
  for (const file of files) hash.update('\0').update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

async function removeOlder(short: string, newest: string): Promise<void> {
  for (const file of await readdir(folder())) {
    const path = join(folder(), file);
    if (file.startsWith(`${short}-`) && file.endsWith('.tar') && path !== newest) await rm(path, { force: true });
  }
}

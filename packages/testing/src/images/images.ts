import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findProgram } from '../../setup/find-program.ts';
import { binary } from '../programs/binaries.ts';
import { bundleName } from '../programs/bundle-name.ts';
import { type BaseImage, buildInto, filesId, imageArchive, oneAtATime, storedLabel } from './image-store.ts';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Replaces the Node.js image that the Dockerfiles name. */
const BASE: BaseImage = { name: 'localhost/node:of-this-machine', ensure: () => (base ??= ensureBaseImage()) };

/** Label of the base image: identifies the Node.js in it. */
const NODE_ID = 'eevee.test/node';

/** An application of this repository with a Dockerfile. */
export type ApplicationName = 'operator' | 'echo-module' | 'backup' | 'router' | 'help' | 'connector-irc';

/** Folders of applications whose image has another name, as in releases of eevee 2.x. */
const FOLDERS: Readonly<Partial<Record<ApplicationName, string>>> = { help: 'help-module' };

const folderOf = (name: ApplicationName): string => join(ROOT, 'apps', FOLDERS[name] ?? name);

/** NATS server that the operator runs by default. */
const NATS_IMAGE = 'docker.io/library/nats:2.15.2-alpine';

/** File-backed S3 server. */
export const S3_SERVER_IMAGE = 'docker.io/versity/versitygw:v1.8.0';

/** ngIRCd, as its project publishes it. */
export const IRC_SERVER_IMAGE = 'ghcr.io/ngircd/ngircd:latest';

/** Sandbox of every pod, as the node's containerd is set up. */
const PAUSE_IMAGE = 'eevee.test/pause:1';

let base: Promise<void> | undefined;

/**
 * Name of an application's image in releases, charts and examples.
 *
 * @example
 * applicationImageName('operator'); // 'ghcr.io/eeveebot/operator:3.0.0'
 */
export function applicationImageName(name: ApplicationName): string {
  const { version } = JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8')) as { version: string };
  return `ghcr.io/eeveebot/${name}:${version}`;
}

/**
 * Builds an application and, from its real Dockerfile, its image.
 *
 * @param given.name of the image, instead of the one that is released.
 * @param given.labels besides those of the Dockerfile.
 * @returns the path of an OCI archive.
 */
export async function applicationImage(
  name: ApplicationName,
  given: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const folder = folderOf(name);
  const bundle = join('dist', bundleName(folder));
  // Other processes write the same bundle, and the image needs a complete one.
  return oneAtATime(name, async () => {
    await run(process.execPath, [join(ROOT, 'scripts/bundle.mjs'), 'src/main.ts', bundle], { cwd: folder });
    return imageArchive({
      name: given.name ?? applicationImageName(name),
      dockerfile: join(folder, 'Dockerfile'),
      context: ROOT,
      inputs: [...(await bundles(folder)), ...(await scripts(folder)), await realpath(process.execPath)],
      base: BASE,
      ...(given.labels !== undefined && { labels: given.labels }),
    });
  });
}

/**
 * Builds the image of a module in a folder of its own from its Dockerfile.
 *
 * @param given.name as its BotModule names it; without a registry, Docker Hub is meant, as the kubelet reads it.
 * @param given.inputs files that the image holds.
 * @returns the path of an OCI archive.
 */
export async function moduleFolderImage(given: {
  readonly name: string;
  readonly folder: string;
  readonly inputs: readonly string[];
}): Promise<string> {
  const name = given.name.includes('/') ? given.name : `docker.io/library/${given.name}`;
  const inputs = [...given.inputs, await realpath(process.execPath)];
  return imageArchive({ name, dockerfile: join(given.folder, 'Dockerfile'), context: given.folder, inputs, base: BASE });
}

/** The application's bundle, those of its threads, and the files about the packages in them. */
async function bundles(folder: string): Promise<readonly string[]> {
  const dist = join(folder, 'dist');
  return (await readdir(dist)).filter((name) => /\.(?:[cm]js|licenses\.txt|cdx\.json)$/.test(name)).map((name) => join(dist, name));
}

/** Files of an application's image besides the bundle. */
async function scripts(folder: string): Promise<readonly string[]> {
  const bin = join(folder, 'bin');
  return existsSync(bin) ? (await readdir(bin)).map((name) => join(bin, name)) : [];
}

/** The NATS image under the name that the operator uses. @returns the path of an OCI archive. */
export function natsImage(): Promise<string> {
  const dockerfile = ['FROM scratch', 'COPY nats-server /usr/local/bin/', 'ENV PATH=/usr/local/bin', 'ENTRYPOINT ["nats-server"]'];
  return scratchImage({ name: NATS_IMAGE, program: binary('nats-server'), dockerfile });
}

/** An S3 server for the demo and the tests on a node. @returns the path of an OCI archive. */
export function s3ServerImage(): Promise<string> {
  const dockerfile = ['FROM scratch', 'COPY versitygw /usr/local/bin/', 'ENV PATH=/usr/local/bin', 'ENTRYPOINT ["versitygw"]'];
  return scratchImage({ name: S3_SERVER_IMAGE, program: binary('versitygw'), dockerfile });
}

/**
 * An IRC server for the demo and the tests on a node: the one of this machine, started like that of the published image. @returns the path
 * of an OCI archive.
 */
export async function ircServerImage(): Promise<string> {
  const program = findProgram('ngircd');
  if (program === undefined) throw new Error('this machine has no ngircd: install the Debian package ngircd');
  return inTemporaryFolder(async (context) => {
    const files = await copyWithLibraries(program, join(context, 'rootfs'), '/usr/sbin/ngircd');
    await writePasswd(join(context, 'rootfs'), 'irc');
    const dockerfile = join(context, 'Dockerfile');
    await writeFile(dockerfile, 'FROM scratch\nCOPY rootfs/ /\nENTRYPOINT ["/usr/sbin/ngircd", "--nodaemon"]\n');
    return imageArchive({ name: IRC_SERVER_IMAGE, dockerfile, context, inputs: files });
  });
}

/** The pause image. @returns the path of an OCI archive. */
export function pauseImage(): Promise<string> {
  return scratchImage({
    name: PAUSE_IMAGE,
    program: binary('pause'),
    dockerfile: ['FROM scratch', 'COPY pause /pause', 'ENTRYPOINT ["/pause"]'],
  });
}

/** All images of a bot. @returns paths of OCI archives. */
export async function allImages(): Promise<readonly string[]> {
  const applications = (['operator', 'echo-module', 'backup', 'router', 'help', 'connector-irc'] as const).map(
    (name) => () => applicationImage(name),
  );
  return Promise.all([pauseImage, natsImage, s3ServerImage, ircServerImage, ...applications].map((build) => build()));
}

async function scratchImage(given: {
  readonly name: string;
  readonly program: string;
  readonly dockerfile: readonly string[];
}): Promise<string> {
  return inTemporaryFolder(async (context) => {
    const dockerfile = join(context, 'Dockerfile');
    await writeFile(dockerfile, `${given.dockerfile.join('\n')}\n`);
    await copyFile(given.program, join(context, basename(given.program)));
    return imageArchive({ name: given.name, dockerfile, context, inputs: [given.program] });
  });
}

/** Builds the base image, with the Node.js of this process, unless the store has it. */
async function ensureBaseImage(): Promise<void> {
  const id = await filesId([await realpath(process.execPath)]);
  await oneAtATime('base', async () => {
    if ((await storedLabel(BASE.name, NODE_ID)) !== id) await buildBaseImage({ [NODE_ID]: id });
  });
}

/**
 * A replacement for the base image without access to a registry: the Node.js of this process with its shared libraries, and nothing else.
 * An image that builds and runs on it also works on the real one, which contains more.
 */
async function buildBaseImage(labels: Readonly<Record<string, string>>): Promise<void> {
  await inTemporaryFolder(async (context) => {
    const rootfs = join(context, 'rootfs');
    await copyWithLibraries(await realpath(process.execPath), rootfs, '/usr/local/bin/node');
    await mkdir(join(rootfs, 'tmp'), { recursive: true, mode: 0o1777 });
    await writePasswd(rootfs, 'node');
    const dockerfile = join(context, 'Dockerfile');
    await writeFile(dockerfile, 'FROM scratch\nCOPY rootfs/ /\nENV PATH=/usr/local/bin\nCMD ["node"]\n');
    await buildInto({ name: BASE.name, dockerfile, context, inputs: [], labels });
  });
}

/** Copies a program to a path in a root file system, and the shared libraries it needs to their own. @returns the paths of what was copied. */
async function copyWithLibraries(program: string, rootfs: string, path: string): Promise<readonly string[]> {
  const files = [program, ...(await sharedLibraries(program))];
  for (const file of files) {
    const target = join(rootfs, file === program ? path : file);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(file, target);
  }
  return files;
}

/** Writes the users of an image: root, and one with the id 1000. */
async function writePasswd(rootfs: string, user: string): Promise<void> {
  await mkdir(join(rootfs, 'etc'), { recursive: true });
  await writeFile(join(rootfs, 'etc/passwd'), `root:x:0:0:root:/:/sbin/nologin\n${user}:x:1000:1000::/home/${user}:/sbin/nologin\n`);
  await writeFile(join(rootfs, 'etc/group'), `root:x:0:\n${user}:x:1000:\n`);
}

/** Paths of the libraries that a program is linked to, the dynamic linker among them. */
async function sharedLibraries(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program]);
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path).filter((path) => path !== undefined);
}

async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'eevee-image-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

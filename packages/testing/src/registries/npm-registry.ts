import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool, NPM_REGISTRY, toolFolder } from '../../setup/pinned-tools.ts';
import { BinaryMissingError } from '../programs/binaries.ts';
import { ServerFolder } from '../processes/folder.ts';
import { freePort } from '../processes/ports.ts';
import { ServerProcess } from '../processes/server-process.ts';

const USER = 'publisher';

/** The part of a package.json that a registry needs; all of it is passed on. */
interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** A registry of npm packages that contains only the packages published to it, and uses no other registry. */
export class NpmRegistry implements AsyncDisposable {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  /** Variables with which npm uses it, as a user who may publish, with settings and caches of its own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #token: string;
  readonly #folder: ServerFolder;
  readonly #process: ServerProcess;

  constructor(given: { readonly url: string; readonly token: string; readonly folder: ServerFolder; readonly process: ServerProcess }) {
    this.url = given.url;
    this.#token = given.token;
    this.#folder = given.folder;
    this.#process = given.process;
    const settings = join(given.folder.path, 'npmrc');
    writeFileSync(settings, `${given.url.replace('http:', '')}:_authToken=${given.token}\n`, { mode: 0o600 });
    this.environment = {
      npm_config_registry: given.url,
      npm_config_userconfig: settings,
      npm_config_cache: join(given.folder.path, 'cache'),
      npm_config_update_notifier: 'false',
    };
  }

  /** Publishes a packed package as it is, without a program. @throws Error with the answer of the registry. */
  async publish(manifest: Manifest, tarball: string): Promise<void> {
    const content = readFileSync(tarball);
    const { name, version } = manifest;
    const file = `${name}-${version}.tgz`;
    const hash = (algorithm: string, encoding: 'hex' | 'base64'): string => createHash(algorithm).update(content).digest(encoding);
    const dist = {
      integrity: `sha512-${hash('sha512', 'base64')}`,
      shasum: hash('sha1', 'hex'),
      tarball: `${this.url}${name}/-/${file}`,
    };
    await put(`${this.url}${name.replace('/', '%2f')}`, this.#token, {
      _id: name,
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
      _attachments: { [file]: { content_type: 'application/octet-stream', data: content.toString('base64'), length: content.length } },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
    this.#folder.remove();
  }
}

/**
 * Starts a registry on a free port.
 *
 * @throws {ServerError} when it does not start.
 * @throws {BinaryMissingError} when it is not installed.
 * @example
 * await using registry = await startNpmRegistry();
 * await run('npm', ['publish'], { env: { ...process.env, ...registry.environment } });
 */
export async function startNpmRegistry(): Promise<NpmRegistry> {
  const program = findTool(NPM_REGISTRY);
  if (program === undefined) {
    throw new BinaryMissingError(
      `the npm registry is not in ${toolFolder(NPM_REGISTRY)}: \`node scripts/run.mjs test integration\` installs it (once)`,
    );
  }
  const folder = new ServerFolder('npm-registry');
  const host = `127.0.0.1:${await freePort()}`;
  const url = `http://${host}/`;
  writeFileSync(join(folder.path, 'config.yaml'), JSON.stringify(settingsIn(folder.path)));
  try {
    const server = await ServerProcess.start({
      name: 'npm-registry',
      command: process.execPath,
      args: [program, '--config', join(folder.path, 'config.yaml'), '--listen', host],
      folder: folder.path,
      isReady: async () => (await fetch(`${url}-/ping`)).ok,
    });
    return new NpmRegistry({ url, token: await signUp(url), folder, process: server });
  } catch (error) {
    folder.remove();
    throw error;
  }
}

/** All users may read, authenticated users may publish, and missing packages are not requested elsewhere. */
const settingsIn = (folder: string): object => ({
  storage: join(folder, 'storage'),
  auth: { htpasswd: { file: join(folder, 'htpasswd') } },
  packages: { '**': { access: '$all', publish: '$authenticated' } },
  web: { enable: false },
  max_body_size: '100mb',
  log: { type: 'stdout', format: 'json', level: 'warn' },
});

async function signUp(url: string): Promise<string> {
  const user = { name: USER, password: `${USER}-password` };
  return ((await put(`${url}-/user/org.couchdb.user:${USER}`, undefined, user)) as { token: string }).token;
}

async function put(url: string, token: string | undefined, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) });
  const answer = await response.text();
  if (!response.ok) throw new Error(`PUT ${url}: ${response.status} ${answer}`);
  return JSON.parse(answer);
}

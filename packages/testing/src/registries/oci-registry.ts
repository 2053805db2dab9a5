import { binary } from '../programs/binaries.ts';
import { ServerFolder } from '../processes/folder.ts';
import { freePort } from '../processes/ports.ts';
import { ServerProcess } from '../processes/server-process.ts';

/** A registry of images and charts without TLS, whose contents are lost when it stops. */
export class OciRegistry implements AsyncDisposable {
  /** `127.0.0.1:PORT`, the beginning of the names of images in it. */
  readonly host: string;
  readonly #folder: ServerFolder;
  readonly #process: ServerProcess;

  constructor(host: string, folder: ServerFolder, process: ServerProcess) {
    this.host = host;
    this.#folder = folder;
    this.#process = process;
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
 * @example
 * await using registry = await startOciRegistry();
 * await run('helm', ['push', 'operator-4.0.0.tgz', `oci://${registry.host}/charts`, '--plain-http']);
 */
export async function startOciRegistry(): Promise<OciRegistry> {
  const folder = new ServerFolder('oci-registry');
  const host = `127.0.0.1:${await freePort()}`;
  try {
    const process = await ServerProcess.start({
      name: 'oci-registry',
      command: binary('crane'),
      args: ['registry', 'serve', '--address', host, '--disk', folder.path],
      folder: folder.path,
      isReady: async () => (await fetch(`http://${host}/v2/`)).ok,
    });
    return new OciRegistry(host, folder, process);
  } catch (error) {
    folder.remove();
    throw error;
  }
}

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AddressInfo } from 'node:net';

/** The files of a folder over HTTP, as the files of a release are. */
export class HttpFolder implements AsyncDisposable {
  /** URL of the folder, without a slash at its end. */
  readonly url: string;
  readonly #close: () => Promise<void>;

  constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

/** Serves the files directly in a folder on a free port, including those that are written later. */
export async function serveFolder(folder: string): Promise<HttpFolder> {
  const server = createServer((request, response) => {
    readFile(join(folder, basename(request.url ?? ''))).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.close((error) => (error === undefined ? resolve() : reject(error)));
      server.closeAllConnections();
    });
  return new HttpFolder(`http://127.0.0.1:${port}`, close);
}

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { binary } from '../programs/binaries.ts';
import { freePort } from '../processes/ports.ts';
import { RestartableServer } from '../processes/restartable-server.ts';

export interface S3ServerOptions {
  /** Port to listen on; a free one unless given. */
  readonly port?: number;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** Buckets to begin with. */
  readonly buckets?: readonly string[];
}

/**
 * Starts an S3 server (versitygw, signature v4, path-style addresses) on loopback, in less than a second.
 *
 * @throws {ServerError} with the end of its log when it does not start.
 * @example
 * await using s3 = await startS3Server({ buckets: ['backups'] });
 * new S3Client({ endpoint: s3.endpoint, region: s3.region, credentials: s3.credentials, forcePathStyle: true });
 */
export async function startS3Server({ port, region = 'us-east-1', buckets = [] }: S3ServerOptions = {}): Promise<S3Server> {
  const server = new S3Server({ port: port ?? (await freePort()), region });
  try {
    for (const bucket of buckets) server.createBucket(bucket);
    await server.start();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** An S3 server that can be killed, and started again on its port with its data. */
export class S3Server extends RestartableServer {
  readonly port: number;
  readonly region: string;
  /** Credentials of the only user, who has all permissions; bucket policies grant permissions to others. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };

  /** Made by {@link startS3Server}. */
  constructor({ port, region }: { readonly port: number; readonly region: string }) {
    super('s3');
    this.port = port;
    this.region = region;
    this.credentials = { accessKeyId: `AK${randomBytes(8).toString('hex')}`, secretAccessKey: randomBytes(20).toString('hex') };
    for (const name of ['buckets', 'metadata', 'users']) mkdirSync(join(this.folder, name));
  }

  /** Folder with its log and, below `buckets/<bucket>/<key>`, the objects as plain files. */
  override get folder(): string {
    return super.folder;
  }

  /** URL of the server, without a bucket. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Makes a bucket, also while the server does not run. Names have 3 to 63 characters. */
  createBucket(name: string): void {
    mkdirSync(this.#bucket(name));
  }

  /** Starts the server on the same port, with the objects it had, and waits until it answers. */
  async start(): Promise<void> {
    await this.startProcess({
      name: 's3-server',
      command: binary('versitygw'),
      // Metadata is in separate files, because not every file system has extended attributes.
      args: [
        ...['--port', `127.0.0.1:${this.port}`, '--region', this.region, '--health', '/healthz', '--iam-dir', join(this.folder, 'users')],
        ...['posix', '--sidecar', join(this.folder, 'metadata'), join(this.folder, 'buckets')],
      ],
      // Not as arguments, which are visible to all users of the machine.
      env: { ROOT_ACCESS_KEY: this.credentials.accessKeyId, ROOT_SECRET_KEY: this.credentials.secretAccessKey },
      isReady: async () => (await fetch(`${this.endpoint}/healthz`, { signal: AbortSignal.timeout(1_000) })).ok,
    });
  }

  override async stop(): Promise<void> {
    await this.kill();
    await super.stop();
  }

  #bucket(name: string): string {
    return join(this.folder, 'buckets', name);
  }
}

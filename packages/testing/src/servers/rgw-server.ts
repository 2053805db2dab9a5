import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServerFolder } from '../processes/folder.ts';
import { freePort } from '../processes/ports.ts';
import { ServerProcess } from '../processes/server-process.ts';

const run = promisify(execFile);

/** Held in memory: enough for archives of some hundred megabytes. */
const STORE_BYTES = 4 * 1024 ** 3;

/**
 * Starts Ceph's S3 server (RADOS Gateway, signatures v4 and v2, path-style addresses) on loopback, with one monitor and one
 * store in memory: about 15 s. Needs root and the Debian packages radosgw, ceph-mon, ceph-osd and ceph-common.
 *
 * @throws {ServerError} with the end of the log of the part that does not start.
 * @see https://docs.ceph.com/en/reef/radosgw/
 */
export async function startRgwServer(): Promise<RgwServer> {
  const server = new RgwServer(await freePort());
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** See {@link startRgwServer}. */
export class RgwServer implements AsyncDisposable {
  readonly port: number;
  readonly region = 'us-east-1';
  readonly credentials = { accessKeyId: 'AKTEST', secretAccessKey: 'SKTEST' } as const;
  readonly #folder = new ServerFolder('rgw');
  readonly #processes: ServerProcess[] = [];

  constructor(port: number) {
    this.port = port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Called by {@link startRgwServer}. */
  async start(): Promise<void> {
    const fsid = randomUUID();
    const [v2, v1] = [await freePort(), await freePort()];
    const monitor = `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`;
    for (const name of ['mon', 'osd', 'run', 'log']) mkdirSync(join(this.#folder.path, name));
    writeFileSync(this.#at('ceph.conf'), configuration({ folder: this.#folder.path, fsid, monitor, port: this.port }));
    await this.#makeKeys();
    await this.#do('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', monitor, this.#at('run/monmap'));
    await this.#do('ceph-mon', '-i', 'a', '--mkfs', '--monmap', this.#at('run/monmap'), '--keyring', this.#at('run/keyring'));
    await this.#serve('ceph-mon', ['-i', 'a'], () => this.#do('ceph', '--connect-timeout', '2', 'mon', 'stat'));
    await this.#do('ceph', 'osd', 'create');
    await this.#do('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', randomUUID());
    await this.#do('ceph', 'osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=h');
    await this.#serve('ceph-osd', ['-i', '0'], async () => (await this.#do('ceph', 'osd', 'stat')).includes('1 up'));
    await this.#serve('radosgw', ['-n', 'client.rgw'], async () => (await fetch(this.endpoint, { signal: AbortSignal.timeout(1_000) })).ok);
    const { accessKeyId, secretAccessKey } = this.credentials;
    await this.#do(
      'radosgw-admin',
      'user',
      'create',
      '--uid=t',
      '--display-name=t',
      `--access-key=${accessKeyId}`,
      `--secret=${secretAccessKey}`,
    );
  }

  /** Limits what the user may store, in bytes; undefined for no limit. */
  async setQuota(bytes: number | undefined): Promise<void> {
    const scope = ['--quota-scope=user', '--uid=t'];
    if (bytes !== undefined) await this.#do('radosgw-admin', 'quota', 'set', ...scope, `--max-size=${bytes}`);
    await this.#do('radosgw-admin', 'quota', bytes === undefined ? 'disable' : 'enable', ...scope);
  }

  async stop(): Promise<void> {
    for (const server of this.#processes.toReversed()) await server.stop({ signal: 'SIGKILL' });
    this.#folder.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #at(name: string): string {
    return join(this.#folder.path, name);
  }

  async #do(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await run(
      command,
      ['-c', this.#at('ceph.conf'), ...args].slice(command === 'monmaptool' || command === 'ceph-authtool' ? 2 : 0),
    );
    return stdout + stderr;
  }

  async #makeKeys(): Promise<void> {
    const keyring = this.#at('run/keyring');
    const key = (name: string, ...caps: readonly string[]) =>
      this.#do('ceph-authtool', keyring, ...(name === 'mon.' ? ['--create-keyring'] : []), '--gen-key', '-n', name, ...caps);
    await key('mon.', '--cap', 'mon', 'allow *');
    await key('client.admin', '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mds', 'allow *', '--cap', 'mgr', 'allow *');
    await key('osd.0', '--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *');
    await key('client.rgw', '--cap', 'mon', 'allow rwx', '--cap', 'osd', 'allow rwx');
  }

  async #serve(command: string, args: readonly string[], look: () => Promise<string | boolean>): Promise<void> {
    this.#processes.push(
      await ServerProcess.start({
        name: command,
        command,
        args: ['-f', '-c', this.#at('ceph.conf'), ...args],
        folder: this.#folder.path,
        isReady: async () => Boolean(await look()),
      }),
    );
  }
}

const configuration = ({
  folder,
  fsid,
  monitor,
  port,
}: {
  folder: string;
  fsid: string;
  monitor: string;
  port: number;
}): string => `[global]
fsid = ${fsid}
mon_host = ${monitor.replaceAll(/:(\d+)([,\]])/g, ':$1/0$2')}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
keyring = ${folder}/run/keyring
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
osd_objectstore = memstore
memstore_device_bytes = ${STORE_BYTES}
run_dir = ${folder}/run
log_file = ${folder}/log/$name.log
admin_socket = ${folder}/run/$name.asok
pid_file = ${folder}/run/$name.pid
mon_data = ${folder}/mon
osd_data = ${folder}/osd
osd_class_load_list = *
osd_class_default_list = *
ms_bind_msgr2 = true
mon_data_avail_crit = 1
mon_data_avail_warn = 1
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:${port}
rgw_dns_name = localhost
rgw_relaxed_s3_bucket_names = true
`;

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { S3Server } from '@eeveebot/testing';
import { measured, type Measured } from './measured.ts';

const APP = fileURLToPath(new URL('../../apps/backup', import.meta.url));
export const BUCKET = 'bench';

/** Node's flags in the image. */
const IMAGE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2'];

/** Id under which tar's archive is offered to our restore. */
const PEER_ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';

/** The programs that are compared, each on the same data and the same S3 server. */
export class Contenders {
  readonly #folder: string;
  readonly #s3: S3Server;
  readonly #cpu: string | undefined;
  readonly #tool: string;
  #restores = 0;
  #repositories = 0;

  /**
   * @param folder holds the data in `data` and whatever the programs write.
   * @param given.cpu processors to run on, as taskset takes them; all if undefined.
   */
  constructor(folder: string, given: { readonly s3: S3Server; readonly cpu: string | undefined }) {
    this.#folder = folder;
    this.#s3 = given.s3;
    this.#cpu = given.cpu;
    this.#tool = this.#at('eevee-backup.cjs');
    execFileSync(process.execPath, [join(APP, '../../scripts/bundle.mjs'), 'src/main.ts', this.#tool], { cwd: APP });
    writeFileSync(this.#at('s3cfg'), this.#s3cmdSettings(), { mode: 0o600 });
    writeFileSync(this.#at('restic-password'), 'bench');
  }

  backup(compression: 'gzip' | 'zstd'): Measured {
    return this.#eevee('backup', compression, { BACKUP_COMPRESSION: compression, BACKUP_PVC_PATH: this.#at('data') });
  }

  tarPut(): Measured {
    const archive = this.#at('peer.tar.gz');
    return this.#shell(`tar -czf ${archive} -C ${this.#at('data')} . && ${this.#s3cmd} put ${archive} s3://${BUCKET}/peer.tar.gz`);
  }

  /** The first backup into a new repository; creating that and removing the one of the previous turn are not measured. */
  resticBackup(): Measured {
    rmSync(join(this.#bucket, `restic-${this.#repositories}`), { recursive: true, force: true });
    this.#repositories++;
    this.#run(['restic', 'init', '--quiet'], this.#resticEnvironment());
    return this.#run(['restic', 'backup', '--quiet', '.'], this.#resticEnvironment(), this.#at('data'));
  }

  resticRestore(): Measured {
    return this.#run(['restic', 'restore', '--quiet', 'latest', '--target', this.#newTarget()], this.#resticEnvironment());
  }

  restore(archive: 'gzip' | 'zstd' | 'tar'): Measured {
    if (archive === 'tar') this.#offerPeerArchive();
    return this.#eevee('restore', archive, { BACKUP_PVC_PATH: this.#newTarget() });
  }

  /** @param archive whose archive is unpacked; `sync` also waits until the data is on the disk, as our restore does. */
  getAndUntar(archive: 'gzip' | 'tar', { sync }: { readonly sync: boolean }): Measured {
    const [from, target] = [archive === 'tar' ? 'peer.tar.gz' : this.#keyOf('gzip'), this.#newTarget()];
    const unpack = `tar -xzf ${this.#at('got')} -C ${target}${sync ? ` && sync -f ${target}` : ''}`;
    return this.#shell(`${this.#s3cmd} get --force s3://${BUCKET}/${from} ${this.#at('got')} && ${unpack}`);
  }

  verify(compression: 'gzip' | 'zstd'): Measured {
    return this.#eevee('verify', compression, {});
  }

  get(compression: 'gzip' | 'zstd'): Measured {
    return this.#shell(`${this.#s3cmd} get --force s3://${BUCKET}/${this.#keyOf(compression)} ${this.#at('got')}`);
  }

  /** The same work as {@link verify} by the usual programs: download, checksum, decompression and a list of the entries, all at once. */
  getAndCheck(compression: 'gzip' | 'zstd'): Measured {
    const download = `${this.#s3cmd} get s3://${BUCKET}/${this.#keyOf(compression)} -`;
    return this.#shell(`${download} | tee >(sha256sum > ${this.#at('sum')}) | ${compression} -dc | tar -tf - > ${this.#at('entries')}`);
  }

  /** Bytes of the last archive of each kind. */
  sizes(): Readonly<Record<'tar' | 'gzip' | 'zstd', number>> {
    const stored = (compression: 'gzip' | 'zstd') => statSync(join(this.#bucket, this.#keyOf(compression))).size;
    return { tar: statSync(this.#at('peer.tar.gz')).size, gzip: stored('gzip'), zstd: stored('zstd') };
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }

  get #bucket(): string {
    return join(this.#s3.folder, 'buckets', BUCKET);
  }

  get #s3cmd(): string {
    return `s3cmd -c ${this.#at('s3cfg')} -q`;
  }

  /**
   * An empty directory, as a new volume is. Earlier ones stay until the end: ext4 takes long to reuse the inodes of files that
   * have just been removed.
   */
  #newTarget(): string {
    const target = this.#at(`out-${++this.#restores}`);
    mkdirSync(target);
    return target;
  }

  #offerPeerArchive(): void {
    const former = join(this.#bucket, 'bench/tar');
    mkdirSync(former, { recursive: true });
    copyFileSync(this.#at('peer.tar.gz'), join(former, `${PEER_ID}.tar.gz`));
  }

  #keyOf(compression: 'gzip' | 'zstd'): string {
    const [directory, ending] = [`bench/${compression}`, compression === 'gzip' ? '.tar.gz' : '.tar.zst'];
    const names = readdirSync(join(this.#bucket, directory)).filter((name) => name.endsWith(ending));
    const writtenMs = (name: string) => statSync(join(this.#bucket, directory, name)).mtimeMs;
    return `${directory}/${names.toSorted((a, b) => writtenMs(b) - writtenMs(a))[0] ?? ''}`;
  }

  #eevee(command: 'backup' | 'restore' | 'verify', module: string, more: Readonly<Record<string, string>>): Measured {
    return this.#run([process.execPath, ...IMAGE_FLAGS, this.#tool, command], {
      S3_ENDPOINT: this.#s3.endpoint,
      S3_BUCKET: BUCKET,
      S3_ACCESS_ID: this.#s3.credentials.accessKeyId,
      S3_SECRET_KEY: this.#s3.credentials.secretAccessKey,
      S3_PATH_STYLE: 'true',
      BACKUP_NAMESPACE: 'bench',
      BACKUP_MODULE: module,
      RESTORE_NAMESPACE: 'bench',
      RESTORE_MODULE: module,
      ...more,
    });
  }

  #shell(line: string): Measured {
    return this.#run(['bash', '-o', 'pipefail', '-ec', line], {});
  }

  #run(command: readonly string[], environment: Readonly<Record<string, string>>, cwd?: string): Measured {
    const pinned = this.#cpu === undefined ? command : ['taskset', '-c', this.#cpu, ...command];
    return measured(pinned, { environment, cwd: cwd ?? this.#folder });
  }

  #resticEnvironment(): Readonly<Record<string, string>> {
    return {
      RESTIC_REPOSITORY: `s3:${this.#s3.endpoint}/${BUCKET}/restic-${this.#repositories}`,
      RESTIC_PASSWORD_FILE: this.#at('restic-password'),
      RESTIC_CACHE_DIR: this.#at('restic-cache'),
      AWS_ACCESS_KEY_ID: this.#s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.#s3.credentials.secretAccessKey,
    };
  }

  #s3cmdSettings(): string {
    const host = `127.0.0.1:${this.#s3.port}`;
    const { accessKeyId, secretAccessKey } = this.#s3.credentials;
    return `[default]\naccess_key = ${accessKeyId}\nsecret_key = ${secretAccessKey}\nhost_base = ${host}\nhost_bucket = ${host}\nuse_https = False\nbucket_location = us-east-1\n`;
  }
}

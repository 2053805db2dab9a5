import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files of the working tree, in a repository of its own in which they may change. Its first commit is empty, and has the tag `empty`. */
export class CopiedRepository implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'eevee-repository-'));
  readonly root = join(this.#folder, 'eevee');
  // Without the settings of the user, who may sign every commit.
  readonly #env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };

  constructor() {
    const paths = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' }).split('\0');
    for (const path of paths) if (path !== '' && existsSync(path)) cpSync(path, join(this.root, path));
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.root, 'node_modules'));
    this.run('git', 'init', '--quiet', '--initial-branch=main');
    this.#commit('empty', '--allow-empty');
    this.run('git', 'tag', 'empty');
  }

  /** Commits all files. */
  commit(): void {
    this.run('git', 'add', '.');
    this.#commit('all');
  }

  #commit(message: string, ...more: readonly string[]): void {
    this.run('git', '-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', `--message=${message}`, ...more);
  }

  /** @throws Error with everything that the command wrote, when it fails. */
  run(command: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: this.root, env: this.#env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
    return stdout;
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.root, path), text);
  }

  remove(path: string): void {
    rmSync(join(this.root, path));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

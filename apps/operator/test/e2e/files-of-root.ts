import { readFile } from 'node:fs/promises';
import { moduleVolumeClaimName } from '@eeveebot/contract';
import { runShellCommands } from '@eeveebot/testing';
import { type BotOnANode, ECHO_IMAGE, NAMESPACE } from './bot-on-a-node.ts';

const PAGE = new URL('../../../../docs/upgrade-from-2.x.md', import.meta.url);
const SECTION = 'Files owned by root';

/** Name of the file in the data of the module. */
const FILE = 'of-root';

/** The node has no image with `chown`, so its Node.js does the same. Without single quotes, since it becomes a part of such a text. */
const CHOWN =
  'const { chownSync, readdirSync } = require("fs");' +
  'for (const name of ["", ...readdirSync("/data", { recursive: true })]) chownSync("/data/" + name, 1000, 1000);';

/** A module that ran as root, as those of eevee 2.x did, and the two ways to continue that the page about the upgrade describes. */
export class FilesOfRoot {
  readonly #bot: BotOnANode;
  readonly #module: string;

  constructor(bot: BotOnANode, module: string) {
    this.#bot = bot;
    this.#module = module;
  }

  /** Lets the module write a file, as root, that only its owner may read. */
  async start(): Promise<void> {
    const spec = {
      persistentVolumeClaim: { resources: { requests: { storage: '1Gi' } } },
      podSecurityContext: { runAsUser: 0, runAsNonRoot: false },
    };
    await this.#bot.startModules({ name: this.#module, spec });
    await this.#bot.runInModule(
      this.#module,
      `require('fs').writeFileSync(process.env.MODULE_DATA + '/${FILE}', 'from 2.x', { mode: 0o600 })`,
    );
  }

  /** The module without settings of 2.x. */
  async runAsUser(): Promise<void> {
    await this.#bot.patchModule(this.#module, { podSecurityContext: null });
    await this.#bot.untilReady(this.#module);
  }

  /** User of the module, and what it reads in the file. */
  async read(): Promise<{ readonly user: number; readonly content: string }> {
    const line = `
      const { readFileSync } = require('fs');
      const read = () => { try { return readFileSync(process.env.MODULE_DATA + '/${FILE}', 'utf8') } catch (error) { return error.code } };
      process.stdout.write(JSON.stringify({ user: process.getuid(), content: read() }));
    `;
    return JSON.parse(await this.#bot.runInModule(this.#module, line)) as { readonly user: number; readonly content: string };
  }

  /** The first way of the page. */
  async letRunAsRoot(): Promise<void> {
    const [again = ''] = await this.#ways();
    await this.#run(again);
  }

  /** The second way of the page. */
  async handOver(): Promise<void> {
    const [, handOver = ''] = await this.#ways();
    await this.#run(
      handOver.replace('["chown","-R","1000:1000","/data"]', JSON.stringify(['node', '-e', CHOWN])).replaceAll('busybox', ECHO_IMAGE),
    );
  }

  async #run(commands: string): Promise<void> {
    const { folder, node } = this.#bot;
    await runShellCommands(commands, { folder, kubeconfig: node.kubeconfig, env: { NAMESPACE } });
    await this.#bot.untilReady(this.#module);
  }

  /** The commands of each block of the section, for this module. */
  async #ways(): Promise<readonly string[]> {
    const page = await readFile(PAGE, 'utf8');
    const [, section = ''] = page.split(`## ${SECTION}\n`);
    const blocks = [...(section.split('\n## ')[0] ?? '').matchAll(/^```console\n([^]*?)^```$/gm)].map(([, text = '']) => text);
    return blocks.map((text) =>
      text
        .replaceAll(/^\$ /gm, '')
        .replaceAll('eevee-NAME-module-pvc', moduleVolumeClaimName(this.#module))
        .replaceAll(' NAME ', ` ${this.#module} `),
    );
  }
}

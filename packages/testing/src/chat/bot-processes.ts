import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleName } from '../programs/bundle-name.ts';
import { eventually } from '../waiting/eventually.ts';
import { type IrcServer, startIrcServer } from '../irc/irc-server.ts';
import { type NatsServer, startNatsServer } from '../servers/nats-server.ts';
import { ServerFolder } from '../processes/folder.ts';
import { freePort } from '../processes/ports.ts';
import { ServerProcess } from '../processes/server-process.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Nick and channel of the bot. */
export const BOT = { nick: 'eevee', channel: '#eevee' } as const;

/** A part of the bot that can be killed: the connector that is on IRC, one of two routers, both, the only echo module, or a server. */
export type BotPart = 'connector' | 'router' | 'both routers' | 'echo module' | 'NATS' | 'IRC server';

type App = 'connector-irc' | 'router' | 'echo-module';

const folderOf = (app: App): string => join(ROOT, 'apps', app);

/** Configuration of each application: as in a cluster, but with short delays and without rate limits. */
const CONFIGURATION: Readonly<Record<App, (irc: IrcServer) => object>> = {
  router: () => ({}),
  'echo-module': () => ({ ratelimit: { limit: 0 } }),
  'connector-irc': ({ port }) => ({
    connections: [
      {
        name: 'main',
        irc: { host: '127.0.0.1', port, autoReconnectWait: 500 },
        ident: { nick: BOT.nick },
        channels: [BOT.channel],
        floodControl: false,
      },
    ],
  }),
};

/** A running application. */
interface Replica {
  readonly app: App;
  readonly process: ServerProcess;
  /** Port of its HTTP server. */
  readonly port: number;
}

/** A whole bot of real processes on one machine: an IRC server, NATS, two connectors, two routers and the echo module. */
export class BotProcesses implements AsyncDisposable {
  readonly irc: IrcServer;
  readonly nats: NatsServer;
  readonly #folder = new ServerFolder('bot');
  #replicas: readonly Replica[] = [];
  #killed: readonly Replica[] = [];
  #started = 0;

  private constructor(irc: IrcServer, nats: NatsServer) {
    this.irc = irc;
    this.nats = nats;
  }

  /**
   * Builds the applications as in their images, and starts all processes. The bot may not be in its channel yet.
   *
   * @throws {ServerError} with the end of the log of what does not start.
   * @example
   * await using bot = await BotProcesses.start();
   * await bot.kill('router');
   * await bot.restart('router');
   */
  static async start(): Promise<BotProcesses> {
    const [irc, nats] = await Promise.all([startIrcServer({ server: 'ngircd' }), startNatsServer({ token: 'token' })]);
    const bot = new BotProcesses(irc, nats);
    try {
      await Promise.all((['router', 'connector-irc', 'echo-module'] as const).map((app) => bot.#bundle(app)));
      const apps = ['router', 'router', 'echo-module', 'connector-irc', 'connector-irc'] as const;
      bot.#replicas = await Promise.all(apps.map((app) => bot.#start(app)));
      return bot;
    } catch (error) {
      await bot[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Kills a part like a crash. */
  async kill(part: BotPart): Promise<void> {
    if (part === 'NATS') return await this.nats.kill();
    if (part === 'IRC server') return await this.irc.kill();
    this.#killed = await this.#replicasOf(part);
    await Promise.all(this.#killed.map(({ process: victim }) => victim.stop({ signal: 'SIGKILL' })));
    this.#replicas = this.#replicas.filter((each) => !this.#killed.includes(each));
  }

  /** Starts a part that was killed, and waits until all processes are connected again; the connector may still be joining. */
  async restart(part: BotPart): Promise<void> {
    if (part === 'IRC server') return await this.irc.start();
    if (part === 'NATS') {
      // Otherwise, a client that has not noticed the loss yet would count as reconnected.
      await this.#untilHealth(503);
      await this.nats.start();
      await this.#untilHealth(200);
      return;
    }
    this.#replicas = [...this.#replicas, ...(await Promise.all(this.#killed.map(({ app }) => this.#start(app))))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#replicas.map(({ process: replica }) => replica.stop({ signal: 'SIGKILL' })));
    await Promise.all([this.irc.stop(), this.nats.stop()]);
    this.#folder.remove();
  }

  async #bundle(app: App): Promise<void> {
    const bundle = this.#bundleOf(app);
    mkdirSync(join(bundle, '..'), { recursive: true });
    await run(process.execPath, [join(ROOT, 'scripts/bundle.mjs'), 'src/main.ts', bundle], { cwd: folderOf(app) });
    // JSON is YAML.
    writeFileSync(join(bundle, '../config.yaml'), JSON.stringify(CONFIGURATION[app](this.irc)));
  }

  #bundleOf(app: App): string {
    return join(this.#folder.path, app, bundleName(folderOf(app)));
  }

  async #start(app: App): Promise<Replica> {
    const bundle = this.#bundleOf(app);
    const name = `${app}-${++this.#started}`;
    const port = await freePort();
    const replica = await ServerProcess.start({
      name,
      command: process.execPath,
      args: [bundle],
      folder: this.#folder.path,
      env: {
        NODE_ENV: 'production',
        HTTP_API_PORT: String(port),
        NATS_HOST: this.nats.host,
        NATS_TOKEN: 'token',
        MODULE_CONFIG_PATH: join(bundle, '../config.yaml'),
      },
      isReady: async () => (await readFile(join(this.#folder.path, `${name}.log`), 'utf8')).includes('"msg":"ready"'),
    });
    return { app, process: replica, port };
  }

  async #replicasOf(part: 'connector' | 'router' | 'both routers' | 'echo module'): Promise<readonly Replica[]> {
    if (part === 'connector') return [await this.#connected()];
    if (part === 'echo module') return this.#replicas.filter(({ app }) => app === 'echo-module');
    const routers = this.#replicas.filter(({ app }) => app === 'router');
    return part === 'router' ? routers.slice(0, 1) : routers;
  }

  async #untilHealth(status: number): Promise<void> {
    await eventually(
      async () => (await Promise.all(this.#replicas.map(async ({ port }) => healthOf(port)))).every((found) => found === status),
      { what: `/health of all modules to be ${status}`, intervalMs: 20 },
    );
  }

  /** The connector that is in the channel. */
  #connected(): Promise<Replica> {
    const isIn = async ({ port }: Replica): Promise<boolean> =>
      (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).includes(`channel="main ${BOT.channel}"} 1`);
    return eventually(
      async () => {
        for (const replica of this.#replicas) if (replica.app === 'connector-irc' && (await isIn(replica))) return replica;
        return undefined;
      },
      { what: `a connector in ${BOT.channel}`, intervalMs: 50 },
    );
  }
}

async function healthOf(port: number): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}/health`)).status;
}

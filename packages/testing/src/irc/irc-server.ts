import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { eventually } from '../waiting/eventually.ts';
import { ServerFolder } from '../processes/folder.ts';
import { freePort } from '../processes/ports.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { athemeArguments } from './atheme.ts';
import { inspircdArguments } from './inspircd.ts';
import { type IrcPerson, type IrcPersonOptions, joinIrc } from './irc-person.ts';
import { type IrcServerSettings, OPERATOR, SERVICES_NAME } from './irc-settings.ts';
import { ngircdArguments } from './ngircd.ts';

/** For {@link startIrcServer}. */
export interface IrcServerOptions {
  readonly server: 'ngircd' | 'inspircd';
  /** NickServ, SaslServ and ChanServ (Atheme). Needs `inspircd`. */
  readonly services?: boolean;
  /** Key and certificate, PEM: clients then speak TLS, and are asked for a certificate by `inspircd`. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Password that clients must give. */
  readonly password?: string;
  /** Port to listen on; a free one unless given. */
  readonly port?: number;
  /** Server of the same network to connect to. Needs `inspircd` on both sides. */
  readonly uplink?: IrcServer;
  /** Name of the server. Default `irc.test`; with `uplink`, `leaf1.test`. */
  readonly name?: string;
  /** Longest nick. Default: 30 characters. */
  readonly nickLength?: number;
  /** Most lines a client may send in a burst before `inspircd` disconnects it. Default: no limit. */
  readonly floodLines?: number;
}

const ARGUMENTS = { ngircd: ngircdArguments, inspircd: inspircdArguments } as const;

/**
 * Starts an IRC server on loopback, in some 50 ms (with services, about a second). Needs the Debian packages ngircd or inspircd, and
 * atheme-services.
 *
 * @throws {ServerError} with the end of the log of what does not start.
 * @throws {TypeError} for services or an uplink without `inspircd`.
 * @example
 * await using irc = await startIrcServer({ server: 'ngircd' });
 * await using fox = await irc.person('fox');
 */
export async function startIrcServer(options: IrcServerOptions): Promise<IrcServer> {
  if (options.server === 'ngircd' && (options.services === true || options.uplink !== undefined)) {
    throw new TypeError('services and uplinks need the server inspircd');
  }
  const server = new IrcServer(options, { port: options.port ?? (await freePort()), serverPort: await freePort() });
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** An IRC server that can be killed, and started again on its port. */
export class IrcServer implements AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** Port for other servers. */
  readonly serverPort: number;
  readonly #options: IrcServerOptions;
  readonly #folder: ServerFolder;
  #process: ServerProcess | undefined;
  #services: ServerProcess | undefined;

  /** Made by {@link startIrcServer}. */
  constructor(options: IrcServerOptions, { port, serverPort }: { readonly port: number; readonly serverPort: number }) {
    this.name = options.name ?? (options.uplink === undefined ? 'irc.test' : 'leaf1.test');
    this.port = port;
    this.serverPort = serverPort;
    this.#options = options;
    this.#folder = new ServerFolder('irc');
  }

  /** Folder with its configuration and its log. */
  get folder(): string {
    return this.#folder.path;
  }

  /** Starts it, with its services, and waits until it takes clients. After a kill, on the same port. */
  async start(): Promise<void> {
    const { server, tls } = this.#options;
    this.#process = await ServerProcess.start({
      name: server,
      command: server,
      args: ARGUMENTS[server](this.#settings()),
      folder: this.#folder.path,
      isReady: () => answers(this.port, tls !== undefined),
    });
    if (this.#options.services === true) await this.startServices();
  }

  /** Starts the services, after {@link killServices}. */
  async startServices(): Promise<void> {
    const folder = join(this.#folder.path, 'services');
    mkdirSync(folder, { recursive: true });
    this.#services = await ServerProcess.start({
      name: 'atheme-services',
      command: 'atheme-services',
      args: athemeArguments({ folder, uplink: this }),
      folder,
      isReady: () => this.#servicesAnswer(),
    });
  }

  /** Kills the server and its services like a crash; {@link start} restarts them. */
  async kill(): Promise<void> {
    await this.killServices();
    await this.#process?.stop({ signal: 'SIGKILL' });
  }

  /** Kills the services like a crash. */
  async killServices(): Promise<void> {
    await this.#services?.stop({ signal: 'SIGKILL' });
    this.#services = undefined;
  }

  /** Pauses the server: connections stay open without responses. */
  pause(): void {
    this.#process?.pause();
  }

  /** Resumes a paused server. */
  resume(): void {
    this.#process?.resume();
  }

  /** Connects a simulated user, with the server's password and TLS if it has them. */
  person(nick: string, options: Partial<IrcPersonOptions> = {}): Promise<IrcPerson> {
    return joinIrc({ port: this.port, nick, password: this.#options.password, tls: this.#options.tls !== undefined, ...options });
  }

  /** Connects a simulated user with the permissions of a server operator. */
  async operator(nick = 'operator'): Promise<IrcPerson> {
    const person = await this.person(nick);
    person.sends(`OPER ${OPERATOR.name} ${OPERATOR.password}`);
    await untilRaw(person, / 381 /);
    return person;
  }

  /** Registers an account with NickServ. */
  async registerAccount(account: string, password: string): Promise<void> {
    await using person = await this.person(account);
    person.says('NickServ', `REGISTER ${password} ${account}@irc.test`);
    await untilRaw(person, / 900 |is now registered/);
  }

  /** End of its log, at most the given number of lines. */
  logTail(lines?: number): string {
    return this.#process?.logTail(lines) ?? '';
  }

  /** Stops the server and removes its files. */
  async stop(): Promise<void> {
    await this.#services?.stop({ signal: 'SIGKILL' });
    await this.#process?.stop({ signal: 'SIGKILL' });
    this.#folder.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #settings(): IrcServerSettings {
    const { name, folder, port, serverPort } = this;
    const { password, tls, uplink, nickLength, floodLines } = this.#options;
    return { name, folder, port, serverPort, password, tls, uplink, nickLength, floodLines };
  }

  async #servicesAnswer(): Promise<boolean> {
    await using probe = await this.person('services-probe');
    probe.sends('WHOIS NickServ');
    await untilRaw(probe, / (318|401) /);
    return probe.raw.some((line) => line.includes(SERVICES_NAME));
  }
}

async function untilRaw(person: IrcPerson, pattern: RegExp): Promise<void> {
  await eventually(() => person.raw.some((line) => pattern.test(line)), { what: `the server to send ${pattern.source}`, intervalMs: 10 });
}

/** Whether an IRC server takes clients there: it answers a PING or asks to be registered with. */
function answers(port: number, tls: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = tls ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }) : connect(port, '127.0.0.1');
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once(tls ? 'secureConnect' : 'connect', () => socket.write('CAP LS 302\r\n'));
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

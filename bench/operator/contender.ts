import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { freePort, ServerProcess } from '@eeveebot/testing';

/** A program that should create the modules' Deployments, and where its state is read. */
export interface Program {
  readonly name: string;
  readonly command: readonly [string, ...(readonly string[])];
  /** Path of its readiness check, and its counter of requests. */
  readonly readyPath: string;
  readonly requestCounter: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running operator, observed from outside. */
export class Contender implements AsyncDisposable {
  readonly server: ServerProcess;
  readonly #metrics: string;
  readonly #requestCounter: string;

  private constructor(server: ServerProcess, metrics: string, requestCounter: string) {
    this.server = server;
    this.#metrics = metrics;
    this.#requestCounter = requestCounter;
  }

  static async start(
    { name, command: [command, ...args], readyPath, requestCounter, env }: Program,
    given: {
      readonly kubeconfig: string;
      readonly namespace: string;
      readonly folder: string;
      readonly env?: Readonly<Record<string, string>>;
    },
  ): Promise<Contender> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const server = await ServerProcess.start({
      name,
      command,
      args,
      folder: given.folder,
      env: {
        NODE_ENV: 'production',
        KUBECONFIG: given.kubeconfig,
        NAMESPACE: given.namespace,
        HTTP_API_PORT: String(port),
        ...env,
        ...given.env,
      },
      isReady: async () => (await fetch(`${url}${readyPath}`)).ok,
    });
    return new Contender(server, `${url}/metrics`, requestCounter);
  }

  /** Sum of a metric's series. */
  async metric(name: string): Promise<number> {
    return (await this.scrape())(name);
  }

  /** All current metrics, each as the sum of its series: reading those of the event loop resets them. */
  async scrape(): Promise<(name: string) => number> {
    const lines = (await (await fetch(this.#metrics)).text()).split('\n');
    return (name) =>
      lines
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Requests sent to the API server so far. */
  requests(): Promise<number> {
    return this.metric(this.#requestCounter);
  }

  /** Resident memory in MiB. */
  get mebibytes(): number {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.server.pid}/status`, 'utf8'))?.[1]) / 1024);
  }

  /** Processor time in seconds. */
  get cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.server.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Connections to the API server. */
  connectionsTo(port: number): number {
    const hex = port.toString(16).toUpperCase().padStart(4, '0');
    const established = readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , remote = '', state]) => remote.endsWith(`:${hex}`) && state === '01')
      .map((fields) => fields[9]);
    const folder = `/proc/${this.server.pid}/fd`;
    const own = new Set(readdirSync(folder).map((fd) => /socket:\[(\d+)\]/.exec(readlinkSync(`${folder}/${fd}`))?.[1]));
    return established.filter((inode) => own.has(inode)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
  }
}

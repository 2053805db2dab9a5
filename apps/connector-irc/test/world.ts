import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IrcServer, type NatsServer, startNatsServer, removeBundle } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { BusProbe } from './bus-probe.ts';
import { ConnectorProcess, bundleConnector } from './connector-process.ts';

type Settings = Readonly<Record<string, unknown>>;

/** A connection named `main` to a server on loopback, with short delays and without flood control, merged with the given settings. */
export function connectionTo(server: { readonly port: number }, over: Settings = {}): Record<string, unknown> {
  const { irc, ident, ...rest } = over;
  return {
    name: 'main',
    irc: { host: '127.0.0.1', port: server.port, autoReconnectWait: 200, autoRejoinWait: 200, ...(irc as Settings) },
    ident: { nick: 'eevee', username: 'eevee', gecos: 'eevee', version: 'eevee test', quitMsg: 'see you', ...(ident as Settings) },
    channels: ['#eevee'],
    floodControl: false,
    ...rest,
  };
}

/** NATS, connectors and other resources of a test, which end with it. */
export interface World {
  readonly nats: NatsServer;
  readonly bus: BusProbe;
  /** Starts a connector with one connection or with a whole configuration, without waiting for it. */
  start(config: unknown, env?: NodeJS.ProcessEnv, folder?: string): Promise<ConnectorProcess>;
  /** Starts a connector and waits until it is in `#eevee`. */
  joined(config: unknown, env?: NodeJS.ProcessEnv, folder?: string): Promise<ConnectorProcess>;
  /** Creates a folder for the test. */
  folder(): string;
  /** Registers a resource that ends with the test. */
  use<Disposable extends AsyncDisposable>(disposable: Disposable): Disposable;
}

/** Creates a world for each test of a file; all use one bundle. */
export function useWorld(): World {
  let bundle: string;
  let nats: NatsServer;
  let bus: BusProbe;
  let disposables: AsyncDisposable[];
  const folders: string[] = [];

  beforeAll(() => {
    bundle = bundleConnector();
  });
  afterAll(() => removeBundle(bundle));
  beforeEach(async () => {
    disposables = [];
    nats = await startNatsServer();
    bus = await BusProbe.connect(nats);
  });
  afterEach(async () => {
    for (const disposable of disposables.toReversed()) await disposable[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    await nats.stop();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'eevee-connector-world-'));
    folders.push(made);
    return made;
  };
  const use = <Disposable extends AsyncDisposable>(disposable: Disposable): Disposable => {
    disposables.push(disposable);
    return disposable;
  };
  const start: World['start'] = async (config, env = {}, inFolder = folder()) => {
    const whole = typeof config === 'string' || 'connections' in (config as object) ? config : { connections: [config] };
    return use(
      await ConnectorProcess.start({
        bundle,
        folder: inFolder,
        config: whole,
        env: { NATS_HOST: nats.host, NATS_TOKEN: 'token', ...env },
      }),
    );
  };
  return {
    get nats() {
      return nats;
    },
    get bus() {
      return bus;
    },
    folder,
    use,
    start,
    joined: async (...given) => {
      const connector = await start(...given);
      await connector.logs({ msg: 'joined a channel', channel: '#eevee' });
      return connector;
    },
  };
}

/** A user in `#eevee`. */
export async function inEevee(irc: IrcServer, nick: string): Promise<Awaited<ReturnType<IrcServer['person']>>> {
  const person = await irc.person(nick);
  await person.join('#eevee');
  return person;
}

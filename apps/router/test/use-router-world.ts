import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NatsServer, eventually, removeBundle, startNatsServer } from '@eeveebot/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Bus } from './bus.ts';
import { RouterProcess, bundleRouter } from './router-process.ts';

const TOKEN = 'router-token';

/** Number of lines after which each of two routers has almost certainly received one. */
const LAST_LINES = 30;

/** Lines that take longer count as lost, and are sent again. */
const PROBE_LIMIT_MS = 2_000;

/** Starts a NATS server and a bus with the command `last` for each test of a file; all tests use one bundle of the router. */
export function useRouterWorld() {
  let bundle: string;
  let folder: string;
  let server: NatsServer;
  let bus: Bus;
  let routers: RouterProcess[];

  beforeAll(() => {
    bundle = bundleRouter();
  });
  afterAll(() => removeBundle(bundle));
  beforeEach(async () => {
    routers = [];
    folder = mkdtempSync(join(tmpdir(), 'eevee-router-config-'));
    server = await startNatsServer({ token: TOKEN });
    bus = await Bus.connect(server.host, TOKEN);
    bus.command('c-last', '^last$');
  });
  afterEach(async () => {
    for (const router of routers) await router[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const heard = (commandUUID: string, count: number): Promise<unknown[]> =>
    eventually(() => (bus.texts(commandUUID).length >= count ? bus.texts(commandUUID) : null), {
      what: `${count} calls of ${commandUUID}`,
    });

  return {
    get server() {
      return server;
    },
    get bus() {
      return bus;
    },
    /** A folder for configurations. */
    get folder() {
      return folder;
    },
    /** Starts a router that ends with the test. */
    async start(env: Readonly<Record<string, string>> = {}): Promise<RouterProcess> {
      const router = await RouterProcess.start(bundle, { NATS_HOST: server.host, NATS_TOKEN: TOKEN, ...env });
      routers.push(router);
      await router.ready();
      return router;
    },
    /** Waits until a command has been called this number of times. @returns the texts of its calls. */
    heard,
    /** Kills a router, and waits until NATS no longer sends lines to it: those that it sends in between are lost. */
    async kill(router: RouterProcess): Promise<void> {
      bus.command('c-probe', String.raw`^probe\s+`);
      await router[Symbol.asyncDispose]();
      let probe = 0;
      const allArrive = async (): Promise<boolean> => {
        const lines = Array.from({ length: LAST_LINES }, () => `${probe++}`);
        for (const line of lines) bus.say(`!probe ${line}`);
        const heardAll = (): boolean => lines.every((line) => bus.texts('c-probe').includes(line));
        return eventually(heardAll, { timeoutMs: PROBE_LIMIT_MS }).catch(() => false);
      };
      await eventually(allArrive, { what: 'lines to reach only routers that run' });
    },
    /** Waits until all earlier lines have been routed: each router processes lines in order, so they have been when later lines arrive. */
    async settled(): Promise<void> {
      const before = bus.texts('c-last').length;
      for (let line = 0; line < LAST_LINES; line++) bus.say('!last');
      await heard('c-last', before + LAST_LINES);
    },
  };
}

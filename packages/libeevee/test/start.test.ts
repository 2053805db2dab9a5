import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChildModule, killChildModules } from './child-module.ts';
import { TestBus } from './test-bus.ts';

let bus: TestBus;
let port: number;
let folder: string;

beforeEach(async () => {
  bus = await TestBus.start();
  port = await freePort();
  folder = mkdtempSync(join(tmpdir(), 'eevee-start-'));
});

afterEach(async () => {
  await killChildModules();
  await bus[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const child = (definition: string, env: Readonly<Record<string, string>> = {}): ChildModule =>
  new ChildModule(
    `import { defineModule, express, setupHttpServer } from './src/index.ts';
    await defineModule({ name: 'child', version: '1.0.0', ${definition} }).start();`,
    { ...bus.env, HTTP_API_PORT: String(port), ...env },
  );

async function health(path: string): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  const body: unknown = await answer.json();
  return [answer.status, Reflect.get(Object(body), 'reason')];
}

describe('a module that starts', () => {
  it('is neither healthy nor ready until it has subscribed to its commands', async () => {
    const module = child(`
      commands: [{ commandUUID: 'c-1', commandDisplayName: 'test', regex: '^test', run: () => {} }],
      onStart: async ({ nats }) => {
        const goOn = Promise.withResolvers();
        await nats.subscribe('go.on', goOn.resolve);
        console.log('starting');
        await goOn.promise;
      }`);
    await module.says('starting');
    expect([await health('/health'), await health('/readyz'), await health('/livez')]).toEqual([
      [503, 'starting'],
      [503, 'starting'],
      [200, undefined],
    ]);
    bus.publish('go.on', {});
    await module.says('"ready"');
    expect([await health('/health'), await health('/readyz')]).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
    expect(await bus.messages('command.register', 1)).toHaveLength(1);
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
  });

  it('fails when onStart exceeds its time limit', async () => {
    const module = child(
      `startTimeoutMs: 100, onStart: ({ signal }) => new Promise(() => signal.addEventListener('abort', () => console.log('aborted')))`,
    );
    expect(await module.exited).toEqual({ code: 1, signal: null });
    expect(module.output).toMatch(/aborted[^]*EEVEE_START_TIMEOUT/);
    expect(bus.on('command.register')).toEqual([]);
  });
});

describe('a module whose configuration file', () => {
  const config = (): ChildModule =>
    child(`config: { city: 'Oslo' }, onStart: ({ config }) => console.log('city: ' + config.city)`, {
      MODULE_CONFIG_PATH: join(folder, 'module.yaml'),
    });

  it.each([
    [
      'is not YAML',
      'city: Bergen\nunits: [C\n',
      /it is not valid YAML: line 3, column 1: a \{ or \[ before this line is not closed; to fix it, add the missing/,
    ],
    ['is not a mapping', '# cities\n- Bergen\n', /its top level is a list at line 2, column 1 \(`- …`\), not a mapping/],
    ['is too large', `city: ${'x'.repeat(1024 * 1024)}`, /it is larger than 1 MiB/],
    ['is a folder', undefined, /EISDIR/],
  ])('%s does not start', async (_what, content, said) => {
    if (content === undefined) mkdirSync(join(folder, 'module.yaml'));
    else writeFileSync(join(folder, 'module.yaml'), content);
    const module = config();
    expect(await module.exited).toEqual({ code: 1, signal: null });
    expect(module.output).toContain('EEVEE_CONFIG_INVALID');
    expect(module.output).toContain(`the configuration file ${join(folder, 'module.yaml')} cannot be used`);
    expect(module.output).toMatch(said);
    expect(module.output).not.toContain('city: Oslo');
  });

  it('is invalid does not start, and names the file', async () => {
    writeFileSync(join(folder, 'module.yaml'), 'city: 5\n');
    const module = config();
    expect(await module.exited).toEqual({ code: 1, signal: null });
    expect(module.output).toContain(
      `the configuration file ${join(folder, 'module.yaml')} is not valid: city: expected a string, found a number`,
    );
  });

  it.each([
    ['is not there', undefined],
    ['holds comments only', '# city: Bergen\n'],
  ])('%s starts with the defaults', async (_what, content) => {
    if (content !== undefined) writeFileSync(join(folder, 'module.yaml'), content);
    const module = config();
    await module.says('"ready"');
    expect(module.output).toContain('city: Oslo');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
  });
});

describe('routes of a module', () => {
  it('respond on the same port as those that every module has', async () => {
    const module = child(`onStart: ({ http }) => {
      http.post('/hooks/:name', express.json(), (request, response) => response.json({ name: request.params.name, body: request.body }));
      http.get('/fails', () => { throw new Error('on purpose'); });
      http.get('/health', (_request, response) => response.json({ hijacked: true }));
    }`);
    await module.says('"ready"');
    const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
    const post = (body: string): Promise<Response> =>
      fetch(url('/hooks/github'), { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    expect(await (await post('{"action":"opened"}')).json()).toEqual({ name: 'github', body: { action: 'opened' } });
    expect((await post('{')).status).toBe(400);
    expect((await fetch(url('/fails'))).status).toBe(500);
    expect((await fetch(url('/none'))).status).toBe(404);
    expect(await health('/health')).toEqual([200, undefined]);
    expect(await (await fetch(url('/metrics'))).text()).toContain(
      'http_requests_total{module="child",method="POST",route="/hooks/:name",status_code="200"} 1',
    );
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
  });
});

describe('65,000 waiting messages in one channel', () => {
  const message = { platform: 'irc', network: 'n', instance: 'main', channel: '#c' };
  const publishAll = async (): Promise<void> => {
    for (let text = 0; text < 65_000; text++) bus.publish('command.execute.c-1', { ...message, text: String(text) });
    await bus.observer.flush();
  };
  const command = (run: string): string => `commands: [{ commandUUID: 'c-1', commandDisplayName: 'count', regex: '^count', run: ${run} }]`;

  it('are handled in order', async () => {
    const module = child(`
      ${command(`async ({ text }) => {
        await globalThis.gate.promise;
        if (text !== String(globalThis.next)) console.log('expected ' + globalThis.next + ', got ' + text);
        if (++globalThis.next === 65_000) console.log('all of them');
      }`)},
      onStart: async ({ nats }) => {
        globalThis.next = 0;
        globalThis.gate = Promise.withResolvers();
        await nats.subscribe('open', globalThis.gate.resolve);
      }`);
    await module.says('"ready"');
    await publishAll();
    bus.publish('open', {});
    await module.says('all of them');
    expect(module.output).not.toContain('expected');
  });

  it('do not keep a module from a clean stop', async () => {
    const module = child(
      `${command(`() => new Promise(() => console.log('hangs'))`)}, onStart: ({ nats }) => nats.subscribe('last', () => console.log('the last'))`,
    );
    await module.says('"ready"');
    await publishAll();
    bus.publish('last', {});
    await module.says('the last');
    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    expect(module.output).toMatch(/"messages":64999,"msg":"messages were not handled/);
  });
});

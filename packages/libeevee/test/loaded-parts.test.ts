import { startNatsServer } from '@eeveebot/testing';
import { afterAll, expect, it } from 'vitest';
import { ChildModule, killChildModules } from './child-module.ts';

afterAll(killChildModules);

it('does not load parts of Node.js that a module does not need, such as those of a Pushgateway', async () => {
  const module = new ChildModule(`
    await import('./src/index.ts');
    const loaded = process.moduleLoadList.filter((name) => /^NativeModule (https|cluster|child_process|v8|sqlite)$/.test(name));
    console.log('loaded: ' + loaded.join());
  `);
  expect((await module.exited).code).toBe(0);
  expect(module.output).toBe('loaded: \n');
});

it('does not load Express for its own routes and unknown paths, but for a route of the module', async () => {
  await using nats = await startNatsServer({ token: 'test' });
  const module = new ChildModule(
    `
    import { once } from 'node:events';
    import { defineModule, setupHttpServer } from './src/index.ts';
    const { express } = await import('./src/index.ts');
    const loaded = () => Object.keys(process.getBuiltinModule('node:module').createRequire(import.meta.url).cache).some((file) => file.includes('/express/'));
    const started = await defineModule({ name: 'quick', version: '1.0.0' }).start();
    const server = setupHttpServer({ port: 0, serviceName: 'quick' });
    await once(server, 'listening');
    const get = async (path) => (await fetch('http://127.0.0.1:' + server.address().port + path)).status;
    console.log('states:', await get('/readyz'), await get('/metrics'), await get('/unknown'), loaded());
    server.app.get('/greeting', (request, response) => response.send('hello'));
    console.log('routes:', await get('/greeting'), await get('/unknown'), await get('/livez'), loaded());
    console.log('express:', typeof express.json, 'json' in express, typeof express(), started.http === started.http);
    process.kill(process.pid, 'SIGTERM');
  `,
    { NATS_HOST: nats.host, NATS_TOKEN: 'test', HTTP_API_PORT: '0', LOG_LEVEL: 'error' },
  );
  expect((await module.exited).code).toBe(0);
  expect(module.output).toMatch('states: 200 200 404 false\nroutes: 200 404 200 true\nexpress: function true function true\n');
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binary, freePort, ServerFolder, ServerProcess } from '@eeveebot/testing';
import { connect } from 'nats';
import { expect, it } from 'vitest';
import { natsConf } from '../src/resources/ipc-config/desired/nats-conf.ts';

const TOPOLOGY = { stateful: false, replicas: 1, jetstream: undefined } as const;

it.each(['$ecret $HOME', String.raw`"quoted" \u0007 {token}; # no comment`, 'pässwörd 🔑', '123', 'line\n', '\u0001\b\f\r\t\u007F'])(
  'a real NATS server accepts only the token %j',
  async (token) => {
    const folder = new ServerFolder('odd-token');
    const [port, management] = [await freePort(), await freePort()];
    const conf = natsConf({ token, topology: TOPOLOGY, tls: false, cluster: undefined })
      .replace('port: 4222', `host: 127.0.0.1\nport: ${port}`)
      .replace('http_port: 8222', `http: "127.0.0.1:${management}"`)
      .replace('"/var/run/nats/nats.pid"', JSON.stringify(join(folder.path, 'nats.pid')));
    writeFileSync(join(folder.path, 'nats.conf'), conf);
    const server = await ServerProcess.start({
      name: 'nats',
      command: binary('nats-server'),
      args: ['--config', join(folder.path, 'nats.conf')],
      folder: folder.path,
      env: { SERVER_NAME: 'nats', HOME: folder.path },
      isReady: async () => (await fetch(`http://127.0.0.1:${management}/healthz`)).ok,
    });
    try {
      const connection = await connect({ servers: `127.0.0.1:${port}`, token, reconnect: false });
      await connection.close();
      await expect(connect({ servers: `127.0.0.1:${port}`, token: `${token}x`, reconnect: false })).rejects.toThrow(/authorization/i);
    } finally {
      await server.stop();
      folder.remove();
    }
  },
);

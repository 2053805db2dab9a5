import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually } from '../src/waiting/eventually.ts';
import { startNatsServer } from '../src/servers/nats-server.ts';

describe('startNatsServer', () => {
  it('responds on its own port, beside another server', async () => {
    await using first = await startNatsServer();
    await using second = await startNatsServer();
    expect(first.port).not.toBe(second.port);
    expect(await greeting(first.host)).toContain('"port":' + String(first.port));
    expect(await greeting(second.host)).toContain('"port":' + String(second.port));
  });

  it('requires a token only if one was given', async () => {
    await using open = await startNatsServer();
    await using guarded = await startNatsServer({ token: 's3cret' });
    expect(await greeting(open.host)).not.toContain('"auth_required":true');
    expect(await greeting(guarded.host)).toContain('"auth_required":true');
  });

  it('comes back on its port after a kill', async () => {
    await using nats = await startNatsServer();
    const { host } = nats;
    await nats.kill();
    await expect(greeting(host)).rejects.toThrow('ECONNREFUSED');
    await nats.start();
    expect(nats.host).toBe(host);
    expect(await greeting(host)).toContain('INFO');
  });

  it("reports the server's own message when it does not start", async () => {
    await using first = await startNatsServer();
    await expect(startNatsServer({ port: first.port })).rejects.toThrow(/nats-server ended at start .*\n.*address already in use/s);
  });

  it('ends with the process that started it, even when that is killed', async () => {
    const script = fileURLToPath(new URL('fixtures/starts-nats-and-waits.ts', import.meta.url));
    const parent = spawn(process.execPath, ['--conditions=@eeveebot/source', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const host = line.toString().trim();
    expect(await greeting(host)).toContain('INFO');
    parent.kill('SIGKILL');
    await eventually(
      () =>
        greeting(host).then(
          () => false,
          () => true,
        ),
      { what: 'the orphaned server to end' },
    );
  });

  it('leaves no files behind', async () => {
    const nats = await startNatsServer();
    const { folder } = nats;
    expect(existsSync(folder)).toBe(true);
    await nats.stop();
    expect(existsSync(folder)).toBe(false);
  });
});

/** Greeting of the server to a new connection. */
async function greeting(host: string): Promise<string> {
  const [address = '', port] = host.split(':');
  const socket = connect(Number(port), address);
  try {
    const [text] = (await once(socket, 'data')) as [Buffer];
    return text.toString();
  } finally {
    socket.destroy();
  }
}

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { lineEncoding } from '../encoding.ts';
import { transportClass } from './transport.ts';

/** A connection to a server that reads nothing. */
class Unread extends Duplex {
  override _read(): void {
    // The server sends nothing.
  }

  override _write(): void {
    // Never finishes.
  }
}

it('ends when the server does not read what the bot sends, instead of keeping all of it', async () => {
  const Transport = transportClass({
    dial: () => Promise.resolve(new Unread() as unknown as Socket),
    encoding: lineEncoding('utf8'),
    onBadLine: () => undefined,
  });
  const transport = new Transport();
  let ended: unknown;
  transport.on('close', (error) => (ended = error));
  const opened = once(transport, 'open');
  transport.connect();
  await opened;
  const pong = `PONG :${'x'.repeat(1_000)}`;
  for (let sent = 0; sent < 8_000; sent++) transport.writeLine(pong);
  await new Promise(setImmediate);
  expect(ended).toBeUndefined();
  for (let sent = 0; sent < 1_000; sent++) transport.writeLine(pong);
  await expect.poll(() => ended).toMatchObject({ message: expect.stringMatching(/has not read the last \d+ bytes/) });
});

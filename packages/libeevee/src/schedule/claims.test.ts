import type { Msg } from 'nats';
import { expect, it } from 'vitest';
import type { NatsClient } from '../nats/client.ts';
import { BusClaims } from './claims.ts';

/** A message of one replica that another one has not received yet. */
interface OnTheWay {
  readonly from: string;
  readonly to: string;
  readonly deliver: () => void;
}

/** Replicas on a bus that delivers their messages in a chosen order: NATS keeps only the order of one sender. */
class Replicas {
  readonly onTheWay: OnTheWay[] = [];
  readonly #handlers = new Map<string, (subject: string, msg: Msg) => unknown>();

  async replica(id: string): Promise<BusClaims> {
    const nats = {
      instanceUUID: id,
      isClosed: () => false,
      subscribe: (_subject: string, handler: (subject: string, msg: Msg) => unknown) => {
        this.#handlers.set(id, handler);
        return Promise.resolve({});
      },
      publish: (subject: string, payload: string) => {
        for (const [to, handler] of this.#handlers) {
          const msg = { json: (): unknown => JSON.parse(payload) } as Msg;
          if (to !== id) this.onTheWay.push({ from: id, to, deliver: () => void handler(subject, msg) });
        }
        return Promise.resolve(true);
      },
    } as unknown as NatsClient;
    const claims = new BusClaims(nats, 'module');
    await claims.start();
    return claims;
  }

  /** Delivers a message, the oldest of the chosen sender to the chosen receiver. */
  deliver(route: string): void {
    const index = this.onTheWay.findIndex(({ from, to }) => `${from}${to}` === route);
    this.onTheWay.splice(index, 1)[0]?.deliver();
  }

  /** Delivers everything else, in the order in which it was sent. */
  settle(): void {
    for (let next = this.onTheWay.shift(); next !== undefined; next = this.onTheWay.shift()) next.deliver();
  }
}

/** All orders of these routes. */
const orders = (routes: readonly string[]): string[][] =>
  routes.length === 0 ? [[]] : routes.flatMap((first) => orders(routes.filter((each) => each !== first)).map((rest) => [first, ...rest]));

/** Verdicts of three replicas that claim at once, and then hear each other in this order. */
async function verdictsOf(order: readonly string[]): Promise<string> {
  const replicas = new Replicas();
  const claims = await Promise.all(['a', 'b', 'c'].map((id) => replicas.replica(id)));
  const verdicts = claims.map((each) => each.claim('tidy/default 1'));
  for (const route of order) replicas.deliver(route);
  replicas.settle();
  return (await Promise.all(verdicts)).join(' ');
}

it('one of three replicas that claim at once wins, in whatever order they hear each other', async () => {
  const all = orders(['ab', 'ac', 'ba', 'bc', 'ca', 'cb']);
  const verdicts = await Promise.all(all.map(async (order) => [order.join(' '), await verdictsOf(order)]));
  expect(verdicts.filter(([, verdict]) => verdict !== 'won lost lost')).toEqual([]);
});

it('a replica that has run it keeps a later one from it, whichever identity is smaller', async () => {
  const replicas = new Replicas();
  const [early, late] = [await replicas.replica('b'), await replicas.replica('a')];
  const first = early.claim('tidy/default 1');
  replicas.settle();
  expect(await first).toBe('won');
  const second = late.claim('tidy/default 1');
  replicas.settle();
  expect(await second).toBe('lost');
});

import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Client } from '../api/client.ts';
import { ApiError, ConnectionError } from '../errors.ts';
import { ServerHistory, SilentWatchError } from './server-history.ts';

/** A server whose newest version is `newest`, and a watch from version 500 after these failures. */
function historyAfter(failures: readonly unknown[], newest: string) {
  const limits: unknown[] = [];
  const list = async (_type: unknown, { limit }: { limit?: number }) => {
    limits.push(limit);
    return { items: [], resourceVersion: newest, continueToken: '' };
  };
  const lines: string[] = [];
  const silent = () => undefined;
  const log = { debug: silent, info: (line: string) => void lines.push(line), warn: silent, error: silent };
  const type = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
  const history = new ServerHistory({ type, client: { list } as unknown as Client, namespace: 'bots', log });
  for (const failure of failures) history.failed(failure);
  const ends: unknown[] = [];
  const check = (signal: AbortSignal) => history.check({ resourceVersion: '500', signal }, (reason) => void ends.push(reason));
  return { limits, lines, ends, check };
}

/** Requests for the newest version, and the error with which the watch is ended. */
async function checkAfter(failures: readonly unknown[], newest: string) {
  const { limits, lines, ends, check } = historyAfter(failures, newest);
  check(new AbortController().signal);
  await setImmediate();
  // A comparison is not repeated.
  check(new AbortController().signal);
  await setImmediate();
  return { limits, reason: ends[0], lines };
}

const unavailable = new ApiError('etcd is unavailable', { code: 503, reason: 'ServiceUnavailable' });
const shuttingDown = new ApiError('the server is shutting down', { code: 429, reason: 'TooManyRequests' });
const broken = new ConnectionError('other side closed');

it.each<readonly [readonly unknown[]]>([[[broken]], [[unavailable]], [[broken, unavailable]], [[shuttingDown]]])(
  'ends a watch from a version that the server no longer has',
  async (failures) => {
    const { limits, reason, lines } = await checkAfter(failures, '324');
    expect(reason).toMatchObject({ code: 410 });
    expect([limits, lines]).toEqual([[1], ['the data of the API server was restored to an older state: relisting pods']]);
  },
);

it.each(['500', '501', '1000'])('keeps a watch after an outage if the newest version is %s', async (newest) => {
  expect(await checkAfter([broken], newest)).toEqual({ limits: [1], reason: undefined, lines: [] });
});

it.each<readonly [string, readonly unknown[]]>([
  ['any failure', []],
  ['a silent watch', [new SilentWatchError('nothing')]],
  ['an expired version', [new ApiError('too old', { code: 410, reason: 'Expired' })]],
  ['missing permissions', [new ApiError('no', { code: 403, reason: 'Forbidden' })]],
])('sends no request after %s', async (_, failures) => {
  expect(await checkAfter(failures, '324')).toEqual({ limits: [], reason: undefined, lines: [] });
});

it('compares again for the next watch if the watch has ended before the response', async () => {
  const { limits, ends, check } = historyAfter([broken], '324');
  const failed = new AbortController();
  check(failed.signal);
  failed.abort(new Error('the watch has ended'));
  await setImmediate();
  expect(ends).toEqual([]);
  check(new AbortController().signal);
  await setImmediate();
  expect(ends).toEqual([expect.objectContaining({ code: 410 })]);
  expect(limits).toEqual([1, 1]);
});

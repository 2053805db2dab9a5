import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '@eeveebot/testing';
import { controllerOf, runUntil } from '../../../test/fixtures/widget-controller.ts';
import { ApiError, ConnectionError } from '../errors.ts';

describe('a failed reconcile', () => {
  it('is logged as an error with its stack and the id of the reconcile when a bug made it fail', async () => {
    const bug = new TypeError('Cannot read properties of undefined');
    const { controller, lines, series } = controllerOf(async (_, { log }) => {
      log.info('reconciling it');
      throw bug;
    });
    await runUntil(controller, () => lines.length === 2);
    const [before, failure] = lines;
    expect(failure).toMatchObject({ level: 'error', fields: { controller: 'widget', resource: 'bots/echo', error: bug } });
    expect(failure?.fields['reconcileID']).toMatch(/^[0-9a-f-]{36}$/);
    expect(before?.fields['reconcileID']).toBe(failure?.fields['reconcileID']);
    expect(await series('controller_runtime_reconcile_panics_total')).toEqual([
      'controller_runtime_reconcile_panics_total{controller="widget"} 1',
    ]);
  });

  it('is logged as an error with a stack when a bug is one of several failures, or fails work in the background', async () => {
    const bug = new RangeError('Invalid array length');
    const wrapped = new Error('BotModule echo', { cause: bug });
    const several = controllerOf(() => Promise.reject(new AggregateError([new ConnectionError('no answer'), wrapped], 'two failed')));
    await runUntil(several.controller, () => several.lines.length > 0);
    expect(several.lines[0]?.level).toBe('error');

    let isStarted = false;
    const behind = controllerOf(async (_, { inBackground }) => {
      if (!isStarted) inBackground(() => Promise.reject(bug));
      isStarted = true;
    });
    await runUntil(behind.controller, () => behind.lines.length > 0);
    expect(behind.lines[0]).toMatchObject({ level: 'error', fields: { error: bug } });
  });

  it('waits longer after each failure of its work in the background, although the reconciles that start it succeed', async () => {
    const { controller, clock, lines } = controllerOf(async (_, { inBackground }) =>
      inBackground(async () => {
        await nextTurn();
        throw new ConnectionError('connection refused');
      }),
    );
    await runUntil(controller, () => {
      clock.advance(60_000);
      return lines.length === 8;
    });
    const delaysMs = lines.map(({ fields }) => Number(fields['delayMs']));
    // 5 ms, doubled with each failure, less up to half of it.
    expect(delaysMs.map((delayMs, index) => delayMs >= Math.floor((5 * 2 ** index) / 2))).toEqual(delaysMs.map(() => true));
  });

  it('is logged as a warning when the cluster made it fail, and counts as no bug', async () => {
    const { controller, lines, series } = controllerOf(() => Promise.reject(new ConnectionError('connection refused')));
    await runUntil(controller, () => lines.length > 0);
    expect(lines[0]).toMatchObject({ level: 'warn', fields: { cause: 'connection refused' } });
    expect(lines[0]?.fields).not.toHaveProperty('error');
    expect(await series('controller_runtime_reconcile_panics_total')).toEqual([
      'controller_runtime_reconcile_panics_total{controller="widget"} 0',
    ]);
  });

  it('counts as terminal when the API server rejects its request', async () => {
    const { controller, lines, series } = controllerOf(() => Promise.reject(new ApiError('no', { code: 422, reason: 'Invalid' })));
    await runUntil(controller, () => lines.length > 0);
    expect(lines[0]?.level).toBe('error');
    expect(await series('controller_runtime_terminal_reconcile_errors_total')).toEqual([
      'controller_runtime_terminal_reconcile_errors_total{controller="widget"} 1',
    ]);
  });
});

describe('a reconcile of which the API server rejected a part', () => {
  it('is repeated after a long delay, or when its result asks for it', async () => {
    const busy = new ApiError('busy', { code: 429, reason: 'TooManyRequests', retryAfterMs: 30_000 });
    for (const outcome of [{ isRejected: true }, { failure: busy }]) {
      const startedMs: number[] = [];
      const { controller, clock } = controllerOf(async (_, context) => {
        startedMs.push(context.clock.elapsedMs());
        return { ...outcome, ...(startedMs.length === 1 ? { requeueAfterMs: 5_000 } : {}) };
      });
      await runUntil(controller, () => {
        clock.advance(1_000);
        return startedMs.length === 3;
      });
      const [first = 0, second = 0, third = 0] = startedMs;
      expect(second - first).toBe(5_000);
      // 30 s, less up to half of it after a rejection: the early repetition did not prolong the delay.
      expect(third - first).toBeGreaterThanOrEqual(15_000);
      expect(third - first).toBeLessThanOrEqual(36_000);
    }
  });
});

describe('metrics of a controller', () => {
  it('exist at zero before the first reconcile', async () => {
    const { series } = controllerOf(() => Promise.resolve(), { widgets: [] });
    for (const name of [
      'controller_runtime_reconcile_errors_total',
      'controller_runtime_terminal_reconcile_errors_total',
      'controller_runtime_reconcile_panics_total',
      'controller_runtime_reconcile_timeouts_total',
      'controller_runtime_reconcile_time_seconds_count',
      'controller_runtime_active_workers',
      'workqueue_depth',
      'workqueue_adds_total',
      'workqueue_retries_total',
      'workqueue_queue_duration_seconds_count',
      'workqueue_work_duration_seconds_count',
      'workqueue_unfinished_work_seconds',
      'workqueue_longest_running_processor_seconds',
    ]) {
      expect([name, (await series(name)).map((line) => line.split(' ').at(-1))]).toEqual([name, ['0']]);
    }
    const results = await series('controller_runtime_reconcile_total');
    expect(results.map((line) => /result="(\w+)"/.exec(line)?.[1])).toEqual(expect.arrayContaining(['success', 'error', 'requeue_after']));
    expect(results.every((line) => line.endsWith(' 0'))).toBe(true);
  });

  it('show for how long unfinished work has been running, and count its timeout', async () => {
    const { controller, clock, series } = controllerOf(
      (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      { timeoutMs: 5_000 },
    );
    const stop = new AbortController();
    const ended = controller.run(stop.signal);
    const valueOf = async (name: string) => Number((await series(name))[0]?.split(' ').at(-1));
    await eventually(async () => (await valueOf('controller_runtime_active_workers')) === 1);
    clock.advance(3_000);
    expect(await valueOf('workqueue_unfinished_work_seconds')).toBe(3);
    expect(await valueOf('workqueue_longest_running_processor_seconds')).toBe(3);
    clock.advance(2_000);
    await eventually(async () => (await valueOf('controller_runtime_reconcile_timeouts_total')) === 1);
    expect(await valueOf('workqueue_unfinished_work_seconds')).toBe(0);
    stop.abort();
    await ended;
  });
});

describe('a resource whose group cannot be determined', () => {
  it('is reconciled, and does not end the worker', async () => {
    let attempts = 0;
    const exclusiveBy = () => {
      throw new TypeError('spec is undefined');
    };
    const { controller, lines, change } = controllerOf(() => Promise.resolve(void (attempts += 1)), { exclusiveBy });
    await runUntil(controller, () => {
      if (attempts > 0) change();
      return attempts > 10;
    });
    expect(lines[0]).toMatchObject({ level: 'error', fields: { resource: 'bots/echo', cause: 'spec is undefined' } });
  });
});

describe('a resource whose namespace is being deleted', () => {
  const ending = new ApiError('because it is being terminated', {
    ...{ code: 403, reason: 'Forbidden' },
    causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }],
  });

  it.each([
    ['the refusal of a creation', ending],
    ['refusals for several targets', new AggregateError([ending, new Error('BotModule echo', { cause: ending })])],
  ])('is left for a while after %s, whatever changes, and reported once', async (_, failure) => {
    let attempts = 0;
    const { controller, clock, lines, series, change } = controllerOf(() => {
      attempts += 1;
      return Promise.reject(failure);
    });
    await runUntil(controller, async () => {
      if (attempts > 0) change();
      return (await series('controller_runtime_reconcile_total')).some((line) => /result="rejected"} [3-9]/.test(line));
    });
    expect(attempts).toBe(1);
    expect(lines.map(({ level }) => level)).toEqual(['info']);
    expect(await series('controller_runtime_reconcile_errors_total')).toEqual([
      'controller_runtime_reconcile_errors_total{controller="widget"} 0',
    ]);
    await runUntil(controller, () => {
      clock.advance(10_000);
      return attempts === 2;
    });
  });

  it('is reconciled at once when it is deleted itself, or created again', async () => {
    let attempts = 0;
    const { controller, change } = controllerOf(() => {
      attempts += 1;
      return Promise.reject(ending);
    });
    await runUntil(controller, () => attempts === 1);
    await runUntil(controller, () => {
      change({ deletionTimestamp: '2026-01-01T00:00:00Z' });
      return attempts > 1;
    });
    const before = attempts;
    await runUntil(controller, () => {
      change({ uid: 'u2' });
      return attempts > before;
    });
  });

  it('is retried as usual while something else fails as well', async () => {
    const { controller, lines } = controllerOf(() => Promise.reject(new AggregateError([ending, new ConnectionError('refused')])));
    await runUntil(controller, () => lines.length > 0);
    expect(lines[0]?.level).toBe('warn');
  });
});

describe('a postponed part of a reconcile', () => {
  it('is done once there is nothing else to do, and earlier if the resource changes', async () => {
    const done: boolean[] = [];
    const { controller, clock, series } = controllerOf(async (_, { mayPostpone }) => {
      done.push(!mayPostpone);
      return { isPostponed: mayPostpone };
    });
    await runUntil(controller, () => {
      if (done.length > 0) clock.advance(250);
      return done.includes(true);
    });
    expect(done).toEqual([false, true]);
    expect(await series('controller_runtime_reconcile_total')).toEqual(
      expect.arrayContaining([
        'controller_runtime_reconcile_total{controller="widget",result="postponed"} 1',
        'controller_runtime_reconcile_total{controller="widget",result="success"} 1',
      ]),
    );
  });

  it('is done by the first attempt that does not fail, however often others fail', async () => {
    const mayPostponeAt: boolean[] = [];
    const { controller, clock, change } = controllerOf(async (_, { mayPostpone }) => {
      mayPostponeAt.push(mayPostpone);
      if (mayPostponeAt.length === 2 || mayPostponeAt.length === 3) throw new ConnectionError('refused');
      return { isPostponed: mayPostpone };
    });
    await runUntil(controller, () => {
      if (mayPostponeAt.length === 1) change();
      else clock.advance(10);
      return mayPostponeAt.length === 4;
    });
    expect(mayPostponeAt).toEqual([true, true, false, false]);
  });
});

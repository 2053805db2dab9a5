import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { Candidate, pass, settle, timeUntil } from '../../../test/fixtures/lease-candidate.ts';
import { LeaseServer } from '../../../test/fixtures/lease-server.ts';
import { ApiError, NotLeaderError } from '../errors.ts';
import { LEASE } from './lease-object.ts';
import type { Lease } from './lease.ts';

async function leaderAndStandby() {
  const [clock, server] = [new FakeClock(), new LeaseServer()];
  const leader = new Candidate('a', server, clock);
  await pass(clock, 100);
  const standby = new Candidate('b', server, clock);
  await pass(clock, 5_000);
  return { clock, server, leader, standby };
}

describe('LeaderElection', () => {
  it('lets one process lead and the other stand by', async () => {
    const { clock, server, leader, standby } = await leaderAndStandby();
    await pass(clock, 120_000);
    expect([leader.isLeading, standby.isLeading]).toEqual([true, false]);
    expect([leader.terms, standby.terms]).toEqual([1, 0]);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'a_1', leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(server.lease?.spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it('renews with one request every 2 seconds', async () => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const leader = new Candidate('a', server, clock);
    await pass(clock, 1_000);
    server.requests = 0;
    await pass(clock, 60_000);
    expect(server.requests).toBe(30);
    expect(leader.isLeading).toBe(true);
  });

  it('hands over within 3 seconds when the leader is stopped', async () => {
    const { clock, server, leader, standby } = await leaderAndStandby();
    leader.stop.abort(new Error('SIGTERM'));
    await settle();
    await leader.ended;
    expect(server.lease?.spec?.holderIdentity).toBe('');
    expect(await timeUntil(clock, () => standby.isLeading)).toBeLessThanOrEqual(3_000);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'b_1', leaseTransitions: 1 });
  });

  it('takes over within 17 seconds when the leader dies, but not before its lease has expired', async () => {
    const { clock, leader, standby } = await leaderAndStandby();
    leader.isReachable = false;
    const ms = await timeUntil(clock, () => standby.isLeading);
    expect(ms).toBeGreaterThanOrEqual(13_000);
    expect(ms).toBeLessThanOrEqual(17_000);
  });

  it('stops leading before another process may start when it cannot reach the API server', async () => {
    const { clock, leader, standby } = await leaderAndStandby();
    leader.isReachable = false;
    const lostAfterMs = await timeUntil(clock, () => !leader.isLeading);
    expect(lostAfterMs).toBeLessThanOrEqual(10_000);
    expect(standby.isLeading).toBe(false);
    expect(leader.lostReason).toBeInstanceOf(NotLeaderError);
    await timeUntil(clock, () => standby.isLeading);
    leader.isReachable = true;
    await pass(clock, 30_000);
    expect([leader.isLeading, standby.isLeading]).toEqual([false, true]);
  });

  it('leads again when the API server comes back in time, without ever having stopped', async () => {
    const { clock, leader } = await leaderAndStandby();
    leader.isReachable = false;
    await pass(clock, 6_000);
    leader.isReachable = true;
    await pass(clock, 60_000);
    expect([leader.isLeading, leader.terms]).toEqual([true, 1]);
  });

  it('knows as soon as a suspended process resumes that its lease has expired', async () => {
    const { clock, leader } = await leaderAndStandby();
    clock.jump(11_000);
    expect(leader.isLeading).toBe(false);
  });

  it('stops in time although the clock was set back, and waits although it was set forward', async () => {
    const { clock, leader, standby } = await leaderAndStandby();
    leader.isReachable = false;
    clock.set(-3_600_000);
    expect(await timeUntil(clock, () => !leader.isLeading)).toBeLessThanOrEqual(10_000);
    clock.set(7_200_000);
    expect(await timeUntil(clock, () => standby.isLeading)).toBeGreaterThanOrEqual(3_000);
  });

  it('writes nothing between a jump of the clock, as after a suspended machine, and its next renewal', async () => {
    const { clock, leader, standby } = await leaderAndStandby();
    clock.set(3_600_000);
    expect(leader.isLeading).toBe(false);
    await pass(clock, 5_000);
    expect([leader.isLeading, standby.isLeading]).toEqual([true, false]);
  });

  it('loses the lease to any process that writes it, and stands by from then on', async () => {
    const { clock, server, leader } = await leaderAndStandby();
    const { lease } = server;
    await server
      .clientOf(() => true)
      .replace({} as never, { ...lease, spec: { ...lease?.spec, holderIdentity: 'stranger', renewTime: 'now' } } as never, {} as never);
    await pass(clock, 2_100);
    expect(leader.isLeading).toBe(false);
    expect(leader.lostReason).toBeInstanceOf(NotLeaderError);
  });

  it('reports a failure while standing by again when it returns after a success', async () => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const first = new Candidate('a', server, clock);
    await pass(clock, 1_000);
    const second = new Candidate('b', server, clock);
    await pass(clock, 5_000);
    for (const isReachable of [false, true, false]) {
      second.isReachable = isReachable;
      await pass(clock, 10_000);
    }
    expect(second.lines.filter((line) => line.includes('cannot take part in leader election'))).toHaveLength(2);
    expect(first.isLeading).toBe(true);
  });

  it('creates the Lease again when it is deleted', async () => {
    const { clock, server, leader } = await leaderAndStandby();
    server.lease = undefined;
    await pass(clock, 30_000);
    expect(server.lease).toBeDefined();
    expect(leader.isLeading).toBe(true);
  });

  it.each([{}, { onDemand: true }])('never lets two processes lead when the Lease is deleted, at whatever moment: %j', async (options) => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const leader = new Candidate('a', server, clock, options);
    await pass(clock, 100);
    const standby = new Candidate('b', server, clock, options);
    await pass(clock, 5_000);
    for (let deletions = 0; deletions < 40; deletions++) {
      server.remove();
      for (let step = 0; step < 21; step++) {
        expect([leader.isLeading, standby.isLeading]).toEqual([true, false]);
        await pass(clock, 100);
      }
    }
    expect([server.lease?.spec?.holderIdentity, leader.terms, standby.terms]).toEqual(['a_1', 1, 0]);
  });

  it('takes over a deleted Lease of a dead leader once it would have expired', async () => {
    const { clock, server, leader, standby } = await leaderAndStandby();
    leader.isReachable = false;
    server.remove();
    const ms = await timeUntil(clock, () => standby.isLeading);
    expect(ms).toBeGreaterThanOrEqual(13_000);
    expect(ms).toBeLessThanOrEqual(17_000);
  });

  it('leads immediately after the previous leader released the lease', async () => {
    const { clock, leader, server, standby } = await leaderAndStandby();
    standby.stop.abort();
    leader.stop.abort();
    await leader.ended;
    const next = new Candidate('c', server, clock);
    await settle();
    expect(next.isLeading).toBe(true);
  });

  it('does not touch the lease of another leader when it is stopped while standing by', async () => {
    const { clock, server, leader, standby } = await leaderAndStandby();
    standby.stop.abort();
    await standby.ended;
    await pass(clock, 5_000);
    expect(server.lease?.spec?.holderIdentity).toBe('a_1');
    expect(leader.isLeading).toBe(true);
  });
});

describe('LeaderElection on demand', () => {
  const twoOnDemand = async () => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const first = new Candidate('a', server, clock, { onDemand: true });
    await pass(clock, 100);
    return { clock, server, first, second: () => new Candidate('b', server, clock, { onDemand: true }) };
  };

  it('sends nothing while no other process wants the lease', async () => {
    const { clock, server, first } = await twoOnDemand();
    const { requests } = server;
    await pass(clock, 3_600_000 / 60);
    expect([first.isLeading, server.requests]).toEqual([true, requests]);
  });

  it('renews the lease from the moment another process asks for it, and then has a rival', async () => {
    const { clock, first, second } = await twoOnDemand();
    await pass(clock, 60_000);
    const other = second();
    await pass(clock, 60_000);
    expect([first.isLeading, other.isLeading]).toEqual([true, false]);
    expect(other.election.rival?.text).toContain('another operator (a_1) works in namespace');
    first.stop.abort(new Error('SIGTERM'));
    await timeUntil(clock, () => other.isLeading);
    expect(other.election.rival).toBeUndefined();
  });

  it('passes to another process within 6 seconds when its holder is killed', async () => {
    const { clock, first, second } = await twoOnDemand();
    first.isReachable = false;
    const other = second();
    const ms = await timeUntil(clock, () => other.isLeading);
    expect(ms).toBeGreaterThanOrEqual(5_000);
    expect(ms).toBeLessThanOrEqual(6_000);
  });

  it('passes to one of several waiting processes within 6 seconds when its holder is killed', async () => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const first = new Candidate('a', server, clock, { onDemand: true });
    await pass(clock, 10_000);
    const others = ['b', 'c'].map((name) => new Candidate(name, server, clock, { onDemand: true }));
    await pass(clock, 10_000);
    first.isReachable = false;
    expect(await timeUntil(clock, () => others.some(({ isLeading }) => isLeading))).toBeLessThanOrEqual(6_000);
    await pass(clock, 10_000);
    expect(others.filter(({ isLeading }) => isLeading)).toHaveLength(1);
  });

  it('is lost immediately to an operator that takes it without asking, as former releases do', async () => {
    const { clock, server, first } = await twoOnDemand();
    const lease = server.lease as Lease;
    const taken = { ...lease, spec: { holderIdentity: 'former', leaseDurationSeconds: 15 } };
    await server.clientOf(() => true).replace(LEASE, taken, { signal: new AbortController().signal });
    await pass(clock, 100);
    expect(first.isLeading).toBe(false);
    expect(server.lease?.spec?.holderIdentity).toBe('former');
  });
});

describe('the lease of a namespace that has none', () => {
  const forbidden = (causes?: ApiError['causes']) => new ApiError('no', { code: 403, reason: 'Forbidden', causes });
  const ending = forbidden([{ reason: 'NamespaceTerminating' }]);
  const absent = new ApiError('namespaces "bots" not found', { code: 404, reason: 'NotFound' });

  it.each([
    ['is being deleted', ending, { isDispensable: true }],
    ['does not exist', absent, { isDispensable: true }],
    ['is being deleted, on demand', ending, { onDemand: true }],
    ['does not exist, on demand', absent, { onDemand: true }],
    ['grants no permissions, and another lease excludes replicas', forbidden(), { isDispensable: true }],
  ])('counts as held while the namespace %s, from the start and during a term', async (_, obstacle, options) => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const running = new Candidate('a', server, clock, options);
    await pass(clock, 1_000);
    server.remove(obstacle);
    await pass(clock, 60_000);
    const started = new Candidate('b', server, clock, options);
    const replica = new Candidate('c', server, clock);
    await pass(clock, 30_000);
    expect([running, started].map(({ isLeading, terms }) => [isLeading, terms])).toEqual([
      [true, 1],
      [true, 1],
    ]);
    expect(replica.isLeading, 'a process whose replicas only this lease excludes').toBe(false);
  });

  it.each([{ isDispensable: true }, { onDemand: true }])('is taken by one process when the namespace exists again: %j', async (options) => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    server.obstacle = ending;
    const candidates = [new Candidate('a', server, clock, options), new Candidate('b', server, clock, options)];
    await pass(clock, 1_000);
    expect(candidates.map(({ isLeading }) => isLeading)).toEqual([true, true]);
    server.obstacle = undefined;
    await pass(clock, 30_000);
    expect(candidates.filter(({ isLeading }) => isLeading)).toHaveLength(1);
    expect(server.lease?.spec?.holderIdentity).toBe(candidates.find(({ isLeading }) => isLeading)?.election.identity);
  });
});

import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { Candidate, pass, timeUntil } from '../../../test/fixtures/lease-candidate.ts';
import { LeaseServer } from '../../../test/fixtures/lease-server.ts';
import { ApiError } from '../errors.ts';

const about = ({ lines }: Candidate, text: string): readonly string[] => lines.filter((line) => line.includes(text));

describe('a process that loses its permission for the lease', () => {
  it.each([
    ['with leader election', {}, false],
    ['on demand', { onDemand: true }, false],
    ['on demand, for its watch too', { onDemand: true }, true],
  ])('stops before another one may lead, says why, and leads again once it has it: %s', async (_, options, isBlind) => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const first = new Candidate('a', server, clock, options);
    await pass(clock, 60_000);
    expect([first.isLeading, first.election.obstacle]).toEqual([true, undefined]);
    first.isPermitted = false;
    first.isBlind = isBlind;
    const second = new Candidate('b', server, clock, options);
    await timeUntil(clock, () => {
      expect(second.isLeading && first.isLeading, 'both lead').toBe(false);
      return second.isLeading;
    });
    await pass(clock, 60_000);
    expect([first.isLeading, second.isLeading]).toEqual([false, true]);
    expect(first.election.obstacle).toContain('cannot take Lease bots/leader, so this operator does no work: cannot use leases');
    expect(about(first, 'cannot take Lease')).toHaveLength(1);

    second.stop.abort(new Error('SIGTERM'));
    await pass(clock, 30_000);
    expect(first.isLeading, 'without permission').toBe(false);
    first.isPermitted = true;
    first.isBlind = false;
    expect(await timeUntil(clock, () => first.isLeading)).toBeLessThanOrEqual(6_000);
    expect(first.election.obstacle).toBeUndefined();
    expect(about(first, 'is permitted again')).toEqual(['info use of Lease bots/leader is permitted again']);
  });

  it.each([{ isDispensable: true }, { isDispensable: true, onDemand: true }])(
    'stops work in that namespace only, if it has others: %j',
    async (options) => {
      const [clock, server] = [new FakeClock(), new LeaseServer()];
      const first = new Candidate('a', server, clock, options);
      await pass(clock, 60_000);
      first.isPermitted = false;
      const second = new Candidate('b', server, clock);
      await timeUntil(clock, () => {
        expect(second.isLeading && first.election.obstacle === undefined, 'both work in the namespace').toBe(false);
        return second.isLeading;
      });
      expect([first.isLeading, first.terms]).toEqual([true, 1]);
      expect(first.election.obstacle).toContain('so this operator does no work in namespace bots: cannot use leases');
      expect(about(first, 'cannot')).toEqual([`warn ${first.election.obstacle}`]);
      expect(about(first, 'working without')).toEqual([]);
      second.stop.abort(new Error('SIGTERM'));
      first.isPermitted = true;
      await timeUntil(clock, () => first.election.obstacle === undefined);
      expect([first.isLeading, first.terms, server.lease?.spec?.holderIdentity]).toEqual([true, 1, first.election.identity]);
      expect(about(first, 'is permitted again')).toHaveLength(1);
      first.isPermitted = false;
      first.isBlind = true;
      await timeUntil(clock, () => first.election.obstacle !== undefined);
      expect(about(first, 'cannot take Lease')).toHaveLength(2);
    },
  );

  it.each([{ onDemand: true }, { isDispensable: true }, { isDispensable: true, onDemand: true }])(
    'only to ask for it never leads while another process holds it, says why once, and leads after it: %j',
    async (options) => {
      const [clock, server] = [new FakeClock(), new LeaseServer()];
      const first = new Candidate('a', server, clock, { onDemand: true });
      await pass(clock, 10_000);
      const second = new Candidate('b', server, clock, options);
      second.mayUpdate = false;
      for (let passed = 0; passed < 30_000; passed += 100) {
        await pass(clock, 100);
        expect([first.isLeading, second.isLeading]).toEqual([true, false]);
      }
      expect(second.election.obstacle).toContain('cannot take Lease bots/leader, so this operator does no work');
      expect(about(second, 'cannot')).toEqual([`warn ${second.election.obstacle}`]);

      // It cannot know whether the other one works on.
      second.isPermitted = false;
      await pass(clock, 30_000);
      expect(second.isLeading).toBe(false);
      second.isPermitted = true;
      first.stop.abort(new Error('SIGTERM'));
      second.mayUpdate = true;
      await timeUntil(clock, () => second.isLeading);
      expect([second.election.obstacle, about(second, 'is permitted again').length]).toEqual([undefined, 1]);
    },
  );

  it('after its holder ended without a release works without it', async () => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const first = new Candidate('a', server, clock);
    await pass(clock, 10_000);
    first.isReachable = false;
    const second = new Candidate('b', server, clock, { onDemand: true });
    second.mayUpdate = false;
    await timeUntil(clock, () => {
      expect(first.isLeading && second.isLeading, 'both lead').toBe(false);
      return second.isLeading;
    });
    expect([second.election.rival, second.election.obstacle]).toEqual([undefined, undefined]);
  });

  it('is not taken from a holder that could not be asked to renew it', async () => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const first = new Candidate('a', server, clock, { onDemand: true });
    await pass(clock, 10_000);
    const second = new Candidate('b', server, clock, { onDemand: true });
    second.mayUpdate = false;
    await pass(clock, 30_000);
    second.mayUpdate = true;
    await pass(clock, 30_000);
    expect([first.isLeading, first.terms, second.isLeading]).toEqual([true, 1, false]);
  });

  it('has no obstacle any more once the namespace is deleted', async () => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const first = new Candidate('a', server, clock, { isDispensable: true });
    await pass(clock, 1_000);
    first.isPermitted = false;
    await timeUntil(clock, () => first.election.obstacle !== undefined);
    server.remove(new ApiError('namespaces "bots" not found', { code: 404, reason: 'NotFound' }));
    first.isPermitted = true;
    await timeUntil(clock, () => first.election.obstacle === undefined);
    expect([first.isLeading, first.terms]).toEqual([true, 1]);
  });

  it('that never had it works without the lease on demand, and takes it once it may', async () => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const first = new Candidate('a', server, clock, { onDemand: true });
    first.isPermitted = false;
    await pass(clock, 60_000);
    expect([first.isLeading, first.election.obstacle]).toEqual([true, undefined]);
    first.isPermitted = true;
    await timeUntil(clock, () => server.lease?.spec?.holderIdentity === first.election.identity);
    expect([first.isLeading, first.terms]).toEqual([true, 1]);
  });

  it('only to watch it, for a while, renews it during that time only', async () => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const first = new Candidate('a', server, clock, { onDemand: true });
    await pass(clock, 60_000);
    const before = server.requests;
    first.isBlind = true;
    await pass(clock, 10_000);
    expect(server.requests).toBeGreaterThan(before + 10);
    first.isBlind = false;
    await pass(clock, 1_000);
    const since = server.requests;
    await pass(clock, 60_000);
    expect([server.requests, first.isLeading, first.terms]).toEqual([since, true, 1]);
    const second = new Candidate('b', server, clock, { onDemand: true });
    await pass(clock, 60_000);
    expect([first.isLeading, second.isLeading]).toEqual([true, false]);
  });
});

import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { Candidate, pass, timeUntil } from '../../../test/fixtures/lease-candidate.ts';
import { LeaseServer } from '../../../test/fixtures/lease-server.ts';
import { Leadership } from './leadership.ts';

describe('Leadership', () => {
  it.each([
    ['one of several Leases: in its namespace only', true],
    ['the only Lease: in all namespaces', false],
  ])('without permissions for %s', async (_, isDispensable) => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const candidate = new Candidate('a', server, clock, { isDispensable });
    const leadership = new Leadership([candidate.election]);
    const state = () => [leadership.isLeading, leadership.rivalIn('bots'), leadership.rivalIn('others'), leadership.obstacles.length];
    await pass(clock, 1_000);
    expect(state()).toEqual([true, undefined, undefined, 0]);

    candidate.isPermitted = false;
    await timeUntil(clock, () => candidate.election.obstacle !== undefined);
    const text = expect.stringContaining('cannot take Lease bots/leader, so this operator does no work');
    expect(state()).toEqual(isDispensable ? [true, text, undefined, 1] : [false, text, text, 1]);
    expect(leadership.obstacle).toEqual(isDispensable ? undefined : text);

    candidate.isPermitted = true;
    await timeUntil(clock, () => candidate.election.obstacle === undefined);
    expect(state()).toEqual([true, undefined, undefined, 0]);
  });

  it('names a second operator that holds the Lease, in each namespace', async () => {
    const [clock, server] = [new FakeClock(), new LeaseServer()];
    const first = new Candidate('a', server, clock, { onDemand: true });
    await pass(clock, 1_000);
    const second = new Leadership([new Candidate('b', server, clock, { onDemand: true }).election]);
    await pass(clock, 1_000);
    const text = expect.stringContaining(`another operator (${first.election.identity}) works in namespace bots`);
    expect([second.rivalIn('bots'), second.rivalIn('others'), second.obstacle]).toEqual([text, text, undefined]);
    expect(new Leadership([first.election]).rivalIn('bots')).toBeUndefined();
  });
});

import { ANNOTATION } from '@eeveebot/contract';
import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { ForeignLeases } from './foreign-leases.ts';
import type { Lease } from './lease-object.ts';

const LOG = { debug() {}, info() {}, warn() {}, error() {} };

/** View of an operator of all namespaces on the Lease in namespace `bots`. */
function foreignLeases() {
  const clock = new FakeClock();
  let report: (lease: Lease, isThere: boolean) => void = () => undefined;
  const watch = {
    get: () => undefined,
    onChange: (listener: typeof report) => {
      report = listener;
      return () => undefined;
    },
  };
  const leases = new ForeignLeases({ watch, own: { namespace: 'operators', name: 'leader' }, clock, log: LOG });
  return { clock, report, rival: () => leases.rivalIn('bots') };
}

const leaseOf = (holderIdentity: string, leaseDurationSeconds: number, annotations: Record<string, string> = {}): Lease => ({
  ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
  metadata: { namespace: 'bots', name: 'leader', annotations },
  spec: { holderIdentity, leaseDurationSeconds, renewTime: '2026-01-01T00:00:00.000000Z' },
});
const onDemand = leaseOf('theirs', 5, { [ANNOTATION.renewedOnDemand]: 'true' });

it('a Lease that is deleted counts until it would have expired, since its holder may create it again', () => {
  const { clock, report, rival } = foreignLeases();
  report(onDemand, true);
  clock.advance(3_600_000);
  report(onDemand, false);
  clock.advance(4_900);
  expect(rival()).toContain('another operator (theirs) works in namespace bots');
  clock.advance(200);
  expect(rival()).toBeUndefined();
});

it('a Lease that its holder creates again after a deletion counts on', () => {
  const { clock, report, rival } = foreignLeases();
  report(onDemand, true);
  report(onDemand, false);
  clock.advance(1_000);
  report({ ...onDemand }, true);
  clock.advance(3_600_000);
  expect(rival()).toContain('another operator (theirs)');
});

it('a Lease that was released, or that is not renewed, counts no longer', () => {
  const { clock, report, rival } = foreignLeases();
  report(leaseOf('theirs', 15), true);
  clock.advance(14_000);
  expect(rival()).toContain('another operator (theirs)');
  clock.advance(2_000);
  expect(rival()).toBeUndefined();
  report(onDemand, true);
  report(leaseOf('', 1), true);
  expect(rival()).toBeUndefined();
});

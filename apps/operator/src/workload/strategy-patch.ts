import type { Deployment } from '../kubernetes.ts';
import type { Desired } from '../controller/types.ts';

/**
 * A merge patch to send before `desired` is applied over `existing`; `undefined` when none is needed. The server
 * fills in `rollingUpdate` by itself, refuses it beside Recreate, and an apply cannot empty what it does not own.
 */
export function strategyPatch(existing: Deployment | undefined, desired: Desired<Deployment>): object | undefined {
  const leftover = existing?.spec?.strategy?.rollingUpdate !== undefined && desired.spec?.strategy?.type === 'Recreate';
  return leftover ? { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } } : undefined;
}

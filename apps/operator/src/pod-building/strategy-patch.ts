import { equalJson } from '../controller/json.ts';
import type { Desired } from '../controller/objects/desired.ts';
import type { Deployment } from '../resource-types/kubernetes.ts';

/**
 * A merge patch to send before `desired` is applied over `existing`; `undefined` if none is needed. The server
 * sets `rollingUpdate` by default, rejects it together with Recreate, and an apply cannot clear a field that it does not own. A
 * Deployment with another selector belongs to a user: it cannot be applied, and is left unchanged.
 */
export function strategyPatch(existing: Deployment | undefined, desired: Desired<Deployment>): object | undefined {
  if (existing === undefined || !equalJson(selectedLabels(existing), selectedLabels(desired))) return undefined;
  const hasLeftover = existing.spec?.strategy?.rollingUpdate !== undefined && desired.spec?.strategy?.type === 'Recreate';
  return hasLeftover ? { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } } : undefined;
}

const selectedLabels = ({ spec }: Pick<Desired<Deployment>, 'spec'>): object => spec?.selector.matchLabels ?? {};

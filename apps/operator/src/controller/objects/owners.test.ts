import { describe, expect, it } from 'vitest';
import type { OwnerReference } from './kube-object.ts';
import { isLeftover, isOfKind, otherController } from './owners.ts';

const owner = (kind: string, name: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'eevee.bot/v1',
  kind,
  name,
  uid: `uid-${kind}-${name}`,
  controller: true,
  ...more,
});
const object = (...ownerReferences: readonly OwnerReference[]) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'daily-db-main-backup', namespace: 'bots', ownerReferences },
});

describe('the other controller of an object', () => {
  const desired = object(owner('BackupSchedule', 'daily'));

  it('is a resource of another name or kind, or a deleted one of the same name', () => {
    expect(otherController(object(owner('BackupSchedule', 'daily-db')), desired)?.name).toBe('daily-db');
    expect(otherController(object(owner('Helm', 'daily')), desired)?.kind).toBe('Helm');
    expect(otherController(object(owner('BackupSchedule', 'daily', { apiVersion: 'example.com/v1', uid: 'x' })), desired)).toBeDefined();
    expect(otherController(object(owner('BackupSchedule', 'daily', { uid: 'uid-of-the-former' })), desired)?.uid).toBe('uid-of-the-former');
  });

  it('is not the resource itself, in any version', () => {
    expect(otherController(object(owner('BackupSchedule', 'daily')), desired)).toBeUndefined();
    expect(otherController(object(owner('BackupSchedule', 'daily', { apiVersion: 'eevee.bot/v2' })), desired)).toBeUndefined();
  });

  it('is absent if no owner controls the object, or if it is not made for a resource', () => {
    expect(otherController(object(), desired)).toBeUndefined();
    expect(otherController(object(owner('BackupSchedule', 'daily-db', { controller: false })), desired)).toBeUndefined();
    expect(otherController(object(owner('BackupSchedule', 'daily-db')), object())).toBeUndefined();
  });
});

describe('an object of a deleted resource', () => {
  const resource = { apiVersion: 'eevee.bot/v1', kind: 'BackupSchedule', metadata: { name: 'daily', uid: 'present' } };

  it('is controlled by a resource of the same type and name that no longer exists', () => {
    expect(isLeftover(object(owner('BackupSchedule', 'daily', { uid: 'former' })), resource)).toBe(true);
    expect(isLeftover(object(owner('BackupSchedule', 'daily', { uid: 'former', apiVersion: 'eevee.bot/v2' })), resource)).toBe(true);
  });

  it('is not controlled by the resource itself, by one of another name, or by a kind of the same name in another group', () => {
    expect(isLeftover(object(owner('BackupSchedule', 'daily', { uid: 'present' })), resource)).toBe(false);
    expect(isLeftover(object(owner('BackupSchedule', 'weekly')), resource)).toBe(false);
    expect(isLeftover(object(owner('BackupSchedule', 'daily', { apiVersion: 'example.com/v1' })), resource)).toBe(false);
    expect(isLeftover(object(), resource)).toBe(false);
  });
});

it('compares kinds of the core group as such', () => {
  expect(isOfKind({ apiVersion: 'v1', kind: 'Pod' }, { apiVersion: 'v1', kind: 'Pod' })).toBe(true);
  expect(isOfKind({ apiVersion: 'v1', kind: 'Pod' }, { apiVersion: 'v1/v1', kind: 'Pod' })).toBe(false);
});

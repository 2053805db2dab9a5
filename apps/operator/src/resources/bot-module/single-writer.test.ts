import type { BotModuleSpec } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { observedModule, volumeClaim } from '../../../test/fixtures/bot-modules.ts';
import type { PersistentVolumeClaim } from '../../resource-types/kubernetes.ts';
import { mayHaveSingleWriter } from './single-writer.ts';

type AccessModes = NonNullable<BotModuleSpec['persistentVolumeClaim']>['accessModes'];

const claim = (accessModes: AccessModes): PersistentVolumeClaim => ({ ...volumeClaim(), spec: { accessModes: [...accessModes] } });

const withOwn = (accessModes: AccessModes, existing?: PersistentVolumeClaim) =>
  mayHaveSingleWriter(observedModule({ persistentVolumeClaim: { accessModes } }, { volumeClaim: existing }));

const mount = { name: 'shared', mountPath: '/shared' };
const volume = { name: 'shared', persistentVolumeClaim: { claimName: 'theirs' } };
const withTheirs = (spec: Partial<BotModuleSpec>, existing?: PersistentVolumeClaim) =>
  mayHaveSingleWriter(
    observedModule({ volumes: [volume], ...spec }, { mountedClaims: new Map(existing === undefined ? [] : [['theirs', existing]]) }),
  );

describe('A volume of a module', () => {
  it.each<[AccessModes, boolean]>([
    [['ReadWriteOnce'], true],
    [['ReadWriteOncePod'], true],
    [['ReadWriteOnce', 'ReadOnlyMany'], true],
    [['ReadWriteOnce', 'ReadWriteMany'], false],
    [['ReadWriteMany'], false],
    [['ReadOnlyMany'], false],
  ])('with access modes %j may have a single writer: %s', (modes, expected) => {
    expect(withOwn(modes)).toBe(expected);
    expect(withTheirs({ volumeMounts: [mount] }, claim(modes))).toBe(expected);
  });

  it('has the access modes of the existing claim, not those of a spec that was changed afterwards', () => {
    expect(withOwn(['ReadWriteMany'], claim(['ReadWriteOnce']))).toBe(true);
    expect(withOwn(['ReadWriteOnce'], claim(['ReadWriteMany']))).toBe(false);
  });

  it('may have a single writer while its claim does not exist', () => {
    expect(withTheirs({ volumeMounts: [mount] })).toBe(true);
  });

  it.each<[string, Partial<BotModuleSpec>, boolean]>([
    ['the module', { volumeMounts: [mount] }, true],
    ['an init container', { initContainers: [{ name: 'init', image: 'i', volumeMounts: [mount] }] }, true],
    ['a sidecar', { sidecars: [{ name: 'side', image: 'i', volumeMounts: [mount] }] }, true],
    [
      'a sidecar, as a block device',
      { sidecars: [{ name: 'side', image: 'i', volumeDevices: [{ name: 'shared', devicePath: '/dev/x' }] }] },
      true,
    ],
    ['the module for reading', { volumeMounts: [{ ...mount, readOnly: true }] }, false],
    [
      'the module, from a read-only claim',
      { volumes: [{ name: 'shared', persistentVolumeClaim: { claimName: 'theirs', readOnly: true } }], volumeMounts: [mount] },
      false,
    ],
    ['no container', {}, false],
  ])('mounted by %s may have a single writer: %3$s', (_, spec, expected) => {
    expect(withTheirs(spec, claim(['ReadWriteOnce']))).toBe(expected);
  });

  it('that only one pod may use is not shared by readers either', () => {
    expect(withTheirs({ volumeMounts: [{ ...mount, readOnly: true }] }, claim(['ReadWriteOncePod']))).toBe(true);
  });

  it.each<[string, NonNullable<BotModuleSpec['volumes']>[number], boolean]>([
    ['a disk', { name: 'shared', iscsi: { iqn: 'q', lun: 0, targetPortal: 'p' } }, true],
    ['a read-only disk', { name: 'shared', iscsi: { iqn: 'q', lun: 0, targetPortal: 'p', readOnly: true } }, false],
    ['a file system of many nodes', { name: 'shared', nfs: { server: 's', path: '/' } }, false],
    ['storage of each pod', { name: 'shared', emptyDir: {} }, false],
  ])('that is %s, without a claim, may have a single writer: %3$s', (_, source, expected) => {
    expect(withTheirs({ volumes: [source], volumeMounts: [mount] })).toBe(expected);
  });
});

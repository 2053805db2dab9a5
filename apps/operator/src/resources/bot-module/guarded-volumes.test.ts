import { describe, expect, it } from 'vitest';
import { observedModule, volumeClaim } from '../../../test/fixtures/bot-modules.ts';
import type { Deployment, PodSpec } from '../../resource-types/kubernetes.ts';
import { deployedVolumes, guardedVolumes, isNone, NO_VOLUMES, without } from './guarded-volumes.ts';

const OWN = 'eevee-echo-module-pvc';
const claimed = (name: string, claimName: string) => ({ name, persistentVolumeClaim: { claimName } });
const mounting = (...names: string[]) => ({ name: 'module', volumeMounts: names.map((name) => ({ name, mountPath: `/${name}` })) });
const deploymentWith = (spec: PodSpec): Deployment => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'eevee-echo-module' } },
  spec: { selector: {}, template: { spec } },
});
const shared = { ...volumeClaim(), spec: { accessModes: ['ReadWriteMany'] } };

describe('volumes that other pods must not use', () => {
  it('include the own one of a module, for restores, even if several pods may write to it', () => {
    const observed = observedModule({ persistentVolumeClaim: { accessModes: ['ReadWriteMany'] } }, { volumeClaim: shared });
    expect(guardedVolumes(observed)).toEqual({ claims: [], hasDisk: false, hasOwn: true });
    expect(isNone(guardedVolumes(observedModule({})))).toBe(true);
  });

  it('are found in the pods of a former spec', () => {
    const volumes = [claimed('module-data', OWN), claimed('files', 'files'), claimed('unmounted', 'unmounted')];
    const deployment = deploymentWith({ containers: [mounting('module-data', 'files')], volumes });
    expect(deployedVolumes(deployment, observedModule({}))).toEqual({ claims: [OWN, 'files'], hasDisk: false, hasOwn: true });
    expect(deployedVolumes(deployment, observedModule({}, { volumeClaim: shared })).claims).toEqual(['files']);
    const disk = { name: 'files', iscsi: { iqn: 'q', lun: 0, targetPortal: 'p' } };
    const initialized = deploymentWith({ containers: [], initContainers: [mounting('files')], volumes: [disk] });
    expect(deployedVolumes(initialized, observedModule({}))).toEqual({ claims: [], hasDisk: true, hasOwn: false });
  });

  it('are new if the pods of the Deployment do not use them yet', () => {
    const wanted = { claims: [OWN, 'files'], hasDisk: true, hasOwn: true };
    expect(without(wanted, { claims: [OWN], hasDisk: false, hasOwn: true })).toEqual({ claims: ['files'], hasDisk: true, hasOwn: false });
    expect(without(wanted, NO_VOLUMES)).toEqual(wanted);
    expect(isNone(without(wanted, wanted))).toBe(true);
  });
});

import { moduleVolumeClaimName } from '@eeveebot/contract';
import type { BotModuleSpec } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { botModule } from '../../../test/fixtures/bot-modules.ts';
import { specProblems } from './spec.ts';

const problemsOf = (spec: Partial<BotModuleSpec>) => specProblems(botModule(spec), { config: undefined, nats: undefined });
const claim = { accessModes: ['ReadWriteOnce'] as const };
const sidecar = { name: 'proxy', image: 'team/proxy:1' };

describe('reserved names in the pods of a module', () => {
  it.each<[string, Partial<BotModuleSpec>, string]>([
    ['a volume with the name of that of the data', { volumes: [{ name: 'module-data', emptyDir: {} }] }, 'spec.volumes[module-data]'],
    ['a volume with the name of that of moduleConfig', { volumes: [{ name: 'module-config' }] }, 'spec.volumes[module-config]'],
    ['a volume with the name of that of certificates', { volumes: [{ name: 'nats-ca' }] }, 'spec.volumes[nats-ca]'],
    [
      'the claim of the module under another name',
      { volumes: [{ name: 'again', persistentVolumeClaim: { claimName: 'eevee-echo-module-pvc' } }] },
      'spec.volumes[again] names the volume claim of this module',
    ],
    [
      'the claim of a NATS server',
      { volumes: [{ name: 'messages', persistentVolumeClaim: { claimName: 'jetstream-eevee-main-nats-0' } }] },
      'spec.volumes[messages] names jetstream-eevee-main-nats-0, the volume claim of a NATS server',
    ],
    [
      'the claim of another module',
      { volumes: [{ name: 'theirs', persistentVolumeClaim: { claimName: 'eevee-seen-module-pvc' } }] },
      'spec.volumes[theirs] names eevee-seen-module-pvc',
    ],
    [
      'a mount over the data',
      { persistentVolumeClaim: claim, volumeMounts: [{ name: 'cache', mountPath: '/data/' }] },
      'spec.volumeMounts mounts cache at /data/, where the operator mounts spec.persistentVolumeClaim',
    ],
    [
      'a mount over moduleConfig',
      { moduleConfig: 'a: 1', volumeMounts: [{ name: 'cache', mountPath: '/etc/module-config' }] },
      'where the operator mounts spec.moduleConfig',
    ],
    [
      'the claim of another module with a long name',
      { volumes: [{ name: 'theirs', persistentVolumeClaim: { claimName: moduleVolumeClaimName('a'.repeat(253)) } }] },
      'the volume claim of another module',
    ],
    [
      'the data at the root directory',
      { persistentVolumeClaim: claim, volumeMountPath: '/srv/..' },
      'spec.volumeMountPath /srv/.. is the root',
    ],
    ['a sidecar named as the module', { sidecars: [{ ...sidecar, name: 'module' }] }, 'spec.sidecars[module]'],
    ['an init container named as the module', { initContainers: [{ ...sidecar, name: 'module' }] }, 'spec.initContainers[module]'],
    ['two containers of one name', { initContainers: [sidecar], sidecars: [sidecar] }, 'spec.sidecars[proxy] has the name of an init'],
    [
      'a sidecar with the name of the port',
      { sidecars: [{ ...sidecar, ports: [{ name: 'metrics', containerPort: 1, protocol: 'TCP' }] }] },
      'spec.sidecars[proxy] has port metrics 1',
    ],
    [
      'a sidecar with the number of the port',
      { metricsPort: 8080, sidecars: [{ ...sidecar, ports: [{ containerPort: 8080, protocol: 'TCP' }] }] },
      'spec.sidecars[proxy] has port 8080',
    ],
    ['a variable of the operator', { env: [{ name: 'NAMESPACE', value: 'x' }] }, 'spec.env sets NAMESPACE'],
  ])('reject %s and name the field', (_, spec, message) => {
    expect(problemsOf(spec)).toEqual([expect.stringContaining(message)]);
  });

  it.each(['//data', '/data/.', '/srv/../data', 'data', '/data//'])(
    'reject a mount at %s, which is the directory of the data',
    (mountPath) => {
      expect(problemsOf({ persistentVolumeClaim: claim, volumeMounts: [{ name: 'cache', mountPath }] })).toEqual([
        `spec.volumeMounts mounts cache at ${mountPath}, where the operator mounts spec.persistentVolumeClaim: use another path`,
      ]);
    },
  );

  it.each(['/etc/module-config//', '/etc/./module-config', '/etc/module-config/data', '/etc/nats-ca'])(
    'reject %s for the data and for a mount, because the operator mounts a directory there',
    (path) => {
      const spec = { moduleConfig: 'a: 1', ipcConfig: 'main' };
      expect(problemsOf({ ...spec, persistentVolumeClaim: claim, volumeMountPath: path })).toEqual([
        expect.stringContaining(`spec.volumeMountPath is ${path}, where the operator mounts`),
      ]);
      expect(problemsOf({ ...spec, volumeMounts: [{ name: 'cache', mountPath: path }] })).toEqual([
        expect.stringContaining(`spec.volumeMounts mounts cache at ${path}, where the operator mounts`),
      ]);
    },
  );

  it('reject the variable with the path of the certificates only if the operator sets it', () => {
    const module = botModule({ ipcConfig: 'main', env: [{ name: 'NATS_CA_FILE', value: '/srv/ca.crt' }] });
    const env = [{ name: 'NATS_CA_FILE', value: '/etc/nats-ca/ca.crt' }];
    const nats = { env, caVolume: undefined, checksum: 'c0ffee' };
    expect(specProblems(module, { config: undefined, nats })).toEqual([expect.stringContaining('spec.env sets NATS_CA_FILE')]);
    expect(specProblems(module, { config: undefined, nats: { ...nats, env: [] } })).toEqual([]);
  });

  it('allow everything else', () => {
    expect(
      problemsOf({
        volumes: [{ name: 'cache', emptyDir: {} }],
        volumeMounts: [
          { name: 'cache', mountPath: '/data' },
          { name: 'cache', mountPath: '/etc/module-config' },
          { name: 'cache', mountPath: '/etc/nats-ca-too' },
        ],
        initContainers: [{ ...sidecar, name: 'first', volumeMounts: [{ name: 'module-data', mountPath: '/data' }] }],
        sidecars: [{ ...sidecar, ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }],
      }),
    ).toEqual([]);
  });

  it('allow mounts below the data', () => {
    expect(problemsOf({ persistentVolumeClaim: claim, volumeMounts: [{ name: 'cache', mountPath: '/data/cache' }] })).toEqual([]);
  });
});

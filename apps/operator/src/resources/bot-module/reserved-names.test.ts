import type { BotModuleSpec } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { botModule } from '../../../test/fixtures/bot-modules.ts';
import { specProblems } from './spec.ts';

const problemsOf = (spec: Partial<BotModuleSpec>) => specProblems(botModule(spec), undefined);
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

  it('allow everything else', () => {
    expect(
      problemsOf({
        volumes: [{ name: 'cache', emptyDir: {} }],
        volumeMounts: [
          { name: 'cache', mountPath: '/data' },
          { name: 'cache', mountPath: '/etc/module-config' },
        ],
        initContainers: [{ ...sidecar, name: 'first', volumeMounts: [{ name: 'module-data', mountPath: '/data' }] }],
        sidecars: [{ ...sidecar, ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }],
      }),
    ).toEqual([]);
  });
});

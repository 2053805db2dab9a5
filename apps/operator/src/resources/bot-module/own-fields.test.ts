import type { BotModuleSpec } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { botModule } from '../../../test/fixtures/bot-modules.ts';
import { rejectionText } from '../rejection-text.ts';
import { moduleFields } from './own-fields.ts';

const spec: Partial<BotModuleSpec> = {
  env: [{ name: 'A=B', value: '' }],
  envSecret: { name: 'secret' },
  envFrom: [{}],
  moduleConfig: 'a: 1',
  persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] },
  volumes: [{ name: 'mine' }],
  volumeMounts: [{ name: 'nowhere', mountPath: '/x' }],
};
const rejected = (message: string) => rejectionText(message, moduleFields(botModule(spec), undefined));
const text = (problem: string) => rejected(`Deployment.apps "eevee-echo-module" is invalid: ${problem}`);

describe('a rejection', () => {
  it.each([
    ['spec.template.labels: Invalid value: "a b"', 'spec.podLabels: Invalid value: "a b"'],
    ['spec.template.annotations: Invalid value: ""', 'spec.podAnnotations: Invalid value: ""'],
    ['spec.template.spec.tolerations[0].operator: Invalid value: ""', 'spec.tolerations[0].operator: Invalid value: ""'],
    ['spec.template.spec.securityContext.runAsUser: Invalid value: -1', 'spec.podSecurityContext.runAsUser: Invalid value: -1'],
    ['spec.template.spec.containers[0].securityContext.runAsUser: x', 'spec.securityContext.runAsUser: x'],
    ['spec.template.spec.containers[0].env[6].name: Invalid value: "A=B"', 'spec.env[0].name: Invalid value: "A=B"'],
    ['spec.template.spec.containers[0].envFrom[1]: Invalid value: ""', 'spec.envFrom[0]: Invalid value: ""'],
    ['spec.template.spec.containers[0].volumeMounts[2].name: Not found: "nowhere"', 'spec.volumeMounts[0].name: Not found: "nowhere"'],
    ['spec.template.spec.volumes[2].name: Required value', 'spec.volumes[0].name: Required value'],
    ['spec.template.spec.containers[0].livenessProbe.httpGet.port: x', 'spec.livenessProbe.httpGet.port: x'],
    ['spec.template.spec.containers[2].ports[0].containerPort: Required', 'spec.sidecars[1].ports[0].containerPort: Required'],
    ['spec.template.spec.initContainers[0].image: Required value', 'spec.initContainers[0].image: Required value'],
    ['spec.strategy.rollingUpdate.maxUnavailable: x', 'spec.strategy.rollingUpdate.maxUnavailable: x'],
    ['[spec.template.labels: a, spec.template.spec.hostAliases[0].ip: b]', '[spec.podLabels: a, spec.hostAliases[0].ip: b]'],
  ])('of a Deployment for %s names the field of the BotModule', (problem, expected) => {
    expect(text(problem)).toBe(`the API server refuses Deployment eevee-echo-module: ${expected}`);
  });

  it('keeps the path of an entry that the operator adds', () => {
    expect(text('spec.template.spec.volumes[0].name: x')).toBe(
      'the API server refuses Deployment eevee-echo-module: spec.template.spec.volumes[0].name: x',
    );
  });

  it.each(['', '.accessModes'])('of a claim for spec%s names the field of the BotModule', (field) => {
    const message = `PersistentVolumeClaim "eevee-echo-module-pvc" is invalid: spec${field}: Forbidden: x`;
    expect(rejected(message)).toBe(
      `the API server refuses PersistentVolumeClaim eevee-echo-module-pvc: spec.persistentVolumeClaim${field}: Forbidden: x`,
    );
  });

  it.each([
    ['spec.ports[0].port: Invalid value: 0', 'spec.service.port: Invalid value: 0'],
    ['spec.ports[2].name: Duplicate value: "a"', 'spec.service.ports[1].name: Duplicate value: "a"'],
    ['metadata.annotations: Invalid value: "a b"', 'spec.service.annotations: Invalid value: "a b"'],
  ])('of a Service for %s names the field of the BotModule', (problem, expected) => {
    expect(rejected(`Service "eevee-echo-module" is invalid: ${problem}`)).toBe(
      `the API server refuses Service eevee-echo-module: ${expected}`,
    );
  });

  it('of the restore Job names the field of the BotModule', () => {
    const message =
      'Job.batch "restore" is invalid: [spec.template.spec.containers[0].resources.requests: Invalid value: "2", spec.template.spec.securityContext.runAsUser: Invalid value: -1]';
    expect(rejected(message)).toBe(
      'the API server refuses Job restore: [spec.bootstrapFromBackup.resources.requests: Invalid value: "2", spec.podSecurityContext.runAsUser: Invalid value: -1]',
    );
  });

  it('of another object, or by an admission rule, is unchanged', () => {
    const message = 'admission webhook "policy" denied the request: spec.template.labels must name a team';
    expect(rejected(message)).toBe(message);
  });
});

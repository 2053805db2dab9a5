import { describe, expect, it } from 'vitest';
import { ipcRejectionText } from './own-fields.ts';

const POD = 'spec.template.spec';

describe('a rejection of an object of NATS', () => {
  it.each([
    ['spec.template.labels', 'spec.nats.managed.podLabels'],
    [`${POD}.containers[0].resources.limits[cpu]`, 'spec.nats.managed.resources.limits[cpu]'],
    [`${POD}.securityContext.runAsUser`, 'spec.nats.managed.podSecurityContext.runAsUser'],
    [`${POD}.tolerations[0].key`, 'spec.nats.managed.tolerations[0].key'],
    ['spec.replicas', 'spec.nats.managed.replicas'],
    ['spec.volumeClaimTemplates[0].spec.storageClassName', 'spec.nats.managed.jetstream.storageClassName'],
    [`${POD}.containers[0].env[0].name`, `${POD}.containers[0].env[0].name`],
  ])('for %s names %s', (made, own) => {
    expect(ipcRejectionText(`StatefulSet.apps "eevee-bot-nats" is invalid: ${made}: Invalid value: "a b"`)).toBe(
      `the API server refuses StatefulSet eevee-bot-nats: ${own}: Invalid value: "a b"`,
    );
  });

  it('by cert-manager names the issuer in the IpcConfig', () => {
    const denied = 'admission webhook "webhook.cert-manager.io" denied the request: ';
    expect(ipcRejectionText(`${denied}spec.issuerRef.kind: Invalid value: "x"`)).toBe(
      `${denied}spec.nats.tls.issuerRef.kind: Invalid value: "x"`,
    );
    expect(ipcRejectionText('Certificate.cert-manager.io "eevee-bot-nats" is invalid: spec.issuerRef.name: Required value')).toBe(
      'the API server refuses Certificate eevee-bot-nats: spec.nats.tls.issuerRef.name: Required value',
    );
  });
});

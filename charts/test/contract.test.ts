import { beforeAll, describe, expect, it } from 'vitest';
import {
  DEFAULT_HTTP_PORT,
  LABEL,
  LEASE_NAME,
  moduleSelector,
  OPERATOR_API_TOKEN_SECRET_KEY,
  OPERATOR_API_TOKEN_SECRET_NAME,
  OPERATOR_ENV,
  OPERATOR_SERVICE_NAME,
} from '@eeveebot/contract';
import { only, type Rendered } from './manifests.ts';
import { useCharts } from './use-charts.ts';

// Templates cannot import the contract, so their names are compared with it here.
describe('names in the templates are those of the contract', () => {
  const charts = useCharts();
  let objects: readonly Rendered[];

  beforeAll(async () => {
    const everything =
      'networkPolicy.enabled=true,operator.operator.env.natsImage=nats:1,operator.operator.env.backupImage=backup:1,operator.operator.env.operatorApiUrl=http://operator:9000';
    objects = await charts.objects('operator', {}, { args: ['--set', everything] });
  });

  it('environment variables of the operator', () => {
    interface Deployment {
      readonly spec: {
        readonly template: { readonly spec: { readonly containers: readonly [{ readonly env: readonly { name: string }[] }] } };
      };
    }
    const names = only<Deployment>(objects, 'Deployment').spec.template.spec.containers[0].env.map(({ name }) => name);
    expect(names.toSorted()).toEqual(Object.values(OPERATOR_ENV).toSorted());
  });

  it('the Service, under the name that modules get', () => {
    const { metadata, spec } = only<Rendered & { spec: { ports: readonly { port: number }[] } }>(objects, 'Service');
    expect(metadata.name).toBe(OPERATOR_SERVICE_NAME);
    expect(spec.ports.map(({ port }) => port)).toEqual([DEFAULT_HTTP_PORT]);
  });

  it('the Secret with the API token', () => {
    const { metadata, data } = only<Rendered & { data: object }>(objects, 'Secret');
    expect([metadata.name, Object.keys(data)]).toEqual([OPERATOR_API_TOKEN_SECRET_NAME, [OPERATOR_API_TOKEN_SECRET_KEY]]);
  });

  it('the Lease that the operator may write', () => {
    const { rules } = only<Rendered & { rules: readonly { resources: string[]; resourceNames?: string[] }[] }>(objects, 'Role');
    expect(rules.filter(({ resources }) => resources.includes('leases')).flatMap(({ resourceNames = [] }) => resourceNames)).toEqual([
      LEASE_NAME,
    ]);
  });

  it('the label that admits modules', () => {
    interface Policy {
      readonly spec: {
        readonly ingress: readonly [{ readonly from: readonly [{ readonly podSelector: { readonly matchLabels: object } }] }];
      };
    }
    const { [LABEL.app]: app } = moduleSelector('any');
    expect(only<Policy>(objects, 'NetworkPolicy').spec.ingress[0].from[0].podSelector.matchLabels).toEqual({ [LABEL.app]: app });
  });
});

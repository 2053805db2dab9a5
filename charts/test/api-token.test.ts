import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChartCluster, startChartCluster } from './cluster.ts';

const MODULE = { name: 'echo', spec: { moduleName: 'echo', image: 'example/echo:1' } };

interface Secret {
  readonly data: { readonly token: string };
}

interface Deployment {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly template: object };
}

describe('the token of the HTTP API', () => {
  let cluster: ChartCluster;

  beforeAll(async () => {
    cluster = await startChartCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const upgrade = (release: string, namespace: string, values: object): Promise<string> =>
    cluster.helm.run(
      ['upgrade', '--install', release, cluster.helm.chart('eevee'), '-n', namespace, '--create-namespace', '--values', '-'],
      {
        input: JSON.stringify(values),
      },
    );
  const kubectl = (...args: readonly string[]): Promise<string> => cluster.kube.kubectl(args);
  const token = async (namespace: string): Promise<string> =>
    Buffer.from((await cluster.kube.get<Secret>('secret', 'eevee-operator-api-token', '-n', namespace)).data.token, 'base64').toString();

  it('is created at the first installation, and stays over upgrades, as do the pods', async () => {
    await upgrade('eevee', 'kept', {});
    const before = await token('kept');
    expect(before).toMatch(/^[A-Za-z0-9]{48}$/);
    const deployment = (): Promise<Deployment> => cluster.kube.get<Deployment>('deployment', 'eevee-operator', '-n', 'kept');
    const installed = await deployment();

    await upgrade('eevee', 'kept', { bot: { botModules: [MODULE] } });
    expect(await token('kept')).toBe(before);
    const upgraded = await deployment();
    expect(upgraded.metadata.uid).toBe(installed.metadata.uid);
    expect(upgraded.spec.template).toEqual(installed.spec.template);

    await upgrade('eevee', 'kept', { operator: { operatorApiToken: { token: 'a-given-one' } } });
    expect(await token('kept')).toBe('a-given-one');
    expect((await deployment()).spec.template).not.toEqual(installed.spec.template);
    expect(await cluster.helm.run(['get', 'values', 'eevee', '-n', 'kept', '--all'])).not.toContain('madeApiToken');
  });

  it('comes from a Secret that the user created, which is not overwritten', async () => {
    await kubectl('create', 'namespace', 'own-token');
    await kubectl('-n', 'own-token', 'create', 'secret', 'generic', 'eevee-operator-api-token', '--from-literal=token=mine');
    await upgrade('eevee', 'own-token', {});
    expect(await token('own-token')).toBe('mine');
    await expect(upgrade('eevee', 'own-token', { operator: { operatorApiToken: { token: 'other' } } })).rejects.toThrow(
      'leave operatorApiToken.token empty',
    );
  });

  it('stays if a user has replaced its Secret since the installation', async () => {
    await upgrade('eevee', 'replaced', {});
    await kubectl('-n', 'replaced', 'delete', 'secret', 'eevee-operator-api-token');
    await kubectl('-n', 'replaced', 'create', 'secret', 'generic', 'eevee-operator-api-token', '--from-literal=token=mine');
    await upgrade('eevee', 'replaced', {});
    expect(await token('replaced')).toBe('mine');
    await upgrade('eevee', 'replaced', { operator: { fullnameOverride: 'renamed' }, bot: { botModules: [MODULE] } });
    expect(await token('replaced')).toBe('mine');
  });

  it('stays when the user takes over its Secret, after the command in the error was run', async () => {
    const taken = { operator: { operatorApiToken: { create: false } } };
    await upgrade('eevee', 'taken', {});
    const before = await token('taken');
    const refusal = await upgrade('eevee', 'taken', taken).catch((error: unknown) => String(error));
    const [, command = ''] = /kubectl (.*resource-policy=keep)/.exec(refusal) ?? [];
    await kubectl(...command.split(' '));
    await upgrade('eevee', 'taken', taken);
    expect(await token('taken')).toBe(before);
    await upgrade('eevee', 'taken', {});
    expect(await token('taken')).toBe(before);
  });
});

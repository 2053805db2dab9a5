import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { binary } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifests, only, type Rendered } from './manifests.ts';

const world = useWorld({ definitions: false });
const folder = mkdtempSync(join(tmpdir(), 'eevee-bundle-'));
const file = join(folder, 'eevee.yaml');
let text: string;

beforeAll(() => {
  const PATH = `${dirname(binary('helm'))}${delimiter}${process.env['PATH'] ?? ''}`;
  execFileSync(process.execPath, ['scripts/release/main.ts', 'bundle', file], { env: { ...process.env, PATH } });
  text = readFileSync(file, 'utf8');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const apply = (...options: readonly string[]): Promise<string> => world.kube.kubectl(['apply', '--server-side', '-f', file, ...options]);

describe('the bundle for kubectl', () => {
  it('contains no token, which would be public', () => {
    expect(manifests(text).filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(text).toContain('kubectl create secret generic eevee-operator-api-token --namespace eevee-bot');
  });

  it('does not claim that Helm manages its objects', () => {
    expect(text).not.toMatch(/managed-by|helm\.sh/);
  });

  it('is applied by one command, and unchanged when it is applied again', async () => {
    await apply();
    await world.kube.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
    // The second apply may still complete the Namespace, to which the API server adds fields of its own.
    await apply();
    const versions = await resourceVersions();
    await apply();
    expect(await resourceVersions()).toEqual(versions);
    // The definitions are in use.
    const module = { apiVersion: 'eevee.bot/v1', kind: 'BotModule', metadata: { name: 'echo', namespace: 'eevee-bot' } };
    await world.kube.apply({ ...module, spec: { moduleName: 'echo', image: 'echo', ipcConfig: 'bot' } });
  });

  it('runs the operator with the Secret that its header describes', () => {
    const deployment = only<{ spec: { template: { spec: { containers: readonly { env: readonly object[] }[] } } } }>(
      manifests(text),
      'Deployment',
    );
    const [secret] = [...text.matchAll(/create secret generic (\S+) .*--from-literal=(\w+)=/g)];
    expect(deployment.spec.template.spec.containers[0]?.env).toContainEqual({
      name: 'EEVEE_OPERATOR_API_TOKEN',
      valueFrom: { secretKeyRef: { name: secret?.[1], key: secret?.[2] } },
    });
  });
});

/** Versions by kind and name: an apply that changes an object gives it a new one. */
async function resourceVersions(): Promise<Readonly<Record<string, string>>> {
  const { items } = JSON.parse(await world.kube.kubectl(['get', '-f', file, '-o', 'json'])) as {
    items: readonly (Rendered & { metadata: { resourceVersion: string } })[];
  };
  return Object.fromEntries(items.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.resourceVersion]));
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Helm } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifests, only } from './manifests.ts';

const DEPENDENCIES = ['one', 'other'].map((alias) => ({ name: 'bot', version: '*', alias }));
const CHART = { apiVersion: 'v2', name: 'two', version: '1.0.0', dependencies: DEPENDENCIES };
const modules = (name: string) => ({ botModules: [{ name, spec: { moduleName: name, image: 'i:1', ipcConfig: 'eevee-bot' } }] });
const irc = [{ name: 'net', host: 'irc.example' }];
const ipcConfig = { name: 'net', spec: { nats: { managed: { enabled: true }, token: { generate: true } } } };

describe.each([3, 4] as const)('two bots of one release, with Helm %i', (version) => {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-aliases-'));
  let helm: Helm;

  beforeAll(async () => {
    helm = await Helm.withCharts(folder, undefined, version);
    await cp(helm.chart('bot'), join(folder, 'two/charts/bot'), { recursive: true });
    writeFileSync(join(folder, 'two/Chart.yaml'), JSON.stringify(CHART));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const render = async (one: object, other: object) =>
    manifests(
      await helm.run(['template', 'bots', join(folder, 'two'), '--kube-version', '1.37.2', '--values', '-'], {
        input: JSON.stringify({ one, other }),
      }),
    );

  it('share the default IpcConfig', async () => {
    const objects = await render(modules('a'), modules('b'));
    expect(only(objects, 'IpcConfig').metadata.name).toBe('eevee-bot');
    const names = objects.flatMap(({ kind, metadata }) => (kind === 'BotModule' ? [metadata.name] : []));
    expect(names.toSorted()).toEqual(['a', 'b']);
  });

  it.each(['one', 'other'])('share the IpcConfig that the values of chart %s give in place of the default', async (giving) => {
    const given = { ipcConfig: { ...ipcConfig, name: 'eevee-bot', annotations: { given: 'yes' } } };
    const valuesOf = (chart: string) => ({ ...modules(chart), ...(chart === giving && given) });
    const objects = await render(valuesOf('one'), valuesOf('other'));
    expect(only(objects, 'IpcConfig').metadata).toMatchObject({ name: 'eevee-bot', annotations: { given: 'yes' } });
  });

  it('may each have an IpcConfig of its own', async () => {
    const objects = await render(modules('a'), { ipcConfig });
    expect(objects.flatMap(({ kind, metadata }) => (kind === 'IpcConfig' ? [metadata.name] : [])).toSorted()).toEqual(['eevee-bot', 'net']);
  });

  it.each([
    ['an IpcConfig', { ipcConfig }, { ipcConfig }, 'IpcConfig net'],
    ['a module of the values', modules('a'), modules('a'), 'BotModule a'],
    ['a module for IRC', { irc }, { irc }, 'BotModule connector-irc'],
  ])('are refused with the fix if both have %s of one name', async (_, one, other, resource) => {
    const message = `This release has the ${resource} twice, in chart one and chart other: rename or remove one of the two.`;
    await expect(render(one, other)).rejects.toThrow(message);
  });
});

import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { binary, freePort, type HttpFolder, type OciRegistry, serveFolder, startOciRegistry } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readParts } from '../release/parts.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'eevee-release-'));
const { charts } = readParts('.');
const files = charts.map(({ name, version }) => `${name}-${version}.tgz`);
const env = {
  ...process.env,
  PATH: `${dirname(binary('helm'))}${delimiter}${process.env['PATH'] ?? ''}`,
  HELM_CACHE_HOME: join(folder, 'cache'),
  HELM_CONFIG_HOME: join(folder, 'config'),
  HELM_DATA_HOME: join(folder, 'data'),
};

/** Helm itself assumes a Kubernetes that is older than the charts support. */
const RENDERING = ['--include-crds', '--kube-version', '1.29.0', '--values', 'examples/values/irc.yaml'];
const KINDS = ['CustomResourceDefinition', 'Deployment', 'IpcConfig', 'BotModule'];

let registry: OciRegistry;
let site: HttpFolder;
beforeAll(async () => {
  registry = await startOciRegistry();
  site = await serveFolder(join(folder, 'first'));
  await releaseCharts('first');
});
afterAll(async () => {
  await Promise.all([registry[Symbol.asyncDispose](), site[Symbol.asyncDispose]()]);
  rmSync(folder, { recursive: true, force: true });
});

async function releaseCharts(target: string, ...options: readonly string[]): Promise<string> {
  const where = ['--registry', `${registry.host}/charts`, '--plain-http', '--url', site.url];
  const { stdout } = await run(process.execPath, ['scripts/release/main.ts', 'charts', join(folder, target), ...where, ...options], {
    env,
  });
  return stdout;
}

async function helm(...args: readonly string[]): Promise<string> {
  return (await run(binary('helm'), args, { env, maxBuffer: 64 * 1024 * 1024 })).stdout;
}

interface Index {
  readonly entries: Readonly<
    Record<string, readonly { readonly version: string; readonly urls: readonly string[]; readonly digest: string }[]>
  >;
}
const indexIn = (name: string): Index => parse(readFileSync(join(folder, name, 'index.yaml'), 'utf8')) as Index;

describe('the release of charts', () => {
  it('pushes all charts to the OCI registry, from which a bot can be installed', async () => {
    for (const { name, version } of charts) {
      const chart = await helm('show', 'chart', `oci://${registry.host}/charts/${name}`, '--version', version, '--plain-http');
      expect(parse(chart)).toMatchObject({ name, version });
    }
    const rendered = await helm('template', 'bot', `oci://${registry.host}/charts/eevee`, '--plain-http', ...RENDERING);
    for (const kind of KINDS) expect(rendered).toContain(`\nkind: ${kind}\n`);
  });

  it('creates a Helm repository with the same files', async () => {
    await helm('repo', 'add', 'eevee', site.url);
    const rendered = await helm('template', 'bot', 'eevee/eevee', ...RENDERING);
    for (const kind of KINDS) expect(rendered).toContain(`\nkind: ${kind}\n`);
    const { version } = charts[0]!;
    await helm('pull', `oci://${registry.host}/charts/operator`, '--version', version, '--plain-http', '--destination', folder);
    expect(readFileSync(join(folder, `operator-${version}.tgz`))).toEqual(readFileSync(join(folder, 'first', `operator-${version}.tgz`)));
  });

  it('reuses the charts in the registry when it is repeated', async () => {
    await releaseCharts('repeated');
    for (const file of files) expect(readFileSync(join(folder, 'repeated', file))).toEqual(readFileSync(join(folder, 'first', file)));
  });

  it('keeps the entries of the previous release, and packs only charts with new versions', async () => {
    const previous = join(folder, 'previous.yaml');
    copyFileSync(join(folder, 'first/index.yaml'), previous);
    expect(await releaseCharts('second', '--previous', previous, '--url', 'https://example.com/second')).toContain(
      'no chart has a new version',
    );
    expect(readdirSync(join(folder, 'second'))).toEqual(['index.yaml']);
    expect(indexIn('second').entries).toEqual(indexIn('first').entries);
  });

  it('fails when the index of the previous release is missing', async () => {
    await expect(releaseCharts('third', '--previous', join(folder, 'none.yaml'))).rejects.toThrow(
      'none.yaml is not there: name the index.yaml',
    );
  });

  it('fails, and names the reason, when the registry refuses a chart', async () => {
    const args = [
      'scripts/release/main.ts',
      'charts',
      join(folder, 'fourth'),
      '--registry',
      `127.0.0.1:${await freePort()}/charts`,
      '--plain-http',
    ];
    await expect(run(process.execPath, args, { env })).rejects.toThrow(/helm push .*: .*connection refused/s);
  });
});

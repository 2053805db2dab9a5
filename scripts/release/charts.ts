import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ChartPart } from './parts.ts';
import { allOutputOf, ProgramError } from './program.ts';
import { sign } from './sign.ts';

export interface ChartsRelease {
  readonly charts: readonly ChartPart[];
  /** Output folder for the packed charts and `index.yaml`. It is created. */
  readonly folder: string;
  /** OCI registry with path: `ghcr.io/eeveebot/charts`. */
  readonly registry: string;
  /** URL of the folder in which users find the packed charts. */
  readonly url: string;
  /** `index.yaml` of the previous release, whose charts stay in the index. */
  readonly previousIndex?: string;
  /** Whether charts are signed in the registry. */
  readonly sign: boolean;
  /** Whether the registry is one without TLS, as in tests. */
  readonly plainHttp: boolean;
}

/**
 * Packs the charts that have a new version, pushes them to an OCI registry, and writes the index of a Helm repository with them and those
 * of earlier releases. A version that is in the registry already is taken from there, so that both hold the same bytes.
 */
export async function releaseCharts(release: ChartsRelease): Promise<void> {
  const { charts, folder, previousIndex } = release;
  mkdirSync(folder, { recursive: true });
  const fresh = charts.filter((chart) => !isIndexed(chart, previousIndex));
  const work = mkdtempSync(join(tmpdir(), 'eevee-charts-'));
  try {
    await copyCharts(charts, work);
    for (const chart of fresh) await releaseChart(chart, work, release);
    await writeIndex(release);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const names = fresh.map(({ name, version }) => `${name} ${version}`);
  console.log(names.length === 0 ? 'no chart has a new version' : `charts: ${names.join(', ')}`);
}

/** Copies all charts, so that the umbrella finds its dependencies beside it, and packs these into it. */
async function copyCharts(charts: readonly ChartPart[], work: string): Promise<void> {
  for (const { name, folder } of charts) cpSync(folder, join(work, name), { recursive: true });
  for (const { name } of charts) await helm('dependency', 'update', join(work, name));
}

async function releaseChart({ name, version }: ChartPart, work: string, release: ChartsRelease): Promise<void> {
  const { folder, registry } = release;
  const http = release.plainHttp ? ['--plain-http'] : [];
  const pulled = await pull([`oci://${registry}/${name}`, '--version', version, '--destination', folder, ...http]);
  if (pulled === undefined) await helm('package', join(work, name), '--destination', folder);
  const output = pulled ?? (await helm('push', join(folder, `${name}-${version}.tgz`), `oci://${registry}`, ...http));
  if (release.sign) await sign(`${registry}/${name}@${digestIn(output)}`);
}

/**
 * Pulls a chart of the registry into the folder; undefined if it does not exist. Other failures also make the push fail, with the same
 * reason.
 */
async function pull(args: readonly string[]): Promise<string | undefined> {
  try {
    return await helm('pull', ...args);
  } catch (error) {
    if (error instanceof ProgramError) return undefined;
    throw error;
  }
}

/** Digest of a chart, which Helm prints when it pulls or pushes it. */
function digestIn(output: string): string {
  const digest = /^Digest: (sha256:[0-9a-f]{64})$/m.exec(output)?.[1];
  if (digest === undefined) throw new Error(`helm printed no digest of the chart:\n${output}`);
  return digest;
}

function isIndexed({ name, version }: ChartPart, previousIndex: string | undefined): boolean {
  if (previousIndex === undefined) return false;
  if (!existsSync(previousIndex))
    throw new Error(`${previousIndex} is not there: name the index.yaml of the release before, or leave the option out`);
  const { entries } = parse(readFileSync(previousIndex, 'utf8')) as { entries?: Record<string, readonly { version: string }[]> };
  return entries?.[name]?.some((entry) => entry.version === version) ?? false;
}

async function writeIndex({ folder, url, previousIndex }: ChartsRelease): Promise<void> {
  const packed = readdirSync(folder).some((name) => name.endsWith('.tgz'));
  if (!packed && previousIndex !== undefined) copyFileSync(previousIndex, join(folder, 'index.yaml'));
  else await helm('repo', 'index', folder, '--url', url, ...(previousIndex === undefined ? [] : ['--merge', previousIndex]));
}

/** Runs helm and returns its output, including standard error. */
const helm = (...args: readonly string[]): Promise<string> => allOutputOf('helm', args);

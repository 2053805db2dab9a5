/**
 * The steps of a release. Workflows call them, and tests do with registries of their own: a workflow itself only logs in and passes files
 * from one job to the next.
 *
 *   changesets ─ version ─▶ commit ─ tag ─▶ check ─┬─ images ─▶ bundle ─┐
 *                                                  ├─ charts ───────────┼─▶ notes ─▶ release
 *                                                  └─ npm ──────────────┘
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';
import { releaseCharts } from './charts.ts';
import { pendingChangesets, tagProblems } from './check.ts';
import { imageReference } from './image-build.ts';
import { digestOf } from './image-registry.ts';
import { releaseImage } from './images.ts';
import { readChangelogs, releaseNotes } from './notes.ts';
import { publishPackages } from './npm.ts';
import { type ImagePart, oldestKubernetes, readParts, releaseVersion } from './parts.ts';
import { CHART_REGISTRY, releaseFilesUrl } from './registries.ts';
import { version } from './version.ts';

const USAGE = `npm run release -- STEP, in the root of the repository:

  version                 changesets to versions and changelogs, and these versions to every file that names them
  check TAG               whether TAG is the release of this commit
  images NAME [--push]    builds an image for all architectures, or those of "all"; --push: pushes and signs those of new versions
  charts FOLDER [options] packs charts of new versions into FOLDER, pushes them, and writes the index of the Helm repository
    --previous FILE       index.yaml of the release before
    --registry REGISTRY   default: ${CHART_REGISTRY}
    --url URL             where users find the files of FOLDER; default: the files of the release on GitHub
    --plain-http          the registry has no TLS
    --sign                signs the charts in the registry
  npm                     publishes the packages whose versions are new
  bundle FILE [--pin]     writes definitions and operator as one file for kubectl; --pin: with the digest of the operator's image
  notes FILE              writes the text of the release
`;

const EXIT_USAGE = 64;

/** Arguments are not those of a step. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

const ROOT = process.cwd();

interface StepOptions {
  readonly push: boolean;
  readonly pin: boolean;
  readonly sign: boolean;
  readonly 'plain-http': boolean;
  readonly previous?: string;
  readonly registry?: string;
  readonly url?: string;
}

type ReleaseStep = (argument: string, options: StepOptions) => Promise<void>;

/** A step, and the name of its argument if it has one. */
const STEPS: Readonly<Record<string, readonly [string | undefined, ReleaseStep]>> = {
  version: [undefined, () => version(ROOT)],
  check: ['TAG', check],
  images: ['NAME', images],
  charts: ['FOLDER', charts],
  npm: [undefined, () => publishPackages(readParts(ROOT).packages, ROOT)],
  bundle: ['FILE', plainFile],
  notes: ['FILE', notes],
};

async function check(tag: string): Promise<void> {
  const parts = readParts(ROOT);
  const problems = tagProblems(tag, parts, pendingChangesets(ROOT));
  if (problems.length > 0) throw new Error(problems.join('\n'));
  console.log(`${tag} is the release of this commit`);
}

async function images(name: string, { push }: StepOptions): Promise<void> {
  const chosen = name === 'all' ? readParts(ROOT).images : [imageNamed(name)];
  for (const part of chosen) await releaseImage(part, { push });
}

function imageNamed(name: string): ImagePart {
  const all = readParts(ROOT).images;
  const part = all.find((each) => each.name === name);
  if (part === undefined) throw new UsageError(`no image is called "${name}": use one of ${all.map((each) => each.name).join(', ')}`);
  return part;
}

async function charts(folder: string, { previous, registry, url, sign, 'plain-http': plainHttp }: StepOptions): Promise<void> {
  const parts = readParts(ROOT);
  await releaseCharts({
    charts: parts.charts,
    folder,
    registry: registry ?? CHART_REGISTRY,
    url: url ?? releaseFilesUrl(`v${releaseVersion(parts)}`),
    ...(previous !== undefined && { previousIndex: previous }),
    sign,
    plainHttp,
  });
}

async function plainFile(file: string, { pin }: StepOptions): Promise<void> {
  const operator = imageNamed('operator');
  const digest = pin ? await digestOf(imageReference(operator)) : undefined;
  writeFileSync(file, await bundle({ version: operator.version, digest, kubeVersion: oldestKubernetes(readParts(ROOT)) }));
}

async function notes(file: string): Promise<void> {
  const parts = readParts(ROOT);
  writeFileSync(file, releaseNotes(parts, readChangelogs(ROOT, parts)));
}

function parsed(args: readonly string[]): { readonly step: ReleaseStep; readonly argument: string; readonly options: StepOptions } {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  const options = { push: flag, pin: flag, sign: flag, 'plain-http': flag, previous: text, registry: text, url: text };
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [name = '', argument, ...rest] = positionals;
  const [argumentName, step] = (Object.hasOwn(STEPS, name) ? STEPS[name] : undefined) ?? [];
  if (step === undefined) throw new UsageError(`"${name}" is not a step`);
  if (rest.length > 0 || (argument === undefined) !== (argumentName === undefined)) {
    throw new UsageError(`step ${name} takes ${argumentName === undefined ? 'no argument' : `one argument, ${argumentName}`}`);
  }
  return { step, argument: argument ?? '', options: values };
}

try {
  const { step, argument, options } = parsed(process.argv.slice(2));
  await step(argument, options);
} catch (error) {
  const isUsage =
    error instanceof UsageError || (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  console.error(error instanceof Error ? error.message : error);
  if (isUsage) console.error(`\n${USAGE}`);
  process.exitCode = isUsage ? EXIT_USAGE : 1;
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BaseImage, type BuildOrigin, baseOf, buildArguments, imageReference } from './image-build.ts';
import { digestOf, publishedImage } from './image-registry.ts';
import type { ImagePart } from './parts.ts';
import { outputOf, runProgram, setOutput } from './program.ts';
import { IMAGE_REGISTRY } from './registries.ts';
import { attestSbom, sign } from './sign.ts';

/**
 * Builds an app and its image; with `push` pushes and signs the image, unless its version has been released before. A repeated run of the
 * same commit continues where the last one stopped. For later steps it sets `digest` and `image` if there is something to attest.
 */
export async function releaseImage(part: ImagePart, { push }: { readonly push: boolean }): Promise<void> {
  const origin = await buildOrigin(part);
  const reference = imageReference(part);
  const published = push ? await publishedImage(reference) : undefined;
  if (published !== undefined && published.revision !== origin.revision) {
    console.log(`${reference} has been released before, from commit ${published.revision ?? 'unknown'}`);
    return;
  }
  await runProgram('npm', ['run', 'build'], { cwd: part.folder });
  const digest = published?.digest ?? (await build({ part, origin, push }));
  if (!push || digest === undefined) return;
  const image = `${IMAGE_REGISTRY}/${part.name}`;
  await sign(`${image}@${digest}`);
  await attestSbom(`${image}@${digest}`, join(part.folder, 'dist', `${part.name}.cdx.json`));
  setOutput('image', image);
  setOutput('digest', digest);
}

async function build(given: { part: ImagePart; origin: BuildOrigin; push: boolean }): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-release-'));
  try {
    const metadataFile = join(folder, 'metadata.json');
    const epoch = String(Math.floor(given.origin.created.getTime() / 1000));
    await runProgram('docker', buildArguments({ ...given, metadataFile }), { env: { SOURCE_DATE_EPOCH: epoch } });
    return (JSON.parse(readFileSync(metadataFile, 'utf8')) as { 'containerimage.digest'?: string })['containerimage.digest'];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function buildOrigin(part: ImagePart): Promise<BuildOrigin> {
  const [revision = '', time = ''] = (await outputOf('git', ['log', '-1', '--format=%H %cI'])).trim().split(' ');
  return { revision, created: new Date(time), base: await baseImage(join(part.folder, 'Dockerfile')) };
}

/** The base image with its digest: the one in the Dockerfile, or else the one that its tag currently has in the registry. */
async function baseImage(dockerfile: string): Promise<BaseImage> {
  const { name, digest } = baseOf(readFileSync(dockerfile, 'utf8'));
  return { name, digest: digest ?? (await digestOf(name)) };
}

import type { ImagePart } from './parts.ts';
import { IMAGE_REGISTRY, SOURCE_URL } from './registries.ts';

/**
 * Architectures that images are released for. Bundles are the same for all: builds run no programs of the target, so nothing is emulated.
 */
const PLATFORMS = ['linux/amd64', 'linux/arm64'];

/** A base image. */
export interface BaseImage {
  /** As the Dockerfile names it: `node:26.10.0-bookworm-slim`. */
  readonly name: string;
  /** `sha256:…` of the index for all architectures. */
  readonly digest: string;
}

/** Origin of a build, which goes into labels. */
export interface BuildOrigin {
  /** Commit, 40 hexadecimal digits. */
  readonly revision: string;
  /** Time of the commit: the same commit gives the same image. */
  readonly created: Date;
  readonly base: BaseImage;
}

export interface ImageBuild {
  readonly part: ImagePart;
  readonly origin: BuildOrigin;
  /** Whether the image is pushed; otherwise it is only built. */
  readonly push: boolean;
  /** File for buildx's result, with the digest. */
  readonly metadataFile: string;
}

/** @example imageReference(router); // 'ghcr.io/eeveebot/router:3.0.0' */
export const imageReference = ({ name, version }: ImagePart): string => `${IMAGE_REGISTRY}/${name}:${version}`;

/** Labels of an image besides those of its Dockerfile. */
export function imageLabels({ version }: ImagePart, { revision, created, base }: BuildOrigin): Readonly<Record<string, string>> {
  return {
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.revision': revision,
    'org.opencontainers.image.created': created.toISOString(),
    'org.opencontainers.image.url': SOURCE_URL,
    'org.opencontainers.image.base.name': `docker.io/library/${base.name}`,
    'org.opencontainers.image.base.digest': base.digest,
  };
}

/**
 * Arguments of `docker` that build an image for all architectures and attach a bill of materials of its Debian packages and the provenance.
 * `SOURCE_DATE_EPOCH` of the environment sets the time of the files in it.
 *
 * No cache is used: an image is its base and a few files, and an unused cache cannot be poisoned.
 */
export function buildArguments({ part, origin, push, metadataFile }: ImageBuild): readonly string[] {
  const labels = Object.entries(imageLabels(part, origin));
  const { name, digest } = origin.base;
  return [
    ...['buildx', 'build', '--file', `${part.folder}/Dockerfile`, '--tag', imageReference(part)],
    ...['--platform', PLATFORMS.join(',')],
    // Uses the base image whose digest is in the labels, even if its tag moves during the build.
    ...['--build-context', `${name}=docker-image://docker.io/library/${name}@${digest}`],
    ...labels.flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    ...(push ? indexAnnotations(part, labels) : []),
    ...['--sbom=true', '--provenance=mode=max', '--no-cache', '--pull'],
    ...['--output', push ? 'type=image,push=true,oci-mediatypes=true,rewrite-timestamp=true' : 'type=cacheonly'],
    ...['--metadata-file', metadataFile, '.'],
  ];
}

/** Annotations for the page of the image in the registry, which shows those of the index. */
function indexAnnotations({ description }: ImagePart, labels: readonly (readonly [string, string])[]): readonly string[] {
  const more = [
    ['org.opencontainers.image.source', SOURCE_URL],
    ['org.opencontainers.image.description', description],
  ] as const;
  return [...labels, ...more].flatMap(([key, value]) => ['--annotation', `index:${key}=${value}`]);
}

/** Base image of a Dockerfile, with its digest if it is pinned. @throws Error when it has none. */
export function baseOf(dockerfile: string): { readonly name: string; readonly digest: string | undefined } {
  const [, name, digest] = /^FROM (\S+?)(?:@(sha256:[0-9a-f]{64}))?$/m.exec(dockerfile) ?? [];
  if (name === undefined) throw new Error('the Dockerfile has no line such as "FROM node:26.10.0-bookworm-slim"');
  return { name, digest };
}

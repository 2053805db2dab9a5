import { outputOf, ProgramError } from './program.ts';

/** An image in a registry. */
export interface PublishedImage {
  /** `sha256:…` of the index for all architectures. */
  readonly digest: string;
  /** Commit that its label names. */
  readonly revision: string | undefined;
}

/** An image of a registry; undefined when it does not exist. */
export async function publishedImage(reference: string): Promise<PublishedImage | undefined> {
  try {
    const digest = await digestOf(reference);
    const platforms = JSON.parse(await inspect(reference, '{{json .Image}}')) as Record<
      string,
      { config?: { Labels?: Record<string, string> } }
    >;
    const [image] = Object.values(platforms);
    return { digest, revision: image?.config?.Labels?.['org.opencontainers.image.revision'] };
  } catch (error) {
    // Does not exist. If the registry cannot be reached, the push fails, too.
    if (error instanceof ProgramError) return undefined;
    throw error;
  }
}

/** Digest of an image that must be in its registry. @throws {ProgramError} otherwise. */
export async function digestOf(reference: string): Promise<string> {
  return (await inspect(reference, '{{.Manifest.Digest}}')).trim();
}

function inspect(reference: string, format: string): Promise<string> {
  return outputOf('docker', ['buildx', 'imagetools', 'inspect', reference, '--format', format]);
}

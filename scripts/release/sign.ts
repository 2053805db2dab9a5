import { runProgram } from './program.ts';

/**
 * Signs an image or a chart in a registry with the identity of the running workflow: its certificate names repository, workflow and
 * tag, and no key has to be kept.
 *
 * @param reference with the digest: a tag may move.
 */
export async function sign(reference: string): Promise<void> {
  await runProgram('cosign', ['sign', '--yes', reference]);
}

/** Attaches a signed CycloneDX bill of materials to an image. */
export async function attestSbom(reference: string, sbomFile: string): Promise<void> {
  await runProgram('cosign', ['attest', '--yes', '--type', 'cyclonedx', '--predicate', sbomFile, reference]);
}

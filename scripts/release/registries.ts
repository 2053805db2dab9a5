/** Repository of the sources. */
export const SOURCE_URL = 'https://github.com/eeveebot/eevee';

/** OCI registry of the images, without the scheme. */
export const IMAGE_REGISTRY = 'ghcr.io/eeveebot';

/** OCI registry of the charts, without the scheme. */
export const CHART_REGISTRY = `${IMAGE_REGISTRY}/charts`;

/** URL of the files of a release. The index of the Helm repository names each chart there. */
export const releaseFilesUrl = (tag: string): string => `${SOURCE_URL}/releases/download/${tag}`;

import { createHash } from 'node:crypto';
import type { BundledPackage } from './packages.ts';

/** Application that a bill of materials is about. */
export interface BundledApp {
  readonly name: string;
  readonly version: string;
  /** SPDX identifier. */
  readonly license: string;
}

/**
 * CycloneDX 1.6 bill of materials of a bundle, as JSON. The same bundle gives the same bytes: it contains no time, and its serial number is
 * a hash of the content.
 *
 * A scanner of the image does not see these packages, because a bundle is a single file without any package.json.
 */
export function sbom(app: BundledApp, packages: readonly BundledPackage[]): string {
  const content = {
    metadata: {
      component: {
        type: 'application',
        'bom-ref': purl(app.name, app.version),
        name: app.name,
        version: app.version,
        purl: purl(app.name, app.version),
        licenses: licenses(app.license),
      },
    },
    components: packages.map(({ name, version, license }) => ({
      type: 'library',
      'bom-ref': purl(name, version),
      name,
      version,
      purl: purl(name, version),
      licenses: licenses(license),
    })),
    dependencies: [{ ref: purl(app.name, app.version), dependsOn: packages.map(({ name, version }) => purl(name, version)) }],
  };
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const document = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${uuidOf(hash)}`, version: 1, ...content };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** Package URL of npm, in which the `@` of a scope is escaped. */
const purl = (name: string, version: string): string => `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;

/** An expression such as `(MIT OR Apache-2.0)` has a field of its own. */
function licenses(license: string): readonly object[] {
  return /[\s()]/.test(license) ? [{ expression: license }] : [{ license: { id: license } }];
}

/** A hash in the form of a UUID of version 8, which is intended for custom contents. */
function uuidOf(hash: string): string {
  return [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`, hash.slice(20, 32)].join('-');
}

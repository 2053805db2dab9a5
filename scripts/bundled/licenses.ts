import type { BundledPackage } from './packages.ts';

const RULE = '='.repeat(80);

/**
 * Contents of the file with the licenses of a bundle's packages. Packages with the same texts share a section.
 *
 * @param legalComments comments with license notices that esbuild took out of the code.
 */
export function licensesFile(app: string, packages: readonly BundledPackage[], legalComments: string): string {
  const sections = new Map<string, BundledPackage[]>();
  for (const each of packages) {
    const text = each.texts.map(({ file, text: content }) => `--- ${file}\n\n${content}`).join('\n\n');
    sections.set(text, [...(sections.get(text) ?? []), each]);
  }
  const parts = [...sections].map(([text, members]) => `${RULE}\n${members.map(heading).join('\n')}\n\n${text}\n`);
  const comments = legalComments.trim() === '' ? [] : [`${RULE}\nNotices in comments of the code\n\n${legalComments.trim()}\n`];
  const intro = `${app} contains code of ${packages.length} packages of other authors. Their licenses follow.\n`;
  return [intro, ...parts, ...comments].join('\n');
}

const heading = ({ name, version, license }: BundledPackage): string => `${name} ${version} (${license})`;

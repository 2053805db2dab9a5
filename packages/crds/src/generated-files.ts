/** The files outside this package that are made from the schemas and committed. */
import { PLURALS } from '@eeveebot/contract';
import { stringify } from 'yaml';
import { customResourceDefinition } from './custom-resource-definition.ts';
import { KIND_DEFINITIONS, type KindDefinition } from './kinds.ts';
import { referencePage } from './reference-page.ts';

/** The first manifest of a kind in YAML files of several. */
function exampleOf({ kind }: KindDefinition, examples: readonly string[]): string {
  for (const text of examples) {
    const source = text.split(/^---$/m).find((part) => new RegExp(`^kind: ${kind}$`, 'm').test(part));
    if (source !== undefined) return source.replaceAll(/^#.*\n/gm, '');
  }
  throw new Error(`examples/ contains no ${kind}`);
}

/**
 * Their contents by path from the root of the repository.
 *
 * @param examples contents of the YAML files in examples/: the reference pages quote a manifest of each kind.
 */
export function generatedFiles(examples: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const definition of KIND_DEFINITIONS) {
    files.set(
      `crds/${PLURALS[definition.kind]}.yaml`,
      `# Generated from packages/crds by \`npm run generate\`. Do not edit.\n${stringify(customResourceDefinition(definition), {
        lineWidth: 0,
        aliasDuplicateObjects: false,
      })}`,
    );
    files.set(`docs/reference/${definition.kind.toLowerCase()}.md`, referencePage(definition, exampleOf(definition, examples)));
  }
  return files;
}

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Helm } from '@eeveebot/testing';
import { parseDocument } from 'yaml';

/** A next version of the charts, with one more field of modules. */
export async function addField(helm: Helm, name: string): Promise<void> {
  const field = { type: 'string' };
  const definition = join(helm.chart('crds'), 'crds', 'botmodules.yaml');
  const crd = parseDocument(await readFile(definition, 'utf8'));
  crd.setIn(['metadata', 'annotations', 'eevee.bot/crd-checksum'], 'of-the-next-version');
  crd.setIn(['spec', 'versions', 0, 'schema', 'openAPIV3Schema', 'properties', 'spec', 'properties', name], field);
  await writeFile(definition, crd.toString());

  const values = join(helm.chart('bot'), 'values.schema.json');
  const schema = parseDocument(await readFile(values, 'utf8'));
  schema.setIn(['properties', 'botModules', 'items', 'properties', 'spec', 'properties', name], field);
  await writeFile(values, JSON.stringify(schema.toJSON()));
  // The umbrella chart was packed with the old ones.
  await helm.run(['dependency', 'update', helm.chart('eevee')]);
}

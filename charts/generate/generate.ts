/** Writes the charts' generated files: `npm run generate`. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chartFiles } from './generated-files.ts';
import { readSources, ROOT } from './sources.ts';

const files = chartFiles(readSources());
const folder = join(ROOT, 'charts/crds/crds');
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) {
  if (!files.has(`charts/crds/crds/${name}`)) rmSync(join(folder, name));
}
for (const [path, content] of files) {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(join(ROOT, path), content);
}
process.stdout.write(`${files.size} files\n`);

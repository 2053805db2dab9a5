// Copies the license of the repository and the pages about modules into the package before it is packed.
import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const BLOB = 'https://github.com/eeveebot/eevee/blob/main';

copyFileSync('../../LICENSE', 'LICENSE');
mkdirSync('docs', { recursive: true });
for (const page of globSync('../../docs/module/*.md')) {
  const text = readFileSync(page, 'utf8');
  // Link targets outside the folder of the pages are not in the package.
  const linked = text.replaceAll('](../../', `](${BLOB}/`).replaceAll('](../', `](${BLOB}/docs/`);
  writeFileSync(join('docs', basename(page)), linked);
}

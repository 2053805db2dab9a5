// Copies the built @eeveebot/contract into dist/contract, so that the published package depends on no other package of this repository.
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';

const CONTRACT = 'dist/contract';

cpSync('../contract/dist', CONTRACT, { recursive: true });
for (const file of globSync('dist/**/*.{js,d.ts}')) {
  if (file.startsWith(`dist${sep}contract${sep}`)) continue;
  const path = relative(dirname(file), CONTRACT).split(sep).join('/');
  const specifier = `${path.startsWith('.') ? path : `./${path}`}/index.js`;
  const built = readFileSync(file, 'utf8');
  const inlined = built.replaceAll(/(["'])@eeveebot\/contract\1/g, `'${specifier}'`);
  if (inlined !== built) writeFileSync(file, inlined);
}

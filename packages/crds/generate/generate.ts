/** Writes crds/*.yaml and docs/reference/*.md from the schemas. */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from '../src/generated-files.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const examples = (await readdir(join(root, 'examples'))).filter((name) => name.endsWith('.yaml')).toSorted();
const texts = await Promise.all(examples.map((name) => readFile(join(root, 'examples', name), 'utf8')));
for (const [path, content] of generatedFiles(texts)) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
  console.log(path);
}

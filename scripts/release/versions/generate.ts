/** Writes the versions of the package.json files into everything that names them, and the table of versions. */
import { readFileSync, writeFileSync } from 'node:fs';
import { versionFiles } from './version-files.ts';

for (const [path, text] of versionFiles('.'))
  if (path === 'docs/versions.md' || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);

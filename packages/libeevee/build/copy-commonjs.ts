// Copies the CommonJS modules and their types into dist: the compiler emits only what it compiles.
import { cpSync, globSync } from 'node:fs';

for (const file of globSync('src/**/*{.cjs,.d.cts}')) cpSync(file, file.replace(/^src/, 'dist'));

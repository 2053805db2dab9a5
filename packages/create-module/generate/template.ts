/** Writes the template, whose only source is the echo module, to `dist/template.json`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { collectedTemplate } from './collected-template.ts';

const dist = new URL('../dist/', import.meta.url);
mkdirSync(dist, { recursive: true });
writeFileSync(new URL('template.json', dist), JSON.stringify(collectedTemplate()));

import { readFileSync } from 'node:fs';
import type { Template } from './new-module.ts';

/** The template that was taken from the echo module when this package was built. */
export const readTemplate = (): Template => JSON.parse(readFileSync(new URL('template.json', import.meta.url), 'utf8')) as Template;

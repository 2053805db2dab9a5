/** Makes the table of settings in docs/chat/irc.md from the schema. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withSettingsTable } from '../src/config/reference.ts';

const page = fileURLToPath(new URL('../../../docs/chat/irc.md', import.meta.url));
writeFileSync(page, withSettingsTable(readFileSync(page, 'utf8')));

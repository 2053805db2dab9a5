import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse.ts';
import { settingsTable, withSettingsTable } from './reference.ts';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const page = readFileSync(`${root}docs/chat/irc.md`, 'utf8');
const sources = globSync('apps/connector-irc/src/**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('.test.ts'))
  .map((file) => readFileSync(root + file, 'utf8'));

describe('docs/chat/irc.md', () => {
  it('has an up-to-date table of settings: npm run generate -w apps/connector-irc', () => {
    expect(withSettingsTable(page)).toBe(page);
    expect(settingsTable()).toContain('| `connections[].irc.port` | whole number, 1 to 65535 | `6667` |');
  });

  it('explains every warning and error of the log', () => {
    const messages = sources.flatMap((source) => [
      ...[...source.matchAll(/log\.(?:warn|error)\(\s*'([^']+)'/g)].map(([, message]) => message),
      ...[...source.matchAll(/log\.(?:warn|error)\((?:\w+ === '\w+' \? )'([^']+)' : '([^']+)'/g)].flatMap(([, a, b]) => [a, b]),
    ]);
    expect(messages.length).toBeGreaterThan(12);
    expect(messages.filter((message) => message !== undefined && !page.includes(message))).toEqual([]);
  });

  it('has valid examples', () => {
    const examples = [...page.matchAll(/```yaml\n(connections:[\s\S]*?)```/g)].map(([, yaml]) => yaml ?? '');
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) expect(parseConfig(parse(example)).connections.length).toBeGreaterThan(0);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from './errors.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const index = readFileSync(new URL('index.ts', import.meta.url), 'utf8');

/** Names between braces, including types. */
const exported = [...index.matchAll(/export \{([^}]*)\}/g)].flatMap(([, names = '']) =>
  names
    .split(',')
    .map((name) => name.replace('type ', '').trim())
    .filter((name) => name !== ''),
);

describe('the README', () => {
  it.each(exported)('explains %s', (name) => {
    expect(readme).toMatch(new RegExp(String.raw`\W${name}\W`));
  });

  it.each(Object.values(ERROR_CODES))('explains how to fix %s', (code) => {
    expect(readme).toContain(`| \`${code}\` |`);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const FOLDER = 'docs/decisions';
const records = readdirSync(FOLDER)
  .filter((name) => name !== 'README.md')
  .toSorted();
const read = (name: string): string => readFileSync(`${FOLDER}/${name}`, 'utf8');

const SECTIONS = ['Context', 'Decision', 'Alternatives', 'Consequences'];

describe.each(records)('decision record %s', (name) => {
  it('has a number, a title, a status and a date', () => {
    expect(name).toMatch(/^\d{4}-[a-z0-9-]+\.md$/);
    expect(read(name)).toMatch(
      new RegExp(String.raw`^# ${name.slice(0, 4)}\. .+\n\n- Status: (?:accepted|superseded by \d{4})\n- Date: \d{4}-\d{2}-\d{2}\n`),
    );
  });

  it('has the sections of a record, in their order', () => {
    const sections = [...read(name).matchAll(/^## (.+)$/gm)].map(([, title = '']) => title);
    expect(sections).toContain('Decision');
    expect(sections).toEqual(SECTIONS.filter((each) => sections.includes(each)));
  });

  it('is listed in the index with its title', () => {
    const title = /^# \d{4}\. (.+)$/m.exec(read(name))?.[1];
    expect(read('README.md')).toContain(`| [${name.slice(0, 4)}](${name}) | ${title} |`);
  });
});

it('no two decision records have the same number', () => {
  expect(records.map((name) => Number(name.slice(0, 4)))).toEqual(records.map((_, index) => index + 1));
});

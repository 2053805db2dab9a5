import { describe, expect, it } from 'vitest';
import { anchorsOf, deadLinks } from './links.ts';

const dead = (text: string): readonly string[] =>
  deadLinks(
    new Map([
      ['docs/a.md', text],
      ['README.md', '# Try it'],
    ]),
    (path) => ['docs', 'docs/a.md', 'README.md'].includes(path),
  ).map(({ line, target }) => `${line} ${target}`);

describe('deadLinks', () => {
  it('finds links to files and headings that do not exist', () => {
    expect(dead('[a](b.md)\n[a](../README.md#see-it) [b](#none)')).toEqual(['1 b.md', '2 ../README.md#see-it', '2 #none']);
    expect(dead('[a](https://github.com/eeveebot/eevee/blob/main/docs/b.md)')).toHaveLength(1);
  });

  it('accepts links to files, folders, headings and other sites', () => {
    const site = 'https://github.com/eeveebot/eevee/blob/main';
    expect(
      dead(`# One \`two\`\n[a](../README.md#try-it) [b](#one-two) [c](../docs) [d](https://x.test/#y) [e](${site}/README.md#try-it)`),
    ).toEqual([]);
  });

  it('does not read code', () => {
    expect(dead('```\n[a](b.md)\n```\n`[a](c.md)`')).toEqual([]);
  });
});

it('numbers the anchors of headings with the same text', () => {
  expect([...anchorsOf('# A, b!\n## A b\n```\n# no\n```')]).toEqual(['a-b', 'a-b-1']);
});

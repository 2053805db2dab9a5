import { expect, it } from 'vitest';
import { oneLineSources, sourcesList, stanzaSources } from './apt-sources.ts';

it('parses one-line sources', () => {
  const text = [
    '# deb http://old.example/debian bookworm main',
    'deb-src http://deb.example/debian bookworm main',
    'deb [arch=amd64 signed-by=/a.gpg] http://deb.example/debian bookworm main contrib # nearest',
    '',
  ].join('\n');
  const sources = oneLineSources(text);
  expect(sources).toEqual([{ uri: 'http://deb.example/debian', suite: 'bookworm', components: ['main', 'contrib'] }]);
  expect(sourcesList(sources)).toBe('deb http://deb.example/debian bookworm main contrib\n');
});

it('parses sources with one field per line', () => {
  const text = `Types: deb deb-src
# http://snapshot.example/debian
URIs: http://deb.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/a.gpg

Types: deb
Enabled: no
URIs: http://other.example/debian
Suites: bookworm
Components: main
`;
  expect(stanzaSources(text)).toEqual(
    ['bookworm', 'bookworm-updates'].map((suite) => ({ uri: 'http://deb.example/debian', suite, components: ['main'] })),
  );
});

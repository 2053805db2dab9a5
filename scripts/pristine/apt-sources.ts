import { existsSync, globSync, readFileSync } from 'node:fs';

/** An archive of Debian packages that a machine installs from. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

/** Sources of this machine's apt that are of a Debian release: its archive, its updates and its security updates. */
export function aptSourcesOf(release: string): readonly AptSource[] {
  const oneLine = ['/etc/apt/sources.list', ...globSync('/etc/apt/sources.list.d/*.list')].filter((file) => existsSync(file));
  const stanzas = globSync('/etc/apt/sources.list.d/*.sources');
  const read = (file: string) => readFileSync(file, 'utf8');
  const suites = new Set([release, `${release}-updates`, `${release}-security`]);
  return [...oneLine.flatMap((file) => oneLineSources(read(file))), ...stanzas.flatMap((file) => stanzaSources(read(file)))].filter(
    ({ suite, components }) => suites.has(suite) && components.includes('main'),
  );
}

/** `deb [arch=amd64 signed-by=/a.gpg] URI suite component …`, see sources.list(5). */
export function oneLineSources(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const [, uri, suite, components] = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line) ?? [];
    if (uri === undefined || suite === undefined || components === undefined) return [];
    return [{ uri, suite, components: words(components) }];
  });
}

/** The form with one field per line, see sources.list(5). */
export function stanzaSources(text: string): readonly AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const lines = stanza.split('\n').filter((line) => !line.startsWith('#'));
    const field = (name: string) => words(lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1) ?? '');
    if (!field('Types').includes('deb') || field('Enabled')[0] === 'no') return [];
    const components = field('Components');
    return field('URIs').flatMap((uri) => field('Suites').map((suite) => ({ uri, suite, components })));
  });
}

/** The content of a `sources.list` with these sources. */
export function sourcesList(sources: readonly AptSource[]): string {
  return sources.map(({ uri, suite, components }) => `deb ${uri} ${suite} ${components.join(' ')}\n`).join('');
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

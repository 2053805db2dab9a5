import { expect, it } from 'vitest';
import { ChildModule } from './child-module.ts';

it('does not load parts of Node.js that a module does not need, such as those of a Pushgateway', async () => {
  const module = new ChildModule(`
    await import('./src/index.ts');
    const loaded = process.moduleLoadList.filter((name) => /^NativeModule (https|cluster|child_process|v8|sqlite)$/.test(name));
    console.log('loaded: ' + loaded.join());
  `);
  expect((await module.exited).code).toBe(0);
  expect(module.output).toBe('loaded: \n');
});

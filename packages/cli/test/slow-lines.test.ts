import { eventually } from '@eeveebot/testing';
import { expect, it } from 'vitest';
import { diceModule } from './dice.ts';
import { ModuleFolder, runEevee } from './eevee.ts';

it.each([
  ['a line that a handler never finishes', diceModule('await new Promise(() => undefined);'), '"!roll 1": dice did not finish.'],
  ['a line whose handler is an endless loop', diceModule('for (;;) if (ctx.text === "") break;'), '"!roll 1": dice did not finish.'],
  ['the start of a module that never ends', 'for (;;) if (Math.random() > 1) break;', 'still starting after'],
])('a script reports %s, and ends at a signal', async (_what, source, expected) => {
  using folder = new ModuleFolder({ 'src/main.ts': source });
  let stderr = '';
  const { code, stdout } = await runEevee(['dev', folder.path], {
    input: '!roll 1\n',
    running: (child) => {
      child.stderr?.on('data', (text: string) => (stderr += text));
      void eventually(() => stderr.includes(expected)).then(() => child.kill('SIGTERM'));
    },
  });
  expect(code).toBe(143);
  expect(stdout).not.toContain('still');
});

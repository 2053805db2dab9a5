import { expect, it } from 'vitest';
import { diceModule } from './dice.ts';
import { ModuleFolder, runEevee } from './eevee.ts';

const exitsWith = (code: number): string => `process.on('exit', () => { process.exitCode = ${code}; });`;

it.each([
  ['reports a module that fails after the last line of a script', 7, 1, 'dice ended (exit code 7)\n'],
  ['accepts a module that ends as if by the signal', 143, 0, ''],
])('%s', async (_what, code, expected, complaint) => {
  using folder = new ModuleFolder({ 'src/main.ts': diceModule(exitsWith(code)) });
  const outcome = await runEevee(['dev', folder.path], { input: '!roll 1\n' });
  expect([outcome.code, outcome.stderr]).toEqual([expected, complaint]);
});

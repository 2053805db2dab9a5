import { expect, it } from 'vitest';
import { SHELLS, completionScript } from './completion.ts';
import { eeveeProgram } from './eevee-program.ts';
import { commandLine } from './run-program.ts';

it.each(SHELLS)('the script for %s names every command and option', (shell) => {
  const program = commandLine(eeveeProgram);
  const script = completionScript(shell, 'eevee', program);
  for (const command of program.commands) {
    expect(script).toContain(command.name());
    for (const { long } of command.options) expect(script).toContain(shell === 'fish' ? `-l ${long?.slice(2)}` : long);
  }
  expect(script).toMatch(/bash zsh fish/);
});

import { addChatCommand } from './chat-command.ts';
import { addCompletionCommand } from './completion-command.ts';
import { addDevCommand } from './dev-command.ts';
import type { ProgramDefinition } from './run-program.ts';

/** `eevee`: bots on this machine. */
export const eeveeProgram: ProgramDefinition = {
  name: 'eevee',
  description: 'Runs eevee bots and modules on this machine, so that you can talk to them.',
  examples: ['eevee dev', 'eevee chat', "echo '!help' | eevee chat"],
  addCommands: (program, exit) => {
    addDevCommand(program, exit);
    addChatCommand(program, exit);
    addCompletionCommand(program, 'eevee');
  },
};

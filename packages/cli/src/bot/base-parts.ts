import { dirname } from 'node:path';
import { MODULE_ENV } from '@eeveebot/contract';
import type { BotPart } from './local-bot.ts';
import { nodeFlags } from './module-entry.ts';
import { PARTS } from './parts.ts';

/** A part that is included in this program. Only its errors are shown. */
export function basePart(name: keyof typeof PARTS): BotPart {
  const file = PARTS[name];
  const folder = dirname(file);
  // The configuration that the shell names is that of the user's module.
  const env = (): NodeJS.ProcessEnv => ({ [MODULE_ENV.moduleConfigPath]: undefined });
  return { name, file, folder, nodeFlags: nodeFlags({ folder }), logLevel: 'error', env };
}

import { dirname } from 'node:path';
import type { BotPart } from './local-bot.ts';
import { nodeFlags } from './module-entry.ts';
import { PARTS } from './parts.ts';

/** A part that is included in this program. Only its errors are shown. */
export function basePart(name: keyof typeof PARTS): BotPart {
  const file = PARTS[name];
  const folder = dirname(file);
  return { name, file, folder, nodeFlags: nodeFlags({ folder }), logLevel: 'error' };
}

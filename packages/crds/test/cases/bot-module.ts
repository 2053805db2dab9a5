import { acceptedBotModules } from './bot-module-accepted.ts';
import { refusedBotModules } from './bot-module-refused.ts';
import type { Cases } from './case.ts';

export const botModule: Cases = { accepted: acceptedBotModules, refused: refusedBotModules };

/**
 * A bot on this machine: `talk-locally.ts` starts a `LocalBot`, which has a bus (`bus.ts`) and a process for each part
 * (`module-process.ts`, which runs `../child/runner.ts`). The parts are those that come with this program (`base-parts.ts`, `parts.ts`) and
 * modules of the user (`user-part.ts`, whose entry point `module-entry.ts` finds); `file-watch.ts` reports when one must restart.
 */
export { basePart } from './base-parts.ts';
export { natsServerOnPath } from './bus.ts';
export { talkLocally } from './talk-locally.ts';
export { userPart } from './user-part.ts';

/**
 * The reasons that the condition `Ready` of each kind may carry: the status and the progress that go with each, when it is
 * given and what to do about it. The operator derives its conditions and events from these tables, and the reference pages
 * print them.
 */
export * from './backup-restore.ts';
export * from './backup-schedule.ts';
export * from './bot-module.ts';
export * from './ipc-config.ts';
export * from './s3-store.ts';
export type { Progress, Reason, Reasons } from './reason.ts';

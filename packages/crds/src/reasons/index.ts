/**
 * The reasons that the condition `Ready` of each kind may carry: the status and the progress that go with each, the situation
 * and the user's next step. The operator derives its conditions and events from these tables, and the reference pages
 * print them, as they do with the reasons of the other conditions (`other-conditions.ts`).
 */
export * from './backup-restore.ts';
export * from './backup-schedule.ts';
export * from './bot-module.ts';
export * from './other-conditions.ts';
export * from './ipc-config.ts';
export * from './s3-store.ts';
export type { ConditionStatus, Progress, Reason, Reasons } from './reason.ts';

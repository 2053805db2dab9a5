import { reminders } from './reminders.ts';

await reminders.start();

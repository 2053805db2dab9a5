import { messageOf } from '@eeveebot/contract';
import { isInvalid } from '../../controller/errors.ts';
import { type OwnField, rejectionText } from '../rejection-text.ts';

/** A refused request that is not for a target: the targets are not affected. */
export class ScheduleError extends Error {
  override readonly name: string = 'ScheduleError';

  /** @param what was refused. */
  constructor(what: string, cause: unknown, text = (message: string): string => message) {
    super(`${what}: ${text(messageOf(cause))}`, { cause });
  }

  /** Whether the API server refuses the object as invalid: it is retried only after a long time. */
  get isFinal(): boolean {
    return isInvalid(this.cause);
  }
}

/** Changes that are left to the next reconcile. */
export class PostponedError extends ScheduleError {
  override readonly name = 'PostponedError';

  constructor(count: number, cause: string) {
    super(`${count} further ${count === 1 ? 'change was' : 'changes were'} not attempted yet`, new Error(cause));
  }
}

/** A target whose objects could not be applied; the other targets are not affected. */
export class TargetError extends ScheduleError {
  override readonly name = 'TargetError';

  /** @param ownFields of the schedule, by kind of the object that was refused. */
  constructor(module: string, cause: unknown, ownFields: Readonly<Record<string, OwnField>>) {
    super(`BotModule ${module}`, cause, (message) => rejectionText(message, ownFields));
  }
}

import { messageOf } from '@eeveebot/contract';
import { isInvalid } from '../../controller/errors.ts';

/** A target whose objects could not be applied; the other targets are not affected. */
export class TargetError extends Error {
  override readonly name = 'TargetError';

  constructor(module: string, cause: unknown) {
    super(`BotModule ${module}: ${messageOf(cause)}`, { cause });
  }

  /** Whether the API server refuses the object as invalid: it is retried only after a long time. */
  get isFinal(): boolean {
    return isInvalid(this.cause);
  }
}

import { isInvalid } from '../../controller/errors.ts';

/** A target that could not be brought to what it should be; the others are none the worse. */
export class TargetError extends Error {
  override readonly name = 'TargetError';

  constructor(module: string, cause: unknown) {
    super(`BotModule ${module}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }

  /** The API server refuses the object as it is: it is tried again after a long time only. */
  get isFinal(): boolean {
    return isInvalid(this.cause);
  }
}

/**
 * Failures that a caller may want to distinguish. The README explains every code.
 */
export const ERROR_CODES = {
  /** A required environment variable is not set. */
  missingEnvironment: 'EEVEE_MISSING_ENVIRONMENT',
  /** The NATS host is not a valid `host`, `host:port` or URL, or has an unsupported scheme. */
  natsHostInvalid: 'EEVEE_NATS_HOST_INVALID',
  /** The NATS server rejected the credentials on the first connect, or they cannot be read. */
  natsAuthentication: 'EEVEE_NATS_AUTHENTICATION',
  /** The client was closed, or its connect was aborted. */
  natsClosed: 'EEVEE_NATS_CLOSED',
  /** The NATS server refused a subscription that a module cannot work without. */
  notSubscribed: 'EEVEE_NOT_SUBSCRIBED',
  /** A chat message could not be passed to NATS. */
  chatNotSent: 'EEVEE_CHAT_NOT_SENT',
  /** A connector did not answer a query in time. */
  connectorTimeout: 'EEVEE_CONNECTOR_TIMEOUT',
  /** A connector answered with an error, or with an invalid answer. */
  connectorError: 'EEVEE_CONNECTOR_ERROR',
  /** A connector could not be queried: NATS is not connected. */
  connectorUnreachable: 'EEVEE_CONNECTOR_UNREACHABLE',
  /** The HTTP server could not listen: port taken, or not allowed. */
  httpListen: 'EEVEE_HTTP_LISTEN',
  /** `onStart` of a module exceeded its time limit. */
  startTimeout: 'EEVEE_START_TIMEOUT',
  /** A module definition is invalid: a UUID is missing or used twice, or a regex cannot be parsed. */
  moduleInvalid: 'EEVEE_MODULE_INVALID',
  /** The configuration of a module does not match its schema or its defaults. */
  configInvalid: 'EEVEE_CONFIG_INVALID',
  /** A handler exceeded its time limit, or answered after it. */
  handlerTimeout: 'EEVEE_HANDLER_TIMEOUT',
  /** A middleware called `next()` a second time, or after it had ended. */
  nextMisused: 'EEVEE_NEXT_MISUSED',
  /** A handler was still running when the module stopped. */
  moduleStopped: 'EEVEE_MODULE_STOPPED',
  /** The store refused a key, a value or a call that it cannot keep as given. */
  storeRefused: 'EEVEE_STORE_REFUSED',
  /** This Node.js has no SQLite. */
  storeUnsupported: 'EEVEE_STORE_UNSUPPORTED',
  /** The file of the store could not be opened, read or written. */
  storeUnavailable: 'EEVEE_STORE_UNAVAILABLE',
  /** The file of the store, or its volume, is read-only. */
  storeReadOnly: 'EEVEE_STORE_READ_ONLY',
  /** The volume of the store is full. */
  storeFull: 'EEVEE_STORE_FULL',
  /** Another process kept the store locked. */
  storeBusy: 'EEVEE_STORE_BUSY',
  /** The file of the store is damaged, or belongs to another program. */
  storeCorrupt: 'EEVEE_STORE_CORRUPT',
  /** A newer release of this library wrote the store. */
  storeNewer: 'EEVEE_STORE_NEWER',
  /** The store was used after the module had stopped. */
  storeClosed: 'EEVEE_STORE_CLOSED',
  /** An entry of a schedule cannot work: its time, interval, cron expression, key or payload. */
  scheduleRefused: 'EEVEE_SCHEDULE_REFUSED',
  /** A question of a handler cannot be asked: its time limit is invalid, or the handler has no one to ask. */
  askRefused: 'EEVEE_ASK_REFUSED',
  /** A clean stop took too long, or was requested twice. */
  forcedExit: 'EEVEE_FORCED_EXIT',
} as const;

/** One of the values of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[keyof typeof ERROR_CODES];

/**
 * An error of this library. Distinguish errors by `code`; the message is for humans.
 *
 * @example
 * try {
 *   await createNatsConnection();
 * } catch (error) {
 *   if (error instanceof EeveeError && error.code === 'EEVEE_NATS_AUTHENTICATION') process.exit(77);
 *   throw error;
 * }
 */
export class EeveeError extends Error {
  override readonly name = 'EeveeError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * An error that is the user's to fix, not the module's: its message is the answer. `defineModule` sends it to the channel as a reply, or as
 * a notice that only the user reads; an event that belongs to no channel is always answered by a notice. It is not logged as a failure, is counted
 * as `user_error` instead of `error`, and `onError` does not run.
 *
 * @example
 * throw new UserError(`there is no city called ${name}`);
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  /** Whether only the user reads the message. */
  readonly asNotice: boolean;

  /** @param options.asNotice default `false`. */
  constructor(message: string, options: { cause?: unknown; asNotice?: boolean } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.asNotice = options.asNotice ?? false;
  }
}

/**
 * Whether a thrown value is an instance of a class, for values that a module throws: `instanceof` throws for some of them, such as a Proxy
 * whose traps throw.
 */
export function isInstanceOf<Instance>(thrown: unknown, type: abstract new (...parameters: never[]) => Instance): thrown is Instance {
  try {
    return thrown instanceof type;
  } catch {
    return false;
  }
}

/**
 * The user did not answer a question of `ctx.ask` in time. A handler that does not catch it ends, and the user gets the message.
 *
 * @example
 * const city = await ask('Which city?').catch((error) => {
 *   if (error instanceof UnansweredError) return 'Berlin';
 *   throw error;
 * });
 */
export class UnansweredError extends UserError {
  override readonly name = 'UnansweredError';
}

const stringField = (value: object, field: string): string | undefined => {
  const found: unknown = Reflect.get(value, field);
  return typeof found === 'string' && found !== '' ? found : undefined;
};

/**
 * Reason of a failure, on one line, with the whole cause chain. Node's `AggregateError` of several refused addresses has an empty
 * message, and the NATS client hides the cause in `chainedError`.
 *
 * @example
 * reasonOf(new Error('cannot connect', { cause: new Error('ECONNREFUSED') })); // 'cannot connect: ECONNREFUSED'
 */
export function reasonOf(error: unknown): string {
  const reasons: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current !== undefined && current !== null; depth++) {
    if (typeof current !== 'object') {
      reasons.push(String(current));
      break;
    }
    const own = stringField(current, 'message') ?? stringField(current, 'code');
    if (own !== undefined && !reasons.some((reason) => reason.includes(own))) reasons.push(own);
    const errors: unknown = Reflect.get(current, 'errors');
    current = Reflect.get(current, 'cause') ?? Reflect.get(current, 'chainedError') ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return reasons.length === 0 ? 'unknown error' : reasons.join(': ');
}

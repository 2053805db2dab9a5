/**
 * What can go wrong in a way that a caller may want to tell apart. Every code is explained in the
 * README.
 */
export const ERROR_CODES = {
  /** An environment variable that is needed is not set. */
  missingEnvironment: 'EEVEE_MISSING_ENVIRONMENT',
  /** The NATS host cannot be read as `host`, `host:port` or a URL, or has a scheme that cannot be connected to. */
  natsHostInvalid: 'EEVEE_NATS_HOST_INVALID',
  /** The NATS server refused the credentials at the first connect, or they cannot be read. */
  natsAuthentication: 'EEVEE_NATS_AUTHENTICATION',
  /** The client was closed, or its connect was aborted. */
  natsClosed: 'EEVEE_NATS_CLOSED',
  /** The NATS server refused a subscription without which a module does nothing. */
  notSubscribed: 'EEVEE_NOT_SUBSCRIBED',
  /** A chat message could not be handed to NATS. */
  chatNotSent: 'EEVEE_CHAT_NOT_SENT',
  /** A connector did not answer a question in time. */
  connectorTimeout: 'EEVEE_CONNECTOR_TIMEOUT',
  /** A connector answered that it cannot say, or something that is no answer. */
  connectorError: 'EEVEE_CONNECTOR_ERROR',
  /** A connector could not be asked: NATS is away. */
  connectorUnreachable: 'EEVEE_CONNECTOR_UNREACHABLE',
  /** The HTTP server could not listen: port taken, or not allowed. */
  httpListen: 'EEVEE_HTTP_LISTEN',
  /** `onStart` of a module took longer than it may. */
  startTimeout: 'EEVEE_START_TIMEOUT',
  /** A module's definition cannot work: a UUID is missing or used twice, a regex cannot be read. */
  moduleInvalid: 'EEVEE_MODULE_INVALID',
  /** A module's configuration is not what its schema or its defaults allow. */
  configInvalid: 'EEVEE_CONFIG_INVALID',
  /** A handler took longer than it may, or answered after that. */
  handlerTimeout: 'EEVEE_HANDLER_TIMEOUT',
  /** A handler was still running when the module stopped. */
  moduleStopped: 'EEVEE_MODULE_STOPPED',
  /** A clean stop took too long, or was asked for twice. */
  forcedExit: 'EEVEE_FORCED_EXIT',
} as const;

/** One of the values of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[keyof typeof ERROR_CODES];

/**
 * An error of this library. Tell them apart by `code`; the text is for people.
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

const stringField = (value: object, field: string): string | undefined => {
  const found: unknown = Reflect.get(value, field);
  return typeof found === 'string' && found !== '' ? found : undefined;
};

/**
 * Why something failed, on one line and down to the last cause. Node's `AggregateError` of several
 * refused addresses has an empty message, and the NATS client hides the cause in `chainedError`.
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

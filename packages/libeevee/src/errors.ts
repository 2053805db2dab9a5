/** Why a connection to NATS was given up. */
export type NatsConnectFailure = 'token refused' | 'address invalid' | 'aborted';

/** `connect()` gave up. What may mend itself (no server yet, no DNS, a timeout) never ends up here. */
export class NatsConnectError extends Error {
  override readonly name = 'NatsConnectError';
  readonly kind: NatsConnectFailure;

  constructor(kind: NatsConnectFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** An environment variable that is needed is not set, or empty. */
export class MissingEnvironmentError extends Error {
  override readonly name = 'MissingEnvironmentError';
  readonly variable: string;

  constructor(variable: string, purpose: string) {
    super(`${variable} is not set: it must hold ${purpose}`);
    this.variable = variable;
  }
}

/** A message could not be handed to NATS: not connected, or too large. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
  readonly subject: string;

  constructor(subject: string) {
    super(`not sent to ${subject}: the NATS connection cannot take it now`);
    this.subject = subject;
  }
}

/** The HTTP server could not listen. */
export class HttpListenError extends Error {
  override readonly name = 'HttpListenError';
  readonly port: number;

  constructor(port: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.port = port;
  }
}

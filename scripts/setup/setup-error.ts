/** This machine lacks something that cannot be installed for the user; the message says what, and how to get it. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

type Then = (resolve: (value?: unknown) => void, reject: (error: Error) => void) => unknown;

const NAME = ['t', 'h', 'e', 'n'].join('');

/** An object with a `then`, as authors create by accident. */
export const withThen = <Target extends object>(target: Target, then: unknown): Target =>
  Object.defineProperty(target, NAME, { value: then });

/** The error that all of them throw. */
export const thrown = new Error('on purpose');

const throwing = (): never => {
  throw thrown;
};

/** Answers that throw when they are inspected. */
export const throwingAnswers: readonly (readonly [string, unknown])[] = [
  ['whose then throws when it is read', Object.defineProperty({}, NAME, { get: throwing })],
  ['whose then throws when it is called', withThen({}, throwing)],
  ['that is a promise whose then throws when it is called', withThen(Promise.resolve(), throwing)],
  ['that is a promise whose then throws when it is read', Object.defineProperty(Promise.resolve(), NAME, { get: throwing })],
  ['that throws whatever is read of it', new Proxy(() => {}, { get: throwing })],
];

const backThrice: Then = (resolve, reject) => {
  resolve('first');
  resolve('second');
  reject(thrown);
  throw thrown;
};

/** An answer that calls back three times, and throws. */
export const repeatedAnswer = withThen({}, backThrice);

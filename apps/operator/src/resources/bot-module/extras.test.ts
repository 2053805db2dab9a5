import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { observedModule } from '../../../test/fixtures/bot-modules.ts';
import { ApiError } from '../../controller/errors.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { applyExtras } from './extras.ts';

/** The problems of a module with a Service whose creation ends with this error. */
function problemsAfter(refusal: Error) {
  const context = {
    writer: {
      async apply() {
        throw refusal;
      },
    },
    events: { record: () => undefined },
    signal: new AbortController().signal,
    clock: new FakeClock(),
  };
  return applyExtras(observedModule({ service: { type: 'ClusterIP' } }), context as unknown as ReconcileContext);
}

describe('a refused Service of a module', () => {
  it.each([
    ['a quota', new ApiError('exceeded quota', { code: 403, reason: 'Forbidden' })],
    [
      'a quota that changes at the same time',
      new ApiError('Operation cannot be fulfilled on resourcequotas "q": the object has been modified', { code: 409, reason: 'Conflict' }),
    ],
  ])('is applied again with the usual delays after a refusal by %s', async (_, refusal) => {
    expect(await problemsAfter(refusal)).toMatchObject([{ reason: 'NotApplied', refusal }]);
  });

  it.each([
    ['that exists', new ApiError('services "eevee-echo-module" already exists', { code: 409, reason: 'AlreadyExists' })],
    ['that is invalid', new ApiError('spec.ports: Invalid value', { code: 422, reason: 'Invalid' })],
  ])('is left for longer if it is one %s', async (_, refusal) => {
    const [problem] = await problemsAfter(refusal);
    expect(problem).toMatchObject({ reason: 'NotApplied', message: expect.stringContaining(refusal.message) });
    expect(problem).not.toHaveProperty('refusal');
  });
});

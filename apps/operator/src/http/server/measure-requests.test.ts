import { expect, it } from 'vitest';
import { DESCRIBED_ANSWERS } from './measure-requests.ts';

it('the described answers are those of the OpenAPI document, each once', () => {
  expect(DESCRIBED_ANSWERS).toContainEqual({ method: 'GET', route: '/api/bot-modules', statusCode: 429 });
  expect(DESCRIBED_ANSWERS).toContainEqual({ method: 'POST', route: '/api/action/restart-module', statusCode: 200 });
  expect(new Set(DESCRIBED_ANSWERS.map((answer) => JSON.stringify(answer))).size).toBe(DESCRIBED_ANSWERS.length);
});

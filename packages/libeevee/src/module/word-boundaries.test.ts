import { afterEach, expect, it, vi } from 'vitest';
import { log } from '../log/log.ts';
import { startTestBot } from '../testing/start-test-bot.ts';
import { defineModule } from './define-module.ts';

afterEach(() => void vi.restoreAllMocks());

it.each([
  [String.raw`^café\b`, true],
  [String.raw`^🦊\b`, true],
  [String.raw`\bäpfel`, true],
  [String.raw`^cafe\b`, false],
  [String.raw`^café\\b`, false],
  [String.raw`^café(?:\s+|$)`, false],
])('warns of a command whose word boundaries do not work: %s %s', async (regex, isWarned) => {
  const warn = vi.spyOn(log, 'warn').mockImplementation(() => undefined);
  const commands = [{ commandDisplayName: 'menu', regex, run: () => undefined }];
  await using bot = await startTestBot(defineModule({ name: 'menu', version: '1.0.0', commands }));
  await bot.say('hello');
  const warnings = warn.mock.calls.filter(([message]) => message === 'a command is not called as a whole word');
  expect(warnings).toEqual(isWarned ? [[expect.any(String), expect.objectContaining({ command: 'menu', regex })]] : []);
});

import { describe, expect, it } from 'vitest';
import { architecturePage } from './architecture.ts';
import { isPure, refusal } from './refusal.ts';

describe('refusal', () => {
  it.each([
    ['packages/contract/src/names.ts', './labels.ts'],
    ['packages/testing/src/images/images.ts', '../programs/binaries.ts'],
    ['apps/operator/src/resources/bot-module/reconcile.ts', './desired/deployment.ts'],
    ['apps/operator/src/resources/bot-module/reconcile.ts', '../watching.ts'],
    ['apps/backup/src/cli.ts', '../package.json'],
    ['apps/backup/test/cli.test.ts', '@eeveebot/testing'],
  ])('lets %s import %s', (file, specifier) => {
    expect(refusal(file, specifier)).toBeUndefined();
  });

  it.each([
    ['packages/contract/src/names.ts', 'node:fs'],
    ['packages/testing/src/programs/binaries.ts', '../../../../scripts/setup/progress.ts'],
    ['apps/operator/src/resources/bot-module/reconcile.ts', '../ipc-config/nats.ts'],
    ['apps/operator/src/resources/bot-module/desired/deployment.ts', '../../../controller/api/client.ts'],
    ['apps/operator/src/main.ts', '@eeveebot/testing'],
    ['apps/backup/test/cli.test.ts', '../../operator/src/config.ts'],
    ['apps/operator/src/somewhere/new.ts', 'node:fs'],
  ])('refuses that %s imports %s', (file, specifier) => {
    expect(refusal(file, specifier)).toContain('scripts/fences/table.ts');
  });
});

it('makes the decisions of a kind pure, and the rest not', () => {
  expect(isPure('apps/operator/src/resources/bot-module/desired/deployment.ts')).toBe(true);
  expect(isPure('apps/operator/src/resources/bot-module/reconcile.ts')).toBe(false);
});

it('keeps the table in ARCHITECTURE.md fresh: npm run generate', () => {
  const { present, fresh } = architecturePage();
  expect(present).toBe(fresh);
});

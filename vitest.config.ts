import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Node itself loads most modules and adds "import" or "require" as the case may be. Given here, "import" would hold for both.
const conditions = ['@eeveebot/source', 'node'];

// A failed test shows what its servers wrote.
const setupFiles = ['packages/testing/src/show-logs.ts'];

// Each bundle is built once in a run.
const globalSetup = ['packages/testing/src/programs/keep-bundles.ts'];

/** Ends a test or hook that hangs. It says nothing of how long one takes: on a busy machine some take many times as long. */
const HANG_MS = 600_000;
const guards = { testTimeout: HANG_MS, hookTimeout: HANG_MS };

// Tests name the modes of files that they create; some shells have a stricter umask.
process.umask(0o022);

/** Unit tests that replace a module, or of the registry of metrics, which exists once in a process: each file gets a process of its own. */
const OF_PROCESS = ['packages/libeevee/src/metrics/*.test.ts', 'apps/backup/src/restore/swap/swap.test.ts'];

/** Short files that take long, the slowest first. */
const SLOW = [
  'apps/backup/test/kill.test.ts',
  'apps/operator/test/killed-between-steps.test.ts',
  'apps/operator/test/thousand-modules.test.ts',
  'packages/cli/test/cluster.test.ts',
  'apps/router/test/chat-under-fire.test.ts',
  'scripts/test/release-npm.test.ts',
  'apps/operator/test/many-targets.test.ts',
  'apps/operator/test/webhooks-in-series.test.ts',
  'apps/operator/test/slow-stores.test.ts',
  'charts/test/spec-sweep.test.ts',
  'charts/test/value-sweep.test.ts',
  'charts/test/upgrade-from-2.x.test.ts',
];

/**
 * Begins with the slow files, so that no worker is left with one of them at the end. Without durations of an earlier run, vitest would begin
 * with the longest files.
 */
class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => SLOW.findIndex((path) => moduleId.endsWith(`/${path}`));
    const sorted = await super.sort(files);
    const slow = sorted.filter((file) => rank(file) >= 0).toSorted((a, b) => rank(a) - rank(b));
    return [...slow, ...sorted.filter((file) => rank(file) < 0)];
  }
}

/** Three sizes of test: no process; servers without a node; a whole node. */
export default defineConfig({
  test: {
    sequence: { sequencer: SlowestFirst },
    // A test that starts vitest with another lock file empties the default folder, which this run would still read.
    fsModuleCachePath: 'node_modules/.vitest-modules',
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: 'unit',
          ...guards,
          include: [
            '{packages,apps}/*/src/**/*.test.ts',
            'packages/testing/setup/*.test.ts',
            'scripts/**/*.test.ts',
            'charts/generate/*.test.ts',
          ],
          exclude: ['scripts/test/**', ...OF_PROCESS, '**/node_modules/**'],
          // Most of the time of a file would be the start of its own process.
          isolate: false,
        },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: { name: 'unit-isolated', ...guards, include: OF_PROCESS },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: 'integration',
          setupFiles,
          globalSetup,
          include: [
            '{packages,apps}/*/test/**/*.test.ts',
            'scripts/test/**/*.test.ts',
            'charts/test/**/*.test.ts',
            'examples/test/**/*.test.ts',
          ],
          exclude: ['**/*.e2e.test.ts', '**/node_modules/**'],
          ...guards,
          fileParallelism: true,
          // Tests wait for servers a part of the time: one worker more than the processors of the smallest machine.
          maxWorkers: 3,
        },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: 'e2e',
          setupFiles,
          globalSetup,
          include: ['{packages,apps,charts,scripts}/**/test/**/*.e2e.test.ts'],
          ...guards,
          fileParallelism: true,
          maxWorkers: 2,
        },
      },
    ],
  },
});

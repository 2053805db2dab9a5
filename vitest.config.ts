import { defineConfig } from 'vitest/config';

// Node itself loads most modules and adds "import" or "require" as the case may be. Given here, "import" would hold for both.
const conditions = ['@eeveebot/source', 'node'];

// A failed test shows what its servers wrote.
const setupFiles = ['packages/testing/src/show-logs.ts'];

/** Ends a test or hook that hangs. It says nothing of how long one takes: on a busy machine some take many times as long. */
const HANG_MS = 600_000;
const guards = { testTimeout: HANG_MS, hookTimeout: HANG_MS };

/** Three sizes of test: no process; servers without a node; a whole node. */
export default defineConfig({
  test: {
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
          exclude: ['scripts/test/**', '**/node_modules/**'],
        },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: 'integration',
          setupFiles,
          include: [
            '{packages,apps}/*/test/**/*.test.ts',
            'scripts/test/**/*.test.ts',
            'charts/test/**/*.test.ts',
            'examples/test/**/*.test.ts',
          ],
          exclude: ['**/*.e2e.test.ts', '**/node_modules/**'],
          ...guards,
          fileParallelism: true,
          maxWorkers: 2,
        },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: 'e2e',
          setupFiles,
          include: ['{packages,apps,charts,scripts}/**/test/**/*.e2e.test.ts'],
          ...guards,
          fileParallelism: false,
        },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';

// Node itself loads most modules and adds "import" or "require" as the case may be. Given here, "import" would hold for both.
const conditions = ['@eeveebot/source', 'node'];

// A failed test shows what its servers wrote.
const setupFiles = ['packages/testing/src/show-logs.ts'];

/** Three sizes of test: no process; servers without a node; a whole node. */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: 'unit',
          include: ['{packages,apps}/*/src/**/*.test.ts', 'packages/testing/setup/*.test.ts', 'scripts/**/*.test.ts'],
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
          testTimeout: 60_000,
          hookTimeout: 120_000,
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
          include: ['{packages,apps,charts}/**/test/**/*.e2e.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

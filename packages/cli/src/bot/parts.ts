import { fileURLToPath } from 'node:url';

/** Whether this is the published bundle, in which each program is a file below the folder of this one (`build/bundle.ts`). */
const IS_BUNDLED = !import.meta.url.endsWith('.ts');

const file = (where: { readonly bundled: string; readonly source: string }): string =>
  fileURLToPath(new URL(IS_BUNDLED ? where.bundled : where.source, import.meta.url));

/** Program that runs a module in a process of its own. */
export const RUNNER = file({ bundled: './child/runner.js', source: '../child/runner.ts' });

/** Entry points of the parts of a bot. */
export const PARTS = {
  router: file({ bundled: './parts/router.js', source: '../../../../apps/router/src/main.ts' }),
  help: file({ bundled: './parts/help.js', source: '../../../../apps/help-module/src/main.ts' }),
  echo: file({ bundled: './parts/echo.js', source: '../../../../apps/echo-module/src/main.ts' }),
} as const;

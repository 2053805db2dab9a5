import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../../.test-results', import.meta.url));

/**
 * Environment of programs that tests start from the TypeScript sources: Node.js keeps what it has compiled, for the next program of the same
 * sources. Starting a module takes a third of the processor time then.
 *
 * @see https://nodejs.org/docs/latest/api/module.html#module-compile-cache
 */
export const KEEPS_COMPILED_CODE: Readonly<Record<string, string>> = { NODE_COMPILE_CACHE: join(FOLDER, 'compiled') };

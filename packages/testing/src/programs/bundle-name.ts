import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * File name of an application's bundle, which ends the build script of its package.json.
 *
 * @param app folder of the application.
 * @example
 * bundleName('apps/router'); // 'router.cjs'
 */
export function bundleName(app: string): string {
  const { scripts } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as { readonly scripts: { readonly build: string } };
  return basename(scripts.build.split(' ').at(-1) ?? '');
}

import { execFileSync } from 'node:child_process';
import { afterEach } from 'vitest';

/**
 * Mounts file systems, as `mount` with these arguments does, until the end of each test. Requires root.
 *
 * @example
 * const mount = useMounts();
 * it('runs', () => mount('-t', 'tmpfs', 'tmpfs', path));
 */
export function useMounts(): (...args: readonly [...options: string[], path: string]) => void {
  const mounted: string[] = [];
  afterEach(() => {
    for (const path of mounted.splice(0).toReversed()) execFileSync('umount', [path]);
  });
  return (...args) => {
    execFileSync('mount', args);
    mounted.push(args.at(-1) ?? '');
  };
}

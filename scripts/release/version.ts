import { runProgram } from './program.ts';

/**
 * Turns changesets into versions and changelogs, then brings everything in line with the new versions: the lock file, the generated files,
 * and the names of images in charts, examples and documents.
 */
export async function version(root: string): Promise<void> {
  await runProgram('changeset', ['version'], { cwd: root });
  await runProgram('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root });
  await runProgram('npm', ['run', '--silent', 'generate'], { cwd: root });
  console.log('Review the changes, commit them as "release: VERSION" and merge them; then tag the merged commit (docs/releasing.md).');
}

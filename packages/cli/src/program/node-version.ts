import manifest from '../../package.json' with { type: 'json' };

/** Major and minor version, from `22.12.0` or `>=22.12`. */
function majorAndMinor(version: string): readonly [major: number, minor: number] {
  const [major = 0, minor = 0] = (version.match(/\d+/g) ?? []).map(Number);
  return [major, minor];
}

/**
 * The problem of a version of Node.js that is too old for these programs, and the fix; `undefined` for the others. npm only warns about it.
 *
 * @example
 * nodeProblem('20.20.2'); // 'needs Node.js 22.12 or later, and this is 20.20.2: …'
 */
export function nodeProblem(version: string, required: string = manifest.engines.node): string | undefined {
  const [[major, minor], [leastMajor, leastMinor]] = [majorAndMinor(version), majorAndMinor(required)];
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined;
  return `needs Node.js ${leastMajor}.${leastMinor} or later, and this is ${version}: install it from https://nodejs.org`;
}

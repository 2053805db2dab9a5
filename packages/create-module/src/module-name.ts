/** Kubernetes objects are named after the module, and hold 63 characters; npm allows no upper case. */
const NAME = /^[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?$/;

/** The file that starts every module. */
const ENTRY = 'main';

/** Words that YAML reads as a boolean or null, so that each manifest with the name would need quotes. */
const YAML_WORD = /^(?:y|n|yes|no|on|off|true|false|null)$/;

/** The nearest valid name; empty if the text has too few usable characters. */
const corrected = (name: string): string => {
  const word = name
    // Letters without their accents.
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return YAML_WORD.test(word) ? `${word}-bot` : word;
};

/**
 * Problem of a module name and its fix; `undefined` for a valid name.
 *
 * @param packages dependencies of the module: npm installs no package into a package of the same name.
 * @example
 * nameProblem('My Bot'); // '"My Bot" is not a valid name for a module: … Try my-bot.'
 */
export function nameProblem(name: string, packages: readonly string[] = []): string | undefined {
  if (name === ENTRY)
    return `"${name}" is not a valid name for a module: src/${ENTRY}.ts is the entry file of the module. Try ${name}-bot.`;
  if (packages.includes(name))
    return `"${name}" is not a valid name for a module: it is the name of a package that the module is built with. Try ${name}-bot.`;
  if (YAML_WORD.test(name)) return `"${name}" is not a valid name for a module: YAML does not parse it as a string. Try ${name}-bot.`;
  if (NAME.test(name)) return undefined;
  const rule = 'use up to 40 lower-case letters, digits and hyphens, a letter first and no hyphen last.';
  const better = corrected(name);
  return `"${name}" is not a valid name for a module: ${rule}${better === '' ? '' : ` Try ${better}.`}`;
}

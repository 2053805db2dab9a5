/**
 * Whether `version` is newer than `than`. resourceVersions of one type are ordered as whole numbers are;
 * none is older than any.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 * @example
 * isNewerVersion('100', '99'); // true
 */
export function isNewerVersion(version: string | undefined = '', than: string | undefined = ''): boolean {
  return version.length === than.length ? version > than : version.length > than.length;
}

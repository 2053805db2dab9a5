/**
 * Whether `version` is newer than `than`. resourceVersions of one type are ordered like integers;
 * a missing version is older than any other.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 * @example
 * isNewerVersion('100', '99'); // true
 */
export function isNewerVersion(version: string | undefined = '', than: string | undefined = ''): boolean {
  return version.length === than.length ? version > than : version.length > than.length;
}

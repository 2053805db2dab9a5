/** Proxy variables that curl and most programs read; the lower-case form takes precedence. */
const URL_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY'] as const;

/** Proxy variables; see {@link proxiesOf}. */
export type ProxyVariables = Readonly<Record<string, string | undefined>>;

/**
 * The proxies for requests to stores that an environment configures, and problems with them. Problems name the variable but not its value,
 * which may contain a password.
 *
 * @example
 * proxiesOf({ HTTPS_PROXY: 'proxy.example:3128', NO_PROXY: '.svc' }).proxies; // { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '.svc' }
 */
export function proxiesOf(environment: Readonly<Record<string, string | undefined>>): {
  readonly proxies: ProxyVariables;
  readonly problems: readonly string[];
} {
  const textOf = (variable: string): string => environment[variable]?.trim() ?? '';
  const proxies: Record<string, string> = {};
  const problems: string[] = [];
  for (const variable of URL_VARIABLES.flatMap((name) => [name, name.toLowerCase()])) {
    const text = textOf(variable);
    if (text === '') continue;
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
    // Node ignores a value that it cannot parse and would connect without the proxy.
    if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) proxies[variable] = url;
    else problems.push(`${variable} is not the http or https URL of a proxy`);
  }
  for (const variable of ['NO_PROXY', 'no_proxy']) {
    const text = textOf(variable);
    if (text !== '') proxies[variable] = text;
  }
  return { proxies, problems };
}

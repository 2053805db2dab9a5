/** Variables that name proxies, as curl and most programs know them; each also in lower case, which takes precedence. */
const URL_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY'] as const;

/** The variables that name proxies: {@link proxiesOf}. */
export type ProxyVariables = Readonly<Record<string, string | undefined>>;

/**
 * The proxies that an environment names, for requests to stores, and what is wrong with them. Problems name the variable and not its
 * value, which may hold a password.
 *
 * @example
 * proxiesOf({ HTTPS_PROXY: 'proxy.example:3128', NO_PROXY: '.svc' }).proxies; // { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '.svc' }
 */
export function proxiesOf(environment: Readonly<Record<string, string | undefined>>): {
  readonly proxies: ProxyVariables;
  readonly problems: readonly string[];
} {
  const proxies: Record<string, string> = {};
  const problems: string[] = [];
  for (const variable of URL_VARIABLES.flatMap((name) => [name, name.toLowerCase()])) {
    const text = environment[variable]?.trim() ?? '';
    if (text === '') continue;
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
    // Node ignores what it does not understand, and would connect without the proxy.
    if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) proxies[variable] = url;
    else problems.push(`${variable} is not the http or https URL of a proxy`);
  }
  for (const variable of ['NO_PROXY', 'no_proxy']) {
    const text = environment[variable]?.trim() ?? '';
    if (text !== '') proxies[variable] = text;
  }
  return { proxies, problems };
}

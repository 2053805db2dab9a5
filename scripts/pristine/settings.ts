import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type AptSource, sourcesList } from './apt-sources.ts';

/** Variables that configure access to package registries and trusted certificates, and those of any terminal. */
const PASSED_ON = [
  /^(https?|all|no)_proxy$/i,
  /^npm_config_(registry|cafile|proxy|https_proxy|noproxy|strict_ssl)$/i,
  /^GO(PROXY|SUMDB|NOSUMDB|PRIVATE|NOPROXY|INSECURE)$/,
  /^PIP_(INDEX_URL|EXTRA_INDEX_URL|CERT|PROXY|TRUSTED_HOST)$/,
  /^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|GIT_SSL_CAINFO)$/,
  /^(CI|TERM|LANG|COLUMNS)$/,
];

const CERTIFICATES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'GIT_SSL_CAINFO', 'PIP_CERT'];

/** Variables for the commands in the pristine root, besides PATH and HOME. */
export function passedOnEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return Object.fromEntries(entries.filter(([name]) => PASSED_ON.some((pattern) => pattern.test(name))));
}

/**
 * Configures a root to access package registries as this machine does: apt's sources and proxies, settings of npm, Go and pip,
 * certificates, DNS.
 */
export function copySettings(root: string, sources: readonly AptSource[]): void {
  writeFileSync(join(root, 'etc/apt/sources.list'), sourcesList(sources));
  const transport = execFileSync('apt-config', ['dump'], { encoding: 'utf8' }).split('\n');
  writeFileSync(join(root, 'etc/apt/apt.conf.d/90machine'), `${transport.filter((line) => line.startsWith('Acquire::')).join('\n')}\n`);

  const goSettings = execFileSync('go', ['env', 'GOENV'], { encoding: 'utf8' }).trim();
  const npmSettings = process.env['npm_config_userconfig'] ?? join(homedir(), '.npmrc');
  copyIfThere(npmSettings, join(root, 'root/.npmrc'));
  copyIfThere(goSettings, join(root, 'root/.config/go/env'));
  for (const file of new Set(CERTIFICATES.flatMap((name) => process.env[name] ?? []))) copyIfThere(file, join(root, file));
  for (const file of ['/etc/pip.conf', '/etc/resolv.conf', '/etc/hosts']) copyIfThere(file, join(root, file));
}

function copyIfThere(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

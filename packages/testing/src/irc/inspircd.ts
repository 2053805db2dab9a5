import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IrcServerSettings, LINK_PASSWORD, NETWORK_NAME, OPERATOR, SERVICES_NAME } from './irc-settings.ts';

/** Folder of the Debian package. */
const MODULE_FOLDER = '/usr/lib/inspircd/modules';

const MODULES = [
  'spanningtree',
  'cap',
  'ircv3',
  'ircv3_accounttag',
  'ircv3_batch',
  'ircv3_capnotify',
  'ircv3_invitenotify',
  'ircv3_servertime',
  'services_account',
  'sasl',
  'customprefix',
  'deaf',
  'hidechans',
  'namesx',
  'redirect',
  'sanick',
  'servprotect',
  'svshold',
  'uhnames',
];

/**
 * Writes the configuration of InspIRCd 3.
 *
 * @returns the arguments that start it.
 * @see https://docs.inspircd.org/3/configuration/
 */
export function inspircdArguments(settings: IrcServerSettings): readonly string[] {
  const file = join(settings.folder, 'inspircd.conf');
  writeFileSync(file, `${configuration(settings).join('\n')}\n`, { mode: 0o600 });
  return ['--config', file, '--nofork', '--nopid', ...(process.getuid?.() === 0 ? ['--runasroot'] : [])];
}

/** A tag of the configuration, whose attribute values are escaped. */
function tag(name: string, attributes: Readonly<Record<string, string | number>>): string {
  const escaped = (value: string | number): string => String(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<${name} ${Object.entries(attributes)
    .map(([key, value]) => `${key}="${escaped(value)}"`)
    .join(' ')}>`;
}

function configuration(settings: IrcServerSettings): readonly string[] {
  const { name, folder, port, serverPort, password, floodLines, uplink, tls, nickLength = 30 } = settings;
  const flood = floodLines === undefined ? { threshold: 100_000, commandrate: 100_000_000 } : { threshold: floodLines, commandrate: 1_000 };
  return [
    // This identifier distinguishes servers: one digit and two letters or digits.
    tag('server', { name, description: 'a server under test', network: NETWORK_NAME, id: `1${idOf(serverPort)}` }),
    tag('admin', { name: 'admin', nick: 'admin', email: 'admin@irc.test' }),
    tag('bind', { address: '127.0.0.1', port, type: 'clients', ...(tls === undefined ? {} : { sslprofile: 'clients' }) }),
    tag('bind', { address: '127.0.0.1', port: serverPort, type: 'servers' }),
    tag('connect', {
      name: 'main',
      allow: '*',
      pingfreq: 120,
      hardsendq: '16M',
      softsendq: '4M',
      recvq: '4M',
      fakelag: 'no',
      localmax: 10_000,
      globalmax: 10_000,
      maxchans: 1_000,
      resolvehostnames: 'no',
      useident: 'no',
      ...flood,
      ...(password === undefined ? {} : { password }),
    }),
    tag('options', { prefixquit: 'Quit: ', defaultmodes: 'not nt', announceinvites: 'dynamic' }),
    tag('limits', { maxnick: nickLength, maxident: 11 }),
    tag('performance', { quietbursts: 'yes', clonesonconnect: 'no' }),
    tag('path', { configdir: folder, datadir: folder, logdir: folder, runtimedir: folder, moduledir: MODULE_FOLDER }),
    tag('log', { method: 'file', type: '* -USERINPUT -USEROUTPUT', level: 'default', target: 'events.log', flush: 1 }),
    ...MODULES.map((module) => tag('module', { name: module })),
    tag('customprefix', { name: 'halfop', letter: 'h', prefix: '%', rank: 20_000, ranktoset: 30_000 }),
    tag('customprefix', { name: 'admin', letter: 'a', prefix: '&', rank: 40_000, ranktoset: 40_000 }),
    tag('customprefix', { name: 'owner', letter: 'q', prefix: '~', rank: 50_000, ranktoset: 50_000 }),
    tag('class', { name: 'all', commands: '*', privs: '*', usermodes: '*', chanmodes: '*' }),
    tag('type', { name: 'operator', classes: 'all' }),
    tag('oper', { ...OPERATOR, host: '*@*', type: 'operator' }),
    tag('sasl', { target: SERVICES_NAME, requiressl: 'no' }),
    tag('uline', { server: SERVICES_NAME, silent: 'yes' }),
    tag('link', linkTo(SERVICES_NAME, 1)),
    // Any other server of a test may connect.
    ...(uplink === undefined ? ['1', '2', '3'].map((digit) => tag('link', linkTo(`leaf${digit}.test`, 1))) : []),
    ...(uplink === undefined
      ? []
      : [tag('link', linkTo(uplink.name, uplink.serverPort)), tag('autoconnect', { server: uplink.name, period: 1 })]),
    ...tlsTags(settings),
  ];
}

function tlsTags({ folder, tls }: IrcServerSettings): readonly string[] {
  if (tls === undefined) return [];
  const keyfile = join(folder, 'key.pem');
  const certfile = join(folder, 'cert.pem');
  writeFileSync(keyfile, tls.key, { mode: 0o600 });
  writeFileSync(certfile, tls.cert);
  return [
    tag('module', { name: 'ssl_gnutls' }),
    tag('module', { name: 'sslinfo' }),
    // Clients are asked for a certificate; SASL EXTERNAL uses its fingerprint.
    tag('sslprofile', { name: 'clients', provider: 'gnutls', certfile, keyfile, hash: 'sha256', requestclientcert: 'yes' }),
  ];
}

function linkTo(name: string, port: number): Readonly<Record<string, string | number>> {
  return { name, ipaddr: '127.0.0.1', allowmask: '127.0.0.1', port, sendpass: LINK_PASSWORD, recvpass: LINK_PASSWORD };
}

function idOf(serverPort: number): string {
  return (serverPort % 1296).toString(36).toUpperCase().padStart(2, '0');
}

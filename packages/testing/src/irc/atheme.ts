import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LINK_PASSWORD, NETWORK_NAME, SERVICES_NAME } from './irc-settings.ts';

const MODULES = [
  'protocol/inspircd',
  'backend/opensex',
  'crypto/pbkdf2v2',
  ...['main', 'register', 'identify', 'ghost', 'cert', 'info', 'group', 'set_core', 'enforce'].map((name) => `nickserv/${name}`),
  ...['main', 'plain', 'external'].map((name) => `saslserv/${name}`),
  'chanserv/main',
  'operserv/main',
];

/**
 * Writes the configuration of Atheme 7: NickServ, SaslServ and ChanServ of one server.
 *
 * @param given.uplink the server that they connect to.
 * @returns the arguments that start it.
 * @see https://github.com/atheme/atheme/blob/v7.2.12/dist/atheme.conf.example
 */
export function athemeArguments(given: {
  readonly folder: string;
  readonly uplink: { readonly name: string; readonly serverPort: number };
}): readonly string[] {
  const file = join(given.folder, 'atheme.conf');
  writeFileSync(file, `${configuration(given.uplink).join('\n')}\n`, { mode: 0o600 });
  chmodSync(given.folder, 0o700);
  return ['-n', '-c', file, '-D', given.folder, '-p', join(given.folder, 'atheme.pid'), '-l', join(given.folder, 'services.log')];
}

function service(kind: string, nick: string): string {
  return `${kind} { nick = "${nick}"; user = "${nick}"; host = "${SERVICES_NAME}"; real = "${nick}"; };`;
}

function configuration({ name, serverPort }: { readonly name: string; readonly serverPort: number }): readonly string[] {
  return [
    ...MODULES.map((module) => `loadmodule "modules/${module}";`),
    'serverinfo {',
    `name = "${SERVICES_NAME}"; desc = "services"; numeric = "00A"; recontime = 1; netname = "${NETWORK_NAME}";`,
    'adminname = "admin"; adminemail = "admin@irc.test"; registeremail = "noreply@irc.test"; mta = "/bin/true";',
    'loglevel = { error; info; admin; network; }; maxcertfp = 5; maxlogins = 20; maxusers = 0; mdlimit = 30;',
    'emaillimit = 100; emailtime = 300; auth = none; casemapping = rfc1459;',
    '};',
    `uplink "${name}" {`,
    `host = "127.0.0.1"; port = ${serverPort}; send_password = "${LINK_PASSWORD}"; receive_password = "${LINK_PASSWORD}";`,
    '};',
    service('nickserv', 'NickServ'),
    service('saslserv', 'SaslServ'),
    service('chanserv', 'ChanServ'),
    service('operserv', 'OperServ'),
    'general { permissive_mode; helpchan = "#help"; default_clone_allowed = 1000; clone_time = 0; commit_interval = 5; flood_msgs = 0; };',
  ];
}

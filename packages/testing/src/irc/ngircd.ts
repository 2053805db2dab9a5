import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IrcServerSettings, NETWORK_NAME, OPERATOR } from './irc-settings.ts';

/**
 * Writes the configuration of ngIRCd.
 *
 * @returns the arguments that start it.
 * @see https://ngircd.barton.de/man/ngircd.conf.5.html
 */
export function ngircdArguments(settings: IrcServerSettings): readonly string[] {
  const file = join(settings.folder, 'ngircd.conf');
  writeFileSync(file, `${configuration(settings).join('\n')}\n`);
  return ['--nodaemon', '--config', file];
}

function configuration({ name, folder, port, password, tls }: IrcServerSettings): readonly string[] {
  if (tls !== undefined) {
    writeFileSync(join(folder, 'key.pem'), tls.key);
    writeFileSync(join(folder, 'cert.pem'), tls.cert);
  }
  return [
    '[Global]',
    `Name = ${name}`,
    'Info = a server under test',
    `Network = ${NETWORK_NAME}`,
    'AdminEMail = admin@irc.test',
    'MotdPhrase = "a server under test"',
    'Listen = 127.0.0.1',
    // A configuration without plain ports takes the default port, which may be in use.
    ...(tls === undefined ? [`Ports = ${port}`] : ['Ports = 0']),
    ...(password === undefined ? [] : [`Password = ${password}`]),
    '[Limits]',
    'MaxConnectionsIP = 0',
    'MaxJoins = 0',
    'MaxNickLength = 30',
    'MaxPenaltyTime = 0',
    '[Options]',
    'DNS = no',
    'Ident = no',
    'PAM = no',
    '[Operator]',
    `Name = ${OPERATOR.name}`,
    `Password = ${OPERATOR.password}`,
    ...(tls === undefined
      ? []
      : ['[SSL]', `CertFile = ${join(folder, 'cert.pem')}`, `KeyFile = ${join(folder, 'key.pem')}`, `Ports = ${port}`]),
  ];
}

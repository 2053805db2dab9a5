import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IrcServerSettings, NETWORK_NAME, OPERATOR } from './irc-settings.ts';

/** Settings of ngIRCd. */
export interface NgircdSettings extends Pick<IrcServerSettings, 'name' | 'port' | 'password' | 'nickLength'> {
  /** Address to listen on. */
  readonly address: string;
  /** User and group id that it runs as. Default: the machine's user for daemons, which an image may lack. */
  readonly uid?: number;
  /** Files with the certificate and key of the port; clients then speak TLS there. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
}

/**
 * Writes the configuration of ngIRCd.
 *
 * @returns the arguments that start it.
 */
export function ngircdArguments({ folder, tls, ...settings }: IrcServerSettings): readonly string[] {
  const file = join(folder, 'ngircd.conf');
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  if (tls !== undefined) {
    writeFileSync(files.keyFile, tls.key);
    writeFileSync(files.certFile, tls.cert);
  }
  writeFileSync(file, ngircdConfiguration({ ...settings, address: '127.0.0.1', tls: tls === undefined ? undefined : files }));
  return ['--nodaemon', '--config', file];
}

/**
 * A configuration of ngIRCd without limits on how much clients may send.
 *
 * @see https://ngircd.barton.de/man/ngircd.conf.5.html
 */
export function ngircdConfiguration({ name, port, password, address, uid, tls, nickLength = 30 }: NgircdSettings): string {
  return [
    '[Global]',
    `Name = ${name}`,
    'Info = a server under test',
    `Network = ${NETWORK_NAME}`,
    'AdminEMail = admin@irc.test',
    'MotdPhrase = "a server under test"',
    `Listen = ${address}`,
    ...(uid === undefined ? [] : [`ServerUID = ${uid}`, `ServerGID = ${uid}`]),
    // A configuration without plain ports takes the default port, which may be in use.
    ...(tls === undefined ? [`Ports = ${port}`] : ['Ports = 0']),
    ...(password === undefined ? [] : [`Password = ${password}`]),
    '[Limits]',
    'MaxConnectionsIP = 0',
    'MaxJoins = 0',
    `MaxNickLength = ${nickLength}`,
    'MaxPenaltyTime = 0',
    '[Options]',
    'DNS = no',
    'Ident = no',
    'PAM = no',
    '[Operator]',
    `Name = ${OPERATOR.name}`,
    `Password = ${OPERATOR.password}`,
    ...(tls === undefined ? [] : ['[SSL]', `CertFile = ${tls.certFile}`, `KeyFile = ${tls.keyFile}`, `Ports = ${port}`]),
    '',
  ].join('\n');
}

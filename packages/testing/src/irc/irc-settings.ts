/** Settings of an IRC server under test, from which its files are made. */
export interface IrcServerSettings {
  /** Name of the server, which must look like a host name. */
  readonly name: string;
  /** Folder with its files. */
  readonly folder: string;
  /** Port for clients; with `tls`, clients speak TLS there. */
  readonly port: number;
  /** Port for other servers and for the services. */
  readonly serverPort: number;
  /** Password that clients must give. */
  readonly password?: string | undefined;
  /** Key and certificate, PEM, of the port for clients. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** Server that this one connects to. */
  readonly uplink?: { readonly name: string; readonly serverPort: number } | undefined;
  /** Longest nick. Default: 30 characters. */
  readonly nickLength?: number | undefined;
  /** Most lines a client may send in a burst before the server disconnects it. Default: no limit. */
  readonly floodLines?: number | undefined;
}

/** Name and password of the server operator on every server. */
export const OPERATOR = { name: 'oper', password: 'oper-password' } as const;

/** Name of the server that the services are. */
export const SERVICES_NAME = 'services.test';

/** Password between servers. */
export const LINK_PASSWORD = 'link-password';

/** Name of the network of all servers. */
export const NETWORK_NAME = 'TestNet';

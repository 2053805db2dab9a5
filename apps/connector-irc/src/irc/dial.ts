import { type Socket, connect, isIP } from 'node:net';
import { type TLSSocket, connect as connectTls } from 'node:tls';
import { defined } from '@eeveebot/contract';
import type { TlsSettings } from '../config/parse.ts';
import { tlsFiles } from './tls-files.ts';
import { NO_HANDSHAKE } from './tls-hint.ts';

/** Default time limit for name resolution, proxy, TCP and TLS together. */
const DIAL_TIMEOUT_MS = 30_000;

/** Address to connect to, and the transport to use. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSettings | undefined;
  readonly proxy?:
    | {
        readonly type: 'socks5' | 'http';
        readonly host: string;
        readonly port: number;
        readonly username?: string | undefined;
        readonly password?: string | undefined;
      }
    | undefined;
}

/** A connection that took too long. */
const late = ({ host, port }: Pick<DialTarget, 'host' | 'port'>): Error => new Error(`no connection to ${host} port ${port} in time`);

/**
 * Opens a connection that is ready for use.
 *
 * @param timeoutMs limit for name resolution, proxy, TCP and TLS together.
 * @throws the error of the network, of TLS, or of a file that cannot be read; the reason of `aborted`, an `AbortError`, when aborted.
 */
export async function dial(target: DialTarget, aborted: AbortSignal, timeoutMs = DIAL_TIMEOUT_MS): Promise<Socket> {
  aborted.throwIfAborted();
  try {
    return await connected(target, AbortSignal.any([aborted, AbortSignal.timeout(timeoutMs)]));
  } catch (error) {
    aborted.throwIfAborted();
    throw error;
  }
}

async function connected(target: DialTarget, signal: AbortSignal): Promise<Socket> {
  const socket = await opened(target, signal);
  // A connection through a SOCKS proxy cannot be aborted before it is there.
  if (signal.aborted) {
    socket.destroy();
    throw late(target);
  }
  const abort = (): void => void socket.destroy(new Error('timed out'));
  signal.addEventListener('abort', abort);
  try {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    if (target.tls === undefined) return socket;
    return await secured(socket, target, target.tls);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function opened({ host, port, proxy }: DialTarget, signal: AbortSignal): Promise<Socket> {
  if (proxy === undefined) return tcp(host, port, signal);
  if (proxy.type === 'http') return throughHttpProxy({ host, port }, proxy, signal);
  const { SocksClient } = await import('socks');
  const { socket } = await SocksClient.createConnection({
    command: 'connect',
    destination: { host, port },
    timeout: DIAL_TIMEOUT_MS,
    proxy: {
      host: proxy.host,
      port: proxy.port,
      type: 5,
      ...defined({ userId: proxy.username, password: proxy.password }),
    },
  });
  return socket;
}

function tcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const abort = (): void => void socket.destroy(late({ host, port }));
    signal.addEventListener('abort', abort);
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.removeListener('error', reject);
      // Until another listener is added, a reset must not end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
    socket.once('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', abort));
  });
}

function throughHttpProxy(
  { host, port }: { readonly host: string; readonly port: number },
  proxy: NonNullable<DialTarget['proxy']>,
  signal: AbortSignal,
): Promise<Socket> {
  // An import of `node:http` as an ES module would load all of fetch and HTTP/2: 8 MB that nothing else needs.
  const { request } = process.getBuiltinModule('node:http');
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const credentials = Buffer.from(`${proxy.username ?? ''}:${proxy.password ?? ''}`).toString('base64');
  return new Promise((resolve, reject) => {
    const asked = request({
      host: proxy.host,
      port: proxy.port,
      method: 'CONNECT',
      path: authority,
      headers: { Host: authority, ...(proxy.username === undefined ? {} : { 'Proxy-Authorization': `Basic ${credentials}` }) },
    });
    // Its own error for a signal does not say that it took too long.
    const abort = (): void => void asked.destroy(late({ host, port }));
    signal.addEventListener('abort', abort);
    asked.once('close', () => signal.removeEventListener('abort', abort));
    asked.once('connect', (response, socket: Socket, firstBytes: Buffer) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`the proxy responded to CONNECT with ${response.statusCode}`));
        return;
      }
      // The server's first line may arrive in the same packet as the answer of the proxy.
      if (firstBytes.length > 0) socket.unshift(firstBytes);
      resolve(socket);
    });
    asked.once('response', (response) => reject(new Error(`the proxy responded to CONNECT with ${response.statusCode}`)));
    asked.once('error', reject);
    asked.end();
  });
}

/** The error of a handshake that the server broke off, or did not answer in time: Node reports it as a lost connection. */
function handshakeFailure(error: NodeJS.ErrnoException): Error {
  if (error.code !== undefined && error.code !== 'ECONNRESET' && error.code !== 'EPIPE') return error;
  return Object.assign(new Error('the server did not complete the TLS handshake', { cause: error }), { code: NO_HANDSHAKE });
}

function secured(socket: Socket, { host }: DialTarget, tls: TlsSettings): Promise<TLSSocket> {
  const servername = tls.servername ?? host;
  const files = tlsFiles(tls);
  return new Promise((resolve, reject) => {
    const secure = connectTls({
      socket,
      // Name to verify the certificate against, unless a name is given for SNI.
      host: servername,
      rejectUnauthorized: !tls.insecureSkipVerify,
      ...(isIP(servername) === 0 ? { servername } : {}),
      ...defined(files),
    });
    const failed = (error: Error): void => reject(handshakeFailure(error));
    secure.once('secureConnect', () => {
      secure.removeListener('error', failed);
      secure.on('error', () => undefined);
      resolve(secure);
    });
    secure.once('error', failed);
    secure.once('close', () => failed(new Error('the server closed the connection')));
  });
}

import { Agent, request } from 'node:https';
import type { Identity } from '../certificates/certificates.ts';

/** Requests a path of the API server; resolves to the status and the body. */
export type ApiServerProbe = (path: string) => Promise<{ readonly status: number; readonly body: string }>;

/** Requests paths without kubectl, whose start would take longer than most waits. */
export function apiServerProbe(url: string, { authority, identity }: { authority: string; identity: Identity }): ApiServerProbe {
  const agent = new Agent({ ca: authority, cert: identity.certificate, key: identity.key, keepAlive: false });
  return (path) =>
    new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { agent, timeout: 5000 }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer from ${url}${path} within 5 s`)));
      sent.on('error', reject);
      sent.end();
    });
}

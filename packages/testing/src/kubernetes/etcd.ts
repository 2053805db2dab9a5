/**
 * Compacts etcd's history to its newest revision.
 *
 * @see https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/
 */
export async function compactEtcd(url: string): Promise<void> {
  const { header } = await post<{ header: { revision: string } }>(`${url}/v3/kv/range`, { key: Buffer.from('compact').toString('base64') });
  await post(`${url}/v3/kv/compaction`, { revision: header.revision, physical: true });
}

async function post<T>(url: string, body: object): Promise<T> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd answered ${response.status} to ${url}: ${await response.text()}`);
  return (await response.json()) as T;
}

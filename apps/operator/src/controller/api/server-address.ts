/**
 * Origin of an API server's URL, and the path before all of its paths (`''` without one). The origin is normalized: it lacks a default port.
 *
 * @throws TypeError when `server` is not a URL.
 * @example
 * serverAddress('https://10.96.0.1:443'); // { origin: 'https://10.96.0.1', root: '' }
 * serverAddress('https://rancher.example/k8s/clusters/c-1/'); // { origin: 'https://rancher.example', root: '/k8s/clusters/c-1' }
 */
export function serverAddress(server: string): { readonly origin: string; readonly root: string } {
  const { origin, pathname } = new URL(server);
  return { origin, root: pathname.replace(/\/+$/, '') };
}

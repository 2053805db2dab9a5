import { KubeConfig, Watch } from '@kubernetes/client-node';
import type { KubeObject } from '../../src/controller/objects/kube-object.ts';

/** Stops a watch. */
export type StopWatch = () => void;

/**
 * Watches the objects of a collection in the order of their changes, until stopped. A watch that the server ends resumes after the last
 * seen change.
 *
 * @param path such as `/api/v1/namespaces/bots/pods`.
 */
export async function watchObjects<T extends KubeObject>(
  kubeconfig: string,
  path: string,
  changed: (change: 'ADDED' | 'MODIFIED' | 'DELETED', object: T) => void,
): Promise<StopWatch> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  let resourceVersion = '';
  let current: AbortController | undefined;
  let isStopped = false;
  const open = async (): Promise<void> => {
    const parameters = { allowWatchBookmarks: true, ...(resourceVersion === '' ? {} : { resourceVersion }) };
    current = await new Watch(config).watch(
      path,
      parameters,
      (type: string, object: T) => {
        if (isStopped) return;
        resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
        if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') changed(type, object);
      },
      () => {
        if (!isStopped) void open();
      },
    );
  };
  await open();
  return () => {
    isStopped = true;
    current?.abort();
  };
}

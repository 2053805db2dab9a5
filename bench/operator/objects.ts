import type { Seen } from './api.ts';

/** A BotModule of the bench. */
export function botModule(index: number, namespace: string): object {
  return {
    apiVersion: 'eevee.bot/v1',
    kind: 'BotModule',
    metadata: { name: `m${index}`, namespace },
    spec: { moduleName: `m${index}`, image: 'eevee/echo:1', moduleConfig: `greeting: hello ${index}\n` },
  };
}

/** Path of a collection in the API. */
export function collection(group: string, namespace: string, plural: string): string {
  return `/apis/${group}/namespaces/${namespace}/${plural}`;
}

/** Whether the condition Ready is true. */
export function isReady({ status }: Seen): boolean {
  return status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true;
}

/** Runs tasks with indexes from 0 to `count` - 1, some concurrently. */
export async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

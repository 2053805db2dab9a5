import { type FaultProxy, startFaultProxy } from '@eeveebot/testing';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { jobEnvironment } from './tool.ts';
import { type ToolWorld, useTool } from './use-tool.ts';

/** The surroundings of a test of the tool whose requests go through a proxy that can inject faults. */
export interface FaultyStoreWorld extends ToolWorld {
  /** Has no faults at the beginning of a test. */
  readonly proxy: FaultProxy;
}

/** {@link useTool}, with a proxy between the tool and the store. */
export function useFaultyStore(): FaultyStoreWorld {
  const world = useTool();
  let proxy: FaultProxy | undefined;
  beforeAll(async () => {
    proxy = await startFaultProxy(world.s3.port);
  });
  afterAll(() => proxy?.[Symbol.asyncDispose]());
  beforeEach(() => proxy?.clear());
  return Object.defineProperties(world as FaultyStoreWorld, {
    proxy: { get: () => proxy },
    env: {
      value: (more: Readonly<Record<string, string>> = {}) =>
        jobEnvironment({ endpoint: proxy?.endpoint ?? '', credentials: world.s3.credentials }, world.volume, more),
    },
  });
}

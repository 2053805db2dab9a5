import { type FaultProxy, type S3Server, startFaultProxy, startS3Server } from '@eeveebot/testing';
import { afterAll, beforeAll } from 'vitest';
import type { StoreLocation } from '../src/index.ts';

/** An S3 server behind a proxy that injects faults. */
export interface StoreProxy {
  readonly s3: S3Server;
  readonly proxy: FaultProxy;
  /** Location of the bucket through the proxy. */
  readonly location: (more?: Partial<StoreLocation>) => StoreLocation;
}

/** Starts both before the tests of the surrounding `describe`, with one bucket, and stops them afterwards. */
export function useStoreProxy(bucket: string): StoreProxy {
  let s3: S3Server;
  let proxy: FaultProxy;
  beforeAll(async () => {
    s3 = await startS3Server({ buckets: [bucket] });
    proxy = await startFaultProxy(s3.port);
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await s3?.stop();
  });
  return {
    get s3() {
      return s3;
    },
    get proxy() {
      return proxy;
    },
    location: (more = {}) => ({
      endpoint: proxy.endpoint,
      bucket,
      region: s3.region,
      pathStyle: true,
      signatureV2: false,
      credentials: s3.credentials,
      ...more,
    }),
  };
}

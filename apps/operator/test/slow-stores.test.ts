import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { eventually, type ControlPlane, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOperator } from './running-operator.ts';
import { botModule, makeVolumes, newNamespace, s3Store, untilReady } from './world.ts';

/** Each test waits ten seconds, and two run at a time. */
const HANGING = 12;

/** Enough to occupy every turn if each had one. */
const ENDPOINTS = 60;

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';

describe('unresponsive stores', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let s3: S3Server;
  let silent: Server;
  let asked = 0;
  let askedElsewhere = 0;

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    silent = createServer(({ headers }) => {
      if (headers.host?.startsWith('127.0.0.1') === true) asked++;
      else askedElsewhere++;
    });
    await new Promise<void>((resolve) => silent.listen(0, '0.0.0.0', resolve));
    await makeVolumes(kube, ['one']);
  });
  afterAll(async () => {
    silent?.closeAllConnections();
    silent?.close();
  });

  it('delay neither a store that responds nor the bootstrap of a module from it', async () => {
    const namespace = await newNamespace(kube);
    const file = join(s3.folder, 'buckets/backups', namespace, 'seen', `${ID}.tar.gz`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'whatever');
    const theirs = await newNamespace(kube);
    const env = { CONCURRENCY: '1', WATCH_NAMESPACES: `${namespace},${theirs}` };
    await using _ = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
    const { port } = silent.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    await kube.apply(
      ...Array.from({ length: ENDPOINTS }, (__, index) =>
        s3Store(`silent-${index}`, theirs, { endpoint: `http://127.0.1.${index + 1}:${port}`, credentials: s3.credentials }),
      ).flat(),
    );
    await eventually(() => askedElsewhere > 0);
    await kube.apply(
      ...Array.from({ length: HANGING }, (__, index) =>
        s3Store(`silent-${index}`, namespace, { endpoint, credentials: s3.credentials }),
      ).flat(),
    );
    await kube.apply(
      ...s3Store('store', namespace, s3),
      botModule('seen', namespace, { persistentVolumeClaim: {}, bootstrapFromBackup: { s3Store: { name: 'store' } } }),
    );
    await untilReady(kube, { kind: 's3store', name: 'store', namespace }, 'ConnectionSuccessful');
    await untilReady(kube, { kind: 'botmodule', name: 'seen', namespace }, 'Ready');
    // If tests were sequential, most of these would come before the store that responds.
    expect(asked).toBeLessThanOrEqual(HANGING - 3);
    expect(askedElsewhere).toBeLessThan(ENDPOINTS);
    const { message } = await untilReady(kube, { kind: 's3store', name: 'silent-0', namespace }, 'ConnectionFailed');
    expect(message).toContain('did not respond within 10 s');
  });
});

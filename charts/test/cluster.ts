import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlPlane, type ControlPlaneOptions, Helm, startControlPlane } from '@eeveebot/testing';

/** An API server, and a helm that installs into it. */
export interface ChartCluster extends AsyncDisposable {
  readonly kube: ControlPlane;
  readonly helm: Helm;
  /** For files of the test. */
  readonly folder: string;
}

/** Starts them. @throws {ServerError} when the API server does not start. */
export async function startChartCluster(options: ControlPlaneOptions = {}): Promise<ChartCluster> {
  const kube = await startControlPlane(options);
  const folder = mkdtempSync(join(tmpdir(), 'eevee-charts-'));
  const stop = async (): Promise<void> => {
    await kube.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { kube, helm: await Helm.withCharts(folder, kube.kubeconfig), folder, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

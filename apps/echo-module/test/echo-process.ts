import { fileURLToPath } from 'node:url';
import { bundleApp, BundledProcess, eventually, freePort } from '@eeveebot/testing';

const app = fileURLToPath(new URL('..', import.meta.url));

export const bundleEcho = (): string => bundleApp(app);

/** A running echo module. */
export class EchoProcess extends BundledProcess {
  /** Starts the module, on a free port unless the environment sets one. */
  static async start(bundle: string, env: Readonly<Record<string, string>>): Promise<EchoProcess> {
    return new EchoProcess({ bundle, port: await freePort(), env });
  }

  /** Waits until it has subscribed and registered. */
  ready(): Promise<void> {
    return this.whenReady(eventually(() => this.lines.some(({ msg }) => msg === 'ready'), { what: 'the module to be ready' }));
  }
}

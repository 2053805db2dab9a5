import { fileURLToPath } from 'node:url';
import { bundleApp, BundledProcess, eventually, freePort } from '@eeveebot/testing';

const app = fileURLToPath(new URL('..', import.meta.url));

export const bundleRouter = (): string => bundleApp(app);

/** A running router. */
export class RouterProcess extends BundledProcess {
  static async start(bundle: string, env: Readonly<Record<string, string>>): Promise<RouterProcess> {
    return new RouterProcess({ bundle, port: await freePort(), env });
  }

  /** Waits for a line of its log. */
  logged(part: string): Promise<Record<string, unknown>> {
    return eventually(() => this.lines.find(({ msg }) => String(msg).includes(part)) ?? null, { what: `a log line with "${part}"` });
  }

  /** Waits until it accepts messages. */
  ready(): Promise<void> {
    return this.whenReady(this.logged('ready'));
  }
}

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleApp, BundledProcess, eventually, freePort } from '@eeveebot/testing';

const app = fileURLToPath(new URL('..', import.meta.url));

export const bundleConnector = (): string => bundleApp(app);

/** A running connector, with its configuration file and volume. */
export class ConnectorProcess extends BundledProcess {
  readonly #configFile: string;

  private constructor(given: { readonly bundle: string; readonly port: number; readonly folder: string; readonly env: NodeJS.ProcessEnv }) {
    const configFile = join(given.folder, 'config.yaml');
    super({ ...given, env: { MODULE_CONFIG_PATH: configFile, ...given.env } });
    this.#configFile = configFile;
  }

  /** Starts a connector in `folder` with a configuration, as YAML or as a JSON value. */
  static async start(given: {
    readonly bundle: string;
    readonly folder: string;
    readonly config: unknown;
    readonly env: NodeJS.ProcessEnv;
  }): Promise<ConnectorProcess> {
    writeConfig(join(given.folder, 'config.yaml'), given.config);
    return new ConnectorProcess({ ...given, port: await freePort() });
  }

  /** Waits for a line of the log with these fields. @returns the first one after line number `after`. */
  async logs(fields: Readonly<Record<string, unknown>>, after = 0): Promise<Record<string, unknown>> {
    const wanted = Object.entries(fields);
    try {
      return await eventually(() => this.lines.slice(after).find((line) => wanted.every(([key, value]) => fits(line[key], value))), {
        what: `the connector to log ${JSON.stringify(fields)}`,
        timeoutMs: 60_000,
      });
    } catch (error) {
      throw new Error(`the connector did not log ${JSON.stringify(fields)}:\n${this.output}`, { cause: error });
    }
  }

  /** Edits its configuration as a mounted ConfigMap changes: a new file replaces the old one. */
  configure(config: unknown): void {
    writeConfig(`${this.#configFile}.new`, config);
    renameSync(`${this.#configFile}.new`, this.#configFile);
  }
}

function fits(value: unknown, wanted: unknown): boolean {
  return wanted instanceof RegExp ? wanted.test(String(value)) : value === wanted;
}

function writeConfig(file: string, config: unknown): void {
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
}

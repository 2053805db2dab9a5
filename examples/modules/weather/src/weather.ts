import { setTimeout as delay } from 'node:timers/promises';
import { UserError, defineModule } from '@eeveebot/libeevee';
import manifest from '../package.json' with { type: 'json' };

/** A weather report as the service returns it. */
interface Report {
  readonly city: string;
  readonly celsius: number;
}

const RETRIES_MS = [200, 1_000];

/**
 * The API key is a secret: `envSecret` of the BotModule sets it, because every user who may read the BotModule could read it in
 * `moduleConfig`.
 */
function apiKey(): string {
  const key = process.env['WEATHER_API_KEY'];
  if (key === undefined || key === '') throw new Error('WEATHER_API_KEY is not set: name a Secret that contains it in spec.envSecret');
  return key;
}

/** Requests a report, and retries when the service is overloaded or does not respond. */
async function report(url: URL, signal: AbortSignal): Promise<Report> {
  for (const retryMs of [...RETRIES_MS, undefined]) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${apiKey()}` }, signal }).catch((error: unknown) => {
      if (signal.aborted || retryMs === undefined) throw error;
      return undefined;
    });
    if (response?.status === 404) throw new UserError('I do not know that city');
    if (response?.ok === true) return (await response.json()) as Report;
    if (response !== undefined && (response.status < 500 || retryMs === undefined))
      throw new Error(`the service answered ${response.status}`);
    await delay(retryMs, undefined, { signal });
  }
  throw new Error('the service does not answer');
}

export const weather = defineModule({
  name: 'weather',
  version: manifest.version,
  config: { service: 'https://weather.example.org/', unit: 'C' },
  timeoutMs: 10_000,
  onStart: () => void apiKey(),
  onError: ({ notice }) => notice('the weather service is not available, please try again later'),
  commands: [
    {
      commandDisplayName: 'weather',
      help: { descr: 'Says the weather of a city' },
      args: [{ name: 'city', type: 'rest', maxLength: 60, description: 'Name of the city' }],
      run: async ({ args, config, signal, reply }) => {
        const url = new URL('report', config.service);
        url.searchParams.set('city', args.city);
        const { city, celsius } = await report(url, signal);
        const degrees = config.unit === 'F' ? celsius * 1.8 + 32 : celsius;
        await reply(`${city}: ${Math.round(degrees)} °${config.unit}`);
      },
    },
  ],
});

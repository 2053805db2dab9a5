/**
 * From a user's line in a channel to the bot's answer, through the connector on a real IRC server and NATS, without flood control: latency
 * of single lines, rate and CPU under load, memory after many lines, and time to stop.
 *
 *   npm run bench -- connector [--lines 100000] [--single 5000] [--server ngircd]
 *
 * A subscriber that echoes each line sends the answer, so that router and module are not measured. The baseline is the IRC server without
 * the connector: a client that echoes each line.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { eventually, freePort, IrcSocket, startIrcServer, startNatsServer } from '@eeveebot/testing';
import { connect } from 'nats';

/** Lines in transit at once, under load. */
const WINDOW = 16;

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '100000' },
    single: { type: 'string', default: '5000' },
    server: { type: 'string', default: 'ngircd' },
    // As in the image by default.
    flags: { type: 'string', default: imageFlags().join(' ') },
  },
});
const lines = Number(values.lines);
const single = Number(values.single);
const flags = values.flags.split(' ').filter((flag) => flag !== '');

const joinChannel = (nick: string): Promise<IrcSocket> => IrcSocket.join({ port: irc.port, nick, channel: '#bench' });

const folder = mkdtempSync(join(tmpdir(), 'eevee-bench-connector-'));
await using nats = await startNatsServer();
await using irc = await startIrcServer({ server: values.server === 'inspircd' ? 'inspircd' : 'ngircd' });
const router = await connect({ servers: nats.host });
router.subscribe('chat.message.incoming.>', {
  callback: (_error, msg) => {
    const { channel, text } = msg.json<{ channel: string; text: string }>();
    router.publish('chat.message.outgoing.irc.main.#bench', JSON.stringify({ channel, text, type: 'message.outgoing' }));
  },
});
try {
  const person = await joinChannel('person');
  const echo = await joinChannel('echo');
  echo.onLine = ({ command, text }) => command === 'PRIVMSG' && echo.says(text);
  const floor = await latencies(person, 'echo', single);
  echo[Symbol.dispose]();

  const connector = await startConnector();
  const idleMebibytes = statusMebibytes(connector, 'VmRSS');
  await latencies(person, 'eevee', 500); // warm
  const oneByOne = await latencies(person, 'eevee', single);
  const cpuBefore = cpuMs(connector);
  const started = performance.now();
  const loaded = await latencies(person, 'eevee', lines, WINDOW);
  const elapsedMs = performance.now() - started;
  const row = {
    'lines/s': Math.round((lines / elapsedMs) * 1000),
    'CPU µs/line': Math.round(((cpuMs(connector) - cpuBefore) / lines) * 1000),
    'MiB at start': Math.round(idleMebibytes),
    'MiB after': Math.round(statusMebibytes(connector, 'VmRSS')),
    'MiB at most': Math.round(statusMebibytes(connector, 'VmHWM')),
  };
  const stopStarted = performance.now();
  const exited = once(connector, 'exit');
  connector.kill('SIGTERM');
  const [code] = (await exited) as [number | null];
  console.log(`line to answer on ${values.server}, Node ${process.version} ${values.flags}`);
  console.table({
    'only the IRC server': percentiles(floor),
    connector: percentiles(oneByOne),
    [`connector, ${WINDOW} at once`]: percentiles(loaded),
  });
  console.table({
    [`${lines} lines, ${WINDOW} at once`]: { ...row, 'stop ms': Math.round(performance.now() - stopStarted), 'exit code': code },
  });
  const p99 = percentiles(oneByOne)['p99 ms'];
  console.log(`p99 ${p99} ms (goal: 20 ms), ${row['MiB at most']} MiB at most (goal: 90 MiB)`);
  person[Symbol.dispose]();
} finally {
  await router.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Flags of Node.js in the Dockerfile. */
function imageFlags(): string[] {
  const dockerfile = readFileSync(fileURLToPath(new URL('../../apps/connector-irc/Dockerfile', import.meta.url)), 'utf8');
  const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
  return entrypoint.filter((part) => part.startsWith('--'));
}

async function startConnector(): Promise<ChildProcess> {
  const bundle = join(folder, 'connector-irc.cjs');
  const app = fileURLToPath(new URL('../../apps/connector-irc', import.meta.url));
  execFileSync(process.execPath, [join(app, '../../scripts/bundle.mjs'), 'src/main.ts', bundle], { cwd: app });
  const config = join(folder, 'config.yaml');
  const connection = {
    name: 'main',
    irc: { host: '127.0.0.1', port: irc.port },
    ident: { nick: 'eevee' },
    channels: ['#bench'],
    floodControl: false,
  };
  writeFileSync(config, JSON.stringify({ connections: [connection] }));
  const port = await freePort();
  const env = {
    NODE_ENV: 'production',
    MALLOC_ARENA_MAX: '1',
    NATS_HOST: nats.host,
    NATS_TOKEN: 'none',
    HTTP_API_PORT: String(port),
    MODULE_CONFIG_PATH: config,
  };
  const connector = spawn(process.execPath, [...flags, bundle], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const isIn = async (): Promise<boolean> =>
    (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).includes('channel="main #bench"} 1');
  await eventually(isIn, { what: 'the connector to be in the channel' });
  return connector;
}

/** Sends the given number of lines, some at once, and measures the time to each answer, in milliseconds. */
async function latencies(person: IrcSocket, bot: string, count: number, window = 1): Promise<number[]> {
  const sentAt = new Map<string, number>();
  const measured: number[] = [];
  const done = Promise.withResolvers<void>();
  let said = 0;
  const say = (): void => {
    const text = `line ${said++} of a conversation that continues for some time`;
    sentAt.set(text, performance.now());
    person.says(text);
  };
  person.onLine = ({ text, nick: from }) => {
    const at = sentAt.get(text);
    if (from !== bot || at === undefined) return;
    sentAt.delete(text);
    measured.push(performance.now() - at);
    if (measured.length === count) done.resolve();
    else if (said < count) say();
  };
  for (let n = 0; n < Math.min(window, count); n++) say();
  await done.promise;
  return measured;
}

function percentiles(measured: readonly number[]): { 'p50 ms': number; 'p99 ms': number; 'most ms': number } {
  const sorted = measured.toSorted((a, b) => a - b);
  const at = (part: number): number => Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(2));
  return { 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'most ms': at(1) };
}

/** CPU time of a process, in milliseconds; the kernel counts hundredths of a second. */
function cpuMs({ pid }: ChildProcess): number {
  // Fields 14 and 15 of the line, counted from the end of the name in parentheses.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function statusMebibytes({ pid }: ChildProcess, field: 'VmRSS' | 'VmHWM'): number {
  const [, kibibytes = '0'] = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}

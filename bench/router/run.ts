/**
 * The router compared with a bare subscription that publishes each line again, in alternation, each in its own process: lines per second,
 * time from a line to `command.execute`, CPU per line, memory after all lines; then a line among ten thousand commands.
 *
 *   npm run bench -- router [--rounds 3] [--lines 100000] [--commands 200] [--many 10000]
 *
 * With UPSTREAM_ROUTER=<a file that starts the former router>, also measures that one. Prints medians.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { eventually, freePort, startNatsServer } from '@eeveebot/testing';
import { connect } from 'nats';

const TOKEN = 'bench';
const BUNDLE = fileURLToPath(new URL('../../scripts/bundle.mjs', import.meta.url));
/** As in its image. */
const FLAGS = [
  ...['--min-semi-space-size=2', '--max-semi-space-size=2', '--initial-old-space-size=4', '--heap-growing-percent=20'],
  ...['--no-parallel-scavenge', '--no-maglev', '--no-sparkplug'],
];
/** Lines in transit at once while the rate is measured. */
const WINDOW = 64;
/** Lines sent one after the other while the time is measured. */
const TIMED_LINES = 5_000;
const CHARACTERS = 400;
/** Clock ticks of the kernel in a second. */
const TICKS = 100;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    lines: { type: 'string', default: '100000' },
    commands: { type: 'string', default: '200' },
    many: { type: 'string', default: '10000' },
  },
});
const rounds = Number(values.rounds);
const lines = Number(values.lines);

interface Kind {
  readonly name: string;
  readonly file: string;
  readonly registers: boolean;
}

interface Measured {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mebibytes: number;
  /** A line among ten thousand commands. */
  readonly manyP50Ms: number;
  readonly manyP99Ms: number;
}

const folder = mkdtempSync(join(tmpdir(), 'eevee-bench-'));
const former = process.env['UPSTREAM_ROUTER'];
const kinds: Kind[] = [
  { name: 'bare client', file: bundled('module-bare.mjs', new URL('module-bare.ts', import.meta.url)), registers: false },
  { name: 'router', file: bundled('router.cjs', new URL('../../apps/router/src/main.ts', import.meta.url)), registers: true },
  ...(former === undefined ? [] : [{ name: 'former router', file: former, registers: true }]),
];

await using server = await startNatsServer({ token: TOKEN });
const bus = await connect({ servers: server.host, token: TOKEN });
/** The commands, registered whenever a router asks. */
let registered = 0;
bus.subscribe('control.registerCommands', { callback: register });
try {
  const results = new Map<Kind, Measured[]>();
  for (let round = 0; round < rounds; round++) {
    for (const kind of kinds) results.set(kind, [...(results.get(kind) ?? []), await measure(kind)]);
  }
  report(results);
} finally {
  await bus.close();
  rmSync(folder, { recursive: true, force: true });
}

/** A single file, built like those in the images. */
function bundled(name: string, entry: URL): string {
  const file = join(folder, name);
  execFileSync(process.execPath, [BUNDLE, fileURLToPath(entry), file]);
  return file;
}

function register(): void {
  const everywhere = { platform: '.*', network: '.*', instance: '.*', channel: '.*', user: '.*' };
  for (let command = 0; command < registered; command++) {
    const registration = {
      ...{ type: 'command.register', commandUUID: `c-${command}`, commandDisplayName: `command${command}`, ...everywhere },
      ...{ regex: `^command${command}(?:\\s+|$)`, platformPrefixAllowed: true },
      ...{ nickPrefixAllowed: true, ratelimit: { mode: 'drop', level: 'user', limit: 0, interval: '1m' } },
    };
    bus.publish('command.register', JSON.stringify(registration));
  }
}

async function measure(kind: Kind): Promise<Measured> {
  registered = Number(values.commands);
  const child = await started(kind);
  try {
    await say({ count: 2_000, window: WINDOW, commands: registered });
    const cpuBefore = cpuMicrosecondsOf(child);
    const startedMs = performance.now();
    await say({ count: lines, window: WINDOW, commands: registered });
    const tookMs = performance.now() - startedMs;
    const cpuMicroseconds = (cpuMicrosecondsOf(child) - cpuBefore) / lines;
    const mebibytes = residentMebibytes(child);
    const times = await say({ count: TIMED_LINES, window: 1, commands: registered });
    if (kind.registers) {
      registered = Number(values.many);
      register();
      await say({ count: 1, window: 1, commands: registered });
    }
    const many = await say({ count: TIMED_LINES / 10, window: 1, commands: registered });
    return {
      ...{ perSecond: (lines / tookMs) * 1_000, cpuMicroseconds, mebibytes, p50Ms: percentile(times, 50), p99Ms: percentile(times, 99) },
      ...{ manyP50Ms: percentile(many, 50), manyP99Ms: percentile(many, 99) },
    };
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

async function started({ name, file }: Kind): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...FLAGS, file], {
    env: {
      ...{ NODE_ENV: 'production', MALLOC_ARENA_MAX: '1' },
      ...{ NATS_HOST: server.host, NATS_TOKEN: TOKEN, HTTP_API_PORT: String(await freePort()) },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-100_000)));
  await eventually(() => output.includes('ready'), { what: `${name} to start`, timeoutMs: 60_000 });
  return child;
}

/** Sends the given number of lines, each a call of another command, and waits for the calls. @returns the time of each, in milliseconds. */
async function say({ count, window, commands }: { count: number; window: number; commands: number }): Promise<number[]> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const saidMs = new Float64Array(count);
  const times: number[] = [];
  let sent = 0;
  const send = (): void => {
    const text = `!command${sent % commands} ${sent} `.padEnd(CHARACTERS, 'lorem ipsum ');
    saidMs[sent] = performance.now();
    const line = {
      ...{ type: 'chat.message.incoming', platform: 'irc', network: 'irc.example.org', instance: 'main', channel: `#bench-${sent % 16}` },
      ...{ nick: 'fox', user: '~fox', userHost: 'den.example.org', botNick: 'eevee', commonPrefixRegex: '^!', trace: 'bench', text },
    };
    sent++;
    bus.publish('chat.message.incoming.irc.main.bench.fox', JSON.stringify(line));
  };
  const subscription = bus.subscribe('command.execute.>', {
    callback: (_error, msg) => {
      const number = Number(/^!command\d+ (\d+)/.exec(msg.json<{ originalText: string }>().originalText)?.[1]);
      times.push(performance.now() - (saidMs[number] ?? 0));
      if (times.length === count) resolve();
      else if (sent < count) send();
    },
  });
  await bus.flush();
  for (let line = 0; line < Math.min(window, count); line++) send();
  await promise;
  subscription.unsubscribe();
  return times;
}

function percentile(numbers: readonly number[], percent: number): number {
  return numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor((numbers.length * percent) / 100))] ?? 0;
}

/** Processor time of all threads. */
function cpuMicrosecondsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1_000_000;
}

function residentMebibytes({ pid }: ChildProcess): number {
  const [, kibibytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}

function report(results: ReadonlyMap<Kind, readonly Measured[]>): void {
  console.log(
    `${lines} lines of ${CHARACTERS} characters, ${values.commands} commands, ${rounds} rounds, Node ${process.version}; medians`,
  );
  const rows = [...results].map(([{ name }, each]) => {
    const of = (field: keyof Measured): number =>
      percentile(
        each.map((one) => one[field]),
        50,
      );
    return {
      router: name,
      'lines/s': Math.round(of('perSecond')),
      'CPU µs/line': Number(of('cpuMicroseconds').toFixed(1)),
      'p50 ms': Number(of('p50Ms').toFixed(2)),
      'p99 ms': Number(of('p99Ms').toFixed(2)),
      'MiB after': Math.round(of('mebibytes')),
      [`${values.many} commands: p50 ms`]: Number(of('manyP50Ms').toFixed(2)),
      'p99 ms ': Number(of('manyP99Ms').toFixed(2)),
    };
  });
  console.table(rows);
  const [bare, ...others] = rows;
  for (const other of others) {
    const ratio = other['CPU µs/line'] / (bare?.['CPU µs/line'] ?? Number.NaN);
    console.log(`${other.router}: ${ratio.toFixed(2)} times the CPU of the bare client (goal: at most 3)`);
  }
}

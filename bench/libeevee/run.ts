/**
 * The echo round trip of libeevee compared with that of the bare NATS client, in alternation, each in its own process that writes a log
 * line for each message into a pipe, as in a container: rate, CPU, memory, start-up and stop.
 *
 *   npm run bench -- libeevee [--rounds 5] [--messages 75000] [--flags=--max-semi-space-size=4]
 *
 * With UPSTREAM_LIBEEVEE=<folder of an installed @eeveebot/libeevee> the former library too. Prints medians.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { eventually, freePort, startNatsServer } from '@eeveebot/testing';
import { connect } from 'nats';

const TOKEN = 'bench';
const BUNDLE = fileURLToPath(new URL('../../scripts/bundle.mjs', import.meta.url));
/** Messages in transit at once, and their channels: messages of one channel are handled in order. */
const WINDOW = 64;
const CHANNELS = 16;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    messages: { type: 'string', default: '75000' },
    // As in the image of the echo module.
    flags: {
      type: 'string',
      default:
        '--min-semi-space-size=4 --max-semi-space-size=4 --initial-old-space-size=24 --heap-growing-percent=50 --no-parallel-scavenge',
    },
  },
});
const rounds = Number(values.rounds);
const messages = Number(values.messages);
const flags = values.flags === '' ? [] : values.flags.split(' ');

interface Kind {
  readonly name: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Measured {
  readonly startMs: number;
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly idleMebibytes: number;
  readonly mebibytes: number;
  readonly mostMebibytes: number;
  readonly stopMs: number;
  readonly exitCode: number;
}

const former = process.env['UPSTREAM_LIBEEVEE'];
const kinds: Kind[] = [
  { name: 'bare client', file: 'module-bare', env: {} },
  { name: 'libeevee', file: 'module-libeevee', env: {} },
  { name: 'defineModule, plain command', file: 'module-define-plain', env: {} },
  { name: 'defineModule, arguments and middleware', file: 'module-define', env: {} },
  ...(former === undefined ? [] : [{ name: 'former libeevee', file: 'module-libeevee', env: { UPSTREAM_LIBEEVEE: former } }]),
];

const folder = mkdtempSync(join(tmpdir(), 'eevee-bench-'));
const fifo = join(folder, 'output');
execFileSync('mkfifo', [fifo]);
await using server = await startNatsServer({ token: TOKEN });
const router = await connect({ servers: server.host, token: TOKEN });
try {
  for (const file of new Set(kinds.map((kind) => kind.file))) bundle(file);
  const results = new Map<Kind, Measured[]>();
  for (let round = 0; round < rounds; round++) {
    for (const kind of kinds) results.set(kind, [...(results.get(kind) ?? []), await measure(kind)]);
  }
  report(results);
} finally {
  await router.close();
  rmSync(folder, { recursive: true, force: true });
}

/** A single file, built like those in the images of modules. */
function bundle(file: string): void {
  const entry = fileURLToPath(new URL(`${file}.ts`, import.meta.url));
  execFileSync(process.execPath, [BUNDLE, entry, join(folder, `${file}.mjs`)]);
}

async function measure({ name, file, env }: Kind): Promise<Measured> {
  const reader = spawn('cat', [fifo], { stdio: ['ignore', 'ignore', 'inherit'] });
  const output = openSync(fifo, 'w');
  const startedAt = performance.now();
  const module = spawn(process.execPath, [...flags, join(folder, `${file}.mjs`)], {
    env: {
      ...{ NODE_ENV: 'production', MALLOC_ARENA_MAX: '1' },
      ...{ NATS_HOST: server.host, NATS_TOKEN: TOKEN, HTTP_API_PORT: String(await freePort()), ...env },
    },
    stdio: ['ignore', output, 'inherit'],
  });
  const exited = once(module, 'exit');
  try {
    // Each of them subscribes to this question last.
    await eventually(cpuMicroseconds, { what: `${name} to start`, intervalMs: 2 });
    const startMs = performance.now() - startedAt;
    const idleMebibytes = statusMebibytes(module, 'VmRSS');
    await echo(1_000); // warm
    const before = await cpuMicroseconds();
    const echoStarted = performance.now();
    await echo(messages);
    const echoMs = performance.now() - echoStarted;
    const cpu = (await cpuMicroseconds()) - before;
    const memory = { mebibytes: statusMebibytes(module, 'VmRSS'), mostMebibytes: statusMebibytes(module, 'VmHWM') };
    const stopStarted = performance.now();
    module.kill('SIGTERM');
    const [exitCode] = (await exited) as [number | null];
    const stopMs = performance.now() - stopStarted;
    return {
      startMs,
      perSecond: (messages / echoMs) * 1000,
      cpuMicroseconds: cpu / messages,
      idleMebibytes,
      ...memory,
      stopMs,
      exitCode: exitCode ?? -1,
    };
  } finally {
    if (module.exitCode === null) module.kill('SIGKILL');
    await exited;
    closeSync(output);
    reader.kill();
  }
}

/** Sends the given number of calls and waits for all answers. */
async function echo(count: number): Promise<void> {
  const call = { platform: 'irc', network: 'libera', instance: 'main', user: 'fox', userHost: 'den.example' };
  const { promise, resolve } = Promise.withResolvers<void>();
  let sent = 0;
  let answered = 0;
  const send = (): void => {
    const text = `hello number ${sent}`;
    const channel = `#bench-${sent++ % CHANNELS}`;
    const timestamp = new Date().toISOString();
    const whole = { ...call, channel, text, originalText: `!echo ${text}`, matchedCommand: 'echo', timestamp, trace: 'bench' };
    router.publish('command.execute.bench', JSON.stringify(whole));
  };
  const subscription = router.subscribe('chat.message.outgoing.irc.main.>', {
    callback: () => {
      if (++answered === count) resolve();
      else if (sent < count) send();
    },
  });
  await router.flush();
  for (let n = 0; n < Math.min(WINDOW, count); n++) send();
  await promise;
  subscription.unsubscribe();
}

async function cpuMicroseconds(): Promise<number> {
  const { user, system } = (await router.request('bench.usage', '', { timeout: 10_000 })).json<NodeJS.CpuUsage>();
  return user + system;
}

function statusMebibytes({ pid }: ChildProcess, field: 'VmRSS' | 'VmHWM'): number {
  const [, kibibytes = '0'] = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}

function report(results: ReadonlyMap<Kind, readonly Measured[]>): void {
  const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
  console.log(`${messages} messages, ${rounds} rounds, Node ${process.version} ${values.flags}; medians`);
  const rows = [...results].map(([{ name }, each]) => {
    const of = (field: keyof Measured): number => median(each.map((one) => one[field]));
    return {
      module: name,
      'messages/s': Math.round(of('perSecond')),
      'CPU µs/message': Number(of('cpuMicroseconds').toFixed(1)),
      'MiB at start': Math.round(of('idleMebibytes')),
      'MiB after': Math.round(of('mebibytes')),
      'MiB at most': Math.round(of('mostMebibytes')),
      'start ms': Math.round(of('startMs')),
      'stop ms': Math.round(of('stopMs')),
      'exit codes': [...new Set(each.map(({ exitCode }) => exitCode))].join(),
    };
  });
  console.table(rows);
  const [bare, ...others] = rows;
  for (const other of others) {
    const ratio = other['CPU µs/message'] / (bare?.['CPU µs/message'] ?? Number.NaN);
    console.log(`${other.module}: ${ratio.toFixed(2)} times the CPU of the bare client`);
  }
}

/**
 * Sends numbered lines of many users through connector, router and echo on real servers, while the connector, a router, both, the echo
 * module, NATS and the IRC server are killed and restarted in turn. Prints lost, duplicate and overtaken lines of each outage. Uses two
 * connectors, two routers and one echo module.
 *
 *   npm run bench -- chat-fire [--lines 10000] [--people 20] [--rate 100] [--rounds 3]
 *
 * Exits with 1 when a line was answered twice, or was lost although nothing was down.
 */
import { parseArgs } from 'node:util';
import { BotProcesses, type LineHistory, type Outage, playChatFire } from '@eeveebot/testing';

/** Maximum number of printed lines for each kind of fault. */
const MAX_SHOWN = 20;

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '10000' },
    people: { type: 'string', default: '20' },
    // Lines per second of all users.
    rate: { type: 'string', default: '100' },
    // Number of times that each part is killed.
    rounds: { type: 'string', default: '3' },
  },
});
const kills = Array.from(
  { length: Number(values.rounds) },
  () => ['connector', 'router', 'both routers', 'echo module', 'NATS', 'IRC server'] as const,
).flat();

const startedMs = performance.now();
const seconds = (ms: number): string => ((ms - startedMs) / 1_000).toFixed(2);
const outageText = ({ part, fromMs, toMs }: Outage): string => `${part} down from ${seconds(fromMs)} s to ${seconds(toMs)} s`;
const lineText = ({ saidMs, answeredMs }: LineHistory): string => `said at ${seconds(saidMs)} s, answered ${answeredMs.length} times`;

await using bot = await BotProcesses.start();
const { outages, doubled, unexplained, overtaken, answered, said } = await playChatFire(bot, {
  people: Number(values.people),
  lines: Number(values.lines),
  linesPerSecond: Number(values.rate),
  kills,
  onOutage: (outage) => console.log(outageText(outage)),
});

console.log(`\n${said} lines of ${values.people} users, ${answered} answered`);
console.table(
  outages.map(({ part, fromMs, toMs, ...losses }) => ({
    killed: part,
    'down from s': seconds(fromMs),
    'to s': seconds(toMs),
    said: losses.said,
    'lost by IRC': losses.lostByIrc,
    'lost in transit': losses.lostInTransit,
    doubled: losses.doubled,
    overtaken: losses.overtaken,
  })),
);
const faults = { 'answered more than once': doubled, 'lost without an outage': unexplained, 'answered after a later line': overtaken };
for (const [what, lines] of Object.entries(faults)) {
  const shown = lines.slice(0, MAX_SHOWN);
  console.log(`${what}: ${lines.length}${shown.map((line) => `\n  ${lineText(line)}`).join('')}`);
}
process.exitCode = doubled.length + unexplained.length > 0 ? 1 : 0;

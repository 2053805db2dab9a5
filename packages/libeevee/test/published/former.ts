// A module as written for 4.3, with the types of 4.3, copied here in full: our types must not require more or return less.
import { createNatsConnection, log, registerCommand, registerGracefulShutdown, registerStatsHandlers } from '@eeveebot/libeevee';
import type { NatsClient, NatsSubscriptionResult } from '@eeveebot/libeevee';
import type { Subscription } from 'nats';

type FormerResult = Subscription | false;
interface FormerLog {
  level: string;
  info(message: string, fields?: Record<string, unknown>): unknown;
  error(message: string, fields?: Record<string, unknown>): unknown;
}

const asFormer = (result: NatsSubscriptionResult): FormerResult => result;
const ofFormer = (result: FormerResult): NatsSubscriptionResult => result;

const former: FormerLog = log;
const before: string = former.level;
former.level = 'error';
former.info('not written');
former.level = before;

const nats: InstanceType<typeof NatsClient> = await createNatsConnection();
registerGracefulShutdown([nats]);
const results: FormerResult[] = [];
const waiting: Promise<FormerResult>[] = [];
results.push(asFormer(ofFormer(await nats.subscribe('command.execute.former', () => undefined))));
const uuid: string = 'b1f4f4a6-54a5-4a37-a3b0-3f8f5f8f6f02';
waiting.push(...(await registerCommand(nats, { commandUUID: uuid, commandDisplayName: 'former', regex: '^former' })));
waiting.push(...registerStatsHandlers({ nats, moduleName: 'former', startTime: Date.now() }));
for (const result of await Promise.all(waiting)) results.push(result);

former.info('ready', { subjects: results.map((result) => result && result.getSubject()), before, now: former.level });

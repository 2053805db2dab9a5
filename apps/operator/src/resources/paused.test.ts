import { describe, expect, it } from 'vitest';
import type { BotModule, BotModuleStatus } from '@eeveebot/crds';
import { botModule } from '../../test/fixtures/bot-modules.ts';
import type { ResourceEvent } from '../controller/api/events.ts';
import type { Writer } from '../controller/apply/writer.ts';
import type { ReconcileContext } from '../controller/run/definition.ts';
import { BOT_MODULE } from '../resource-types/kinds.ts';
import { isPaused, writePaused } from './paused.ts';

const annotated = (value: string): BotModule => botModule({}, { annotations: { 'eevee.bot/paused': value } });

describe('isPaused', () => {
  it.each(['true', 'True', 'yes', 'on', '1', '', 'until monday'])('treats %j as paused', (value) => {
    expect(isPaused(annotated(value))).toBe(true);
  });

  it.each(['false', 'False', ' no ', 'off', '0'])('treats %j as not paused', (value) => {
    expect(isPaused(annotated(value))).toBe(false);
  });

  it('is false without the annotation', () => {
    expect(isPaused(botModule())).toBe(false);
  });
});

describe('writePaused', () => {
  const ready = {
    type: 'Ready',
    status: 'True' as const,
    reason: 'Ready',
    message: '1/1 available',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };

  /** Writes the status once, and again over the first result. */
  async function writeTwice(module: BotModule) {
    const [events, statuses]: [ResourceEvent[], BotModuleStatus[]] = [[], []];
    const writer = {
      writeStatus: async (_: unknown, __: unknown, status: BotModuleStatus) => void statuses.push(status),
    } as unknown as Writer;
    const context = { writer, events: { record: (_: unknown, event: ResourceEvent) => void events.push(event) }, now: new Date(0) };
    await writePaused(BOT_MODULE, module, context as unknown as ReconcileContext);
    await writePaused(BOT_MODULE, { ...module, ...(statuses[0] && { status: statuses[0] }) }, context as unknown as ReconcileContext);
    return { events, statuses };
  }

  it('adds the condition, keeps the known status, and prefixes the message of Ready once', async () => {
    const { statuses } = await writeTwice({ ...annotated('yes'), status: { replicas: 1, conditions: [ready] } });
    expect(statuses[0]).toMatchObject({
      replicas: 1,
      conditions: [
        { ...ready, message: 'Paused; previous state:  1/1 available' },
        {
          type: 'Paused',
          status: 'True',
          message: 'annotation eevee.bot/paused is "yes": changes are not applied; remove it to resume',
        },
      ],
    });
    expect(statuses[1]).toEqual(statuses[0]);
  });

  it('no longer reports that a change is being carried out', async () => {
    const reconciling = { ...ready, type: 'Reconciling', reason: 'Updating', message: '0/1 updated' };
    const { statuses } = await writeTwice({ ...annotated('yes'), status: { conditions: [ready, reconciling] } });
    expect(statuses[0]?.conditions?.[1]).toEqual({
      ...reconciling,
      status: 'False',
      reason: 'PausedByAnnotation',
      message: '',
      lastTransitionTime: '1970-01-01T00:00:00Z',
    });
    expect(statuses[1]).toEqual(statuses[0]);
  });

  it('records a single event', async () => {
    const { events } = await writeTwice(annotated('true'));
    expect(events).toEqual([{ type: 'Normal', reason: 'Paused', message: expect.stringContaining('changes are not applied') }]);
  });
});

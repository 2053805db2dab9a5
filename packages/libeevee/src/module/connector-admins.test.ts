import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { channelAdmins } from './connector-admins.ts';
import { ChannelAdmins } from './permissions/channel-admins.ts';

it('channel admins are forgotten after an outage of NATS, in which another user may have taken their nick', async () => {
  const forgetAll = vi.spyOn(ChannelAdmins.prototype, 'forgetAll');
  const nats = Object.assign(new EventEmitter(), { subscribe: () => Promise.resolve({}) });
  const metrics = { recordNatsSubscribe: () => undefined };
  const commands = [{ commandDisplayName: 'topic', allow: { channelAdmin: true }, run: () => undefined }];
  await channelAdmins({ name: 'topics', nats, metrics, log: {} } as never, { commands, now: () => 0 });
  nats.emit('reconnect');
  expect(forgetAll).toHaveBeenCalledOnce();
  forgetAll.mockRestore();
});

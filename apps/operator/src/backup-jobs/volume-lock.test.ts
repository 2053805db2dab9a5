import { describe, expect, it } from 'vitest';
import { VolumeLocks } from './volume-lock.ts';

const ECHO = { namespace: 'bots', name: 'echo' };

describe('the lock of a volume', () => {
  it('runs calls one after the other in their order, even if one fails', async () => {
    const locks = new VolumeLocks();
    const log: string[] = [];
    const first = Promise.withResolvers<void>();
    const calls = [
      locks.with(ECHO, async () => {
        await first.promise;
        log.push('first');
        throw new Error('failed');
      }),
      locks.with(ECHO, async () => void log.push('second')),
      locks.with({ ...ECHO, name: 'other' }, async () => void log.push('another module')),
    ];
    await calls[2];
    first.resolve();
    await expect(calls[0]).rejects.toThrow('failed');
    await calls[1];
    expect(log).toEqual(['another module', 'first', 'second']);
  });
});

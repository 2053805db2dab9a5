import { describe, expect, it } from 'vitest';
import { ChannelLanes } from './channel-lanes.ts';

/** Tasks that end when told to. */
class Tasks {
  readonly started: string[] = [];
  readonly ended: string[] = [];
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();

  task(name: string): () => Promise<void> {
    const gate = Promise.withResolvers<void>();
    this.#gates.set(name, gate);
    return async () => {
      this.started.push(name);
      await gate.promise;
      this.ended.push(name);
    };
  }

  end(name: string): void {
    this.#gates.get(name)?.resolve();
  }

  fail(name: string): void {
    this.#gates.get(name)?.reject(new Error(name));
  }
}

/** Lets everything that can go on without an event from outside go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('lanes', () => {
  it('run the tasks of one channel one after the other, in order', async () => {
    const [lanes, tasks] = [new ChannelLanes(4), new Tasks()];
    const all = ['a1', 'a2', 'a3'].map((name) => lanes.run('a', tasks.task(name)));
    await turn();
    expect(tasks.started).toEqual(['a1']);
    tasks.end('a2');
    await turn();
    expect(tasks.started).toEqual(['a1']);
    tasks.end('a1');
    tasks.end('a3');
    await Promise.all(all);
    expect(tasks.ended).toEqual(['a1', 'a2', 'a3']);
  });

  it('run channels side by side, never more than the limit', async () => {
    const [lanes, tasks] = [new ChannelLanes(2), new Tasks()];
    for (const name of ['a', 'b', 'c']) void lanes.run(name, tasks.task(name));
    await turn();
    expect(tasks.started).toEqual(['a', 'b']);
    tasks.end('b');
    await turn();
    expect(tasks.started).toEqual(['a', 'b', 'c']);
    expect(lanes.size).toBe(2);
  });

  it('let a channel that waits go before the next task of a busy one', async () => {
    const [lanes, tasks] = [new ChannelLanes(1), new Tasks()];
    for (const name of ['a1', 'a2', 'b1']) void lanes.run(name.slice(0, 1), tasks.task(name));
    for (const name of ['a1', 'b1', 'a2']) {
      tasks.end(name);
      await turn();
    }
    expect(tasks.ended).toEqual(['a1', 'b1', 'a2']);
  });

  it('go on after a task that fails, and tell its caller', async () => {
    const [lanes, tasks] = [new ChannelLanes(1), new Tasks()];
    const first = lanes.run('a', tasks.task('a1'));
    const second = lanes.run('a', tasks.task('a2'));
    tasks.fail('a1');
    await expect(first).rejects.toThrow('a1');
    tasks.end('a2');
    await second;
    expect(lanes.size).toBe(0);
  });

  it('are idle when nothing runs and nothing waits', async () => {
    const [lanes, tasks] = [new ChannelLanes(1), new Tasks()];
    await lanes.idle();
    void lanes.run('a', tasks.task('a1'));
    void lanes.run('a', tasks.task('a2'));
    let idle = false;
    const whenIdle = lanes.idle().then(() => (idle = true));
    tasks.end('a1');
    await turn();
    expect(idle).toBe(false);
    tasks.end('a2');
    await whenIdle;
    expect(lanes.size).toBe(0);
  });
});

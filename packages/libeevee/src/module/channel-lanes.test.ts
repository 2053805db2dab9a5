import { describe, expect, it } from 'vitest';
import { ChannelLanes } from './channel-lanes.ts';

/** Tasks that end when the test ends them. */
class Tasks {
  readonly started: string[] = [];
  readonly ended: string[] = [];
  readonly #ends = new Map<string, () => void>();

  task(name: string): (done: () => void) => void {
    return (done) => {
      this.started.push(name);
      this.#ends.set(name, () => {
        this.ended.push(name);
        done();
      });
    };
  }

  end(name: string): void {
    this.#ends.get(name)?.();
  }
}

describe('lanes', () => {
  it('run the tasks of one channel one after the other, in order', () => {
    const [lanes, tasks] = [new ChannelLanes(4), new Tasks()];
    for (const name of ['a1', 'a2', 'a3']) lanes.run('a', tasks.task(name));
    expect(tasks.started).toEqual(['a1']);
    for (const name of ['a1', 'a2', 'a3']) tasks.end(name);
    expect(tasks.ended).toEqual(['a1', 'a2', 'a3']);
    expect(tasks.started).toEqual(tasks.ended);
  });

  it('run channels concurrently, up to the limit', () => {
    const [lanes, tasks] = [new ChannelLanes(2), new Tasks()];
    for (const name of ['a', 'b', 'c']) lanes.run(name, tasks.task(name));
    expect(tasks.started).toEqual(['a', 'b']);
    tasks.end('b');
    expect(tasks.started).toEqual(['a', 'b', 'c']);
    expect(lanes.size).toBe(2);
  });

  it('keep the order of busy channels among thousands of others', () => {
    const [lanes, tasks] = [new ChannelLanes(10_000), new Tasks()];
    for (const name of ['a1', 'b1']) lanes.run(name.slice(0, 1), tasks.task(name));
    for (let other = 0; other < 5_000; other++) lanes.run(`other ${other}`, (done) => done());
    for (const name of ['a2', 'b2']) lanes.run(name.slice(0, 1), tasks.task(name));
    expect(tasks.started).toEqual(['a1', 'b1']);
    for (const name of ['b1', 'a1', 'b2', 'a2']) tasks.end(name);
    expect(tasks.ended).toEqual(['b1', 'a1', 'b2', 'a2']);
    expect(lanes.size).toBe(0);
  });

  it('run a waiting channel before the next task of a busy one', () => {
    const [lanes, tasks] = [new ChannelLanes(1), new Tasks()];
    for (const name of ['a1', 'a2', 'b1']) lanes.run(name.slice(0, 1), tasks.task(name));
    for (const name of ['a1', 'b1', 'a2']) tasks.end(name);
    expect(tasks.ended).toEqual(['a1', 'b1', 'a2']);
  });

  it('accept any number of synchronous tasks, also from within one', () => {
    const lanes = new ChannelLanes(1);
    let done = 0;
    lanes.run('a', (first) => {
      for (let task = 0; task < 100_000; task++) {
        lanes.run(`${task % 2}`, (ended) => {
          done++;
          ended();
        });
      }
      expect(done).toBe(0);
      first();
    });
    expect([done, lanes.size]).toEqual([100_000, 0]);
  });

  it('are idle when nothing runs and nothing waits', async () => {
    const [lanes, tasks] = [new ChannelLanes(1), new Tasks()];
    await lanes.idle();
    for (const name of ['a1', 'a2']) lanes.run('a', tasks.task(name));
    let idle = false;
    const whenIdle = lanes.idle().then(() => (idle = true));
    tasks.end('a1');
    await new Promise((resolve) => setImmediate(resolve));
    expect(idle).toBe(false);
    tasks.end('a2');
    await whenIdle;
    expect(lanes.size).toBe(0);
  });
});

it('a lane of 65,000 tasks takes no longer per task than a short one', async () => {
  const lanes = new ChannelLanes(1);
  const before = process.cpuUsage();
  for (let task = 0; task < 65_000; task++) lanes.run('a', (done) => queueMicrotask(done));
  await lanes.idle();
  // About 30 ms of processor time; 1,500 ms and more if each task moves all tasks that wait behind it.
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(500);
});

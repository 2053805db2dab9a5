import { describe, expect, it } from 'vitest';
import { BatchedOutput, type OutputSystem } from './output.ts';

/** A fake standard output. */
function fakeSystem(
  write: (bytes: Uint8Array) => number = (bytes) => bytes.length,
): OutputSystem & { written: string[]; bytes: Buffer[]; paused: number; tick: () => void } {
  const timers: (() => void)[] = [];
  const fake = {
    written: [] as string[],
    bytes: [] as Buffer[],
    paused: 0,
    write: (bytes: Uint8Array) => {
      const taken = write(bytes);
      const copy = Buffer.from(bytes.subarray(0, taken));
      fake.bytes.push(copy);
      fake.written.push(copy.toString());
      return taken;
    },
    pause: (ms: number) => void (fake.paused += ms),
    after: (_ms: number, callback: () => void) => void timers.push(callback),
    tick: () => timers.splice(0).forEach((callback) => callback()),
  };
  return fake;
}

const failing = (code: string): never => {
  throw Object.assign(new Error(code), { code });
};

describe('BatchedOutput', () => {
  it('writes the lines of each burst at once', () => {
    const system = fakeSystem();
    const output = new BatchedOutput(system);
    output.write('a\n');
    output.write('b\n');
    expect(system.written).toEqual([]);
    system.tick();
    output.write('c\n');
    system.tick();
    expect(system.written).toEqual(['a\nb\n', 'c\n']);
  });

  it('writes when its buffer is full', () => {
    const system = fakeSystem();
    const output = new BatchedOutput(system);
    for (let line = 0; line < 40; line++) output.write(`${'x'.repeat(999)}\n`);
    expect(system.written.length).toBeGreaterThanOrEqual(2);
    output.flush();
    expect(system.written.join('')).toHaveLength(40_000);
  });

  it('writes long lines and others in order, whatever their characters', () => {
    const system = fakeSystem((bytes) => Math.min(10_000, bytes.length));
    const output = new BatchedOutput(system);
    const lines = Array.from({ length: 60 }, (_, line) => `${line} ${'aé€🦊'.repeat(line * 150)}\n`);
    for (const line of lines) output.write(line);
    output.flush();
    expect(output.droppedBytes).toBe(0);
    expect(Buffer.concat(system.bytes).toString()).toBe(lines.join(''));
  });

  it('continues after a partial write', () => {
    const system = fakeSystem((bytes) => Math.min(3, bytes.length));
    const output = new BatchedOutput(system);
    output.write('one line\n');
    output.flush();
    expect(system.written).toEqual(['one', ' li', 'ne\n']);
    expect(output.droppedBytes).toBe(0);
  });

  it('waits for a full pipe for at most a second', () => {
    let refusals = 3;
    const system = fakeSystem((bytes) => (refusals-- > 0 ? failing('EAGAIN') : bytes.length));
    const output = new BatchedOutput(system);
    output.write('a\n');
    output.flush();
    expect(system.written).toEqual(['a\n']);
    refusals = Number.POSITIVE_INFINITY;
    output.write('lost\n');
    output.flush();
    expect(system.paused).toBeLessThanOrEqual(1_100);
    expect(output.droppedBytes).toBe(5);
    refusals = 0;
    output.write('b\n');
    output.flush();
    expect(system.written).toEqual(['a\n', 'b\n']);
  });

  it('stops waiting after a timeout, completes the partial line, and reports the dropped bytes once the reader is back', () => {
    let room = 3;
    const system = fakeSystem((bytes) => {
      if (room === 0) return failing('EAGAIN');
      const taken = Math.min(room, bytes.length);
      room -= taken;
      return taken;
    });
    const missing: number[] = [];
    const output: BatchedOutput = new BatchedOutput(system, (bytes) => {
      missing.push(bytes);
      output.write('gap\n');
    });
    output.write('first\nsecond\n');
    output.flush();
    const pausedMs = system.paused;
    for (let line = 0; line < 100; line++) {
      output.write(`lost ${line}\n`);
      output.flush();
    }
    expect(system.paused).toBe(pausedMs);
    room = 1_000;
    output.write('third\n');
    output.flush();
    output.flush();
    expect(system.written.join('')).toBe('first\nthird\ngap\n');
    expect(missing).toEqual([output.droppedBytes]);
    room = 0;
    output.write('fourth\n');
    output.flush();
    expect(system.paused).toBeGreaterThan(pausedMs);
  });

  it('keeps a long line whole that follows the report of dropped bytes', () => {
    let isFull = true;
    const system = fakeSystem((bytes) => (isFull ? failing('EAGAIN') : bytes.length));
    const gap = `gap ${'.'.repeat(200)}\n`;
    const output: BatchedOutput = new BatchedOutput(system, () => output.write(gap));
    output.write('lost\n');
    output.flush();
    isFull = false;
    const first = `first ${'.'.repeat(200)}\n`;
    const long = `${'字'.repeat(21_800)}\n`;
    for (const line of [first, long, 'last\n']) output.write(line);
    output.flush();
    expect(system.written.join('')).toBe(`${first}${gap}${long}last\n`);
  });

  it('stops writing once its reader is gone, and neither throws nor waits', () => {
    let tries = 0;
    const system = fakeSystem(() => {
      tries++;
      return failing('EPIPE');
    });
    const output = new BatchedOutput(system);
    for (let line = 0; line < 3; line++) {
      output.write('a\n');
      output.flush();
    }
    expect(tries).toBe(1);
    expect(system.paused).toBe(0);
    expect(output.droppedBytes).toBe(6);
  });
});

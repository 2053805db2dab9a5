import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endIsolated, isolated, ProgramFailedError } from '../pristine/namespaces.ts';

describe('a program in namespaces of its own', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eevee-namespaces-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('mounts file systems that are invisible outside', async () => {
    await isolated(['sh', '-ec', 'mount -t tmpfs tmpfs "$1" && touch "$1/inside" && grep -q "$1" /proc/mounts', 'sh', folder]);
    expect(existsSync(join(folder, 'inside'))).toBe(false);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(folder);
  });

  it('gives its exit code', async () => {
    await expect(isolated(['sh', '-c', 'exit 7'])).rejects.toEqual(new ProgramFailedError('sh', 7));
  });

  it('ends with all that it started when it is interrupted', async () => {
    const beat = join(folder, 'beat');
    const ended = isolated([
      'sh',
      '-c',
      '(setsid sh -c "while :; do echo beat >>\\"$1\\"; sleep 0.01; done" sh "$1" &) ; sleep 3600',
      'sh',
      beat,
    ]).catch((error: unknown) => error);
    const read = () => readFileSync(beat, 'utf8');
    await eventually(() => existsSync(beat) && read() !== '', { what: 'the first beat' });
    endIsolated();
    expect(await ended).toBeInstanceOf(ProgramFailedError);
    let before = '';
    await eventually(
      () => {
        const isSame = read() === before;
        before = read();
        return isSame;
      },
      { what: 'what it started to end', intervalMs: 300 },
    );
  });
});

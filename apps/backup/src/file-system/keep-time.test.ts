import { lstatSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepingTime } from './keep-time.ts';

it('a directory keeps its modification time, to the nanosecond, while its entries change', () => {
  const directory = mkdtempSync(join(tmpdir(), 'eevee-time-'));
  try {
    utimesSync(directory, 1_700_000_000, 1_700_000_000.123);
    const { mtimeNs } = lstatSync(directory, { bigint: true });
    keepingTime(directory, () => writeFileSync(join(directory, 'new'), ''));
    expect(lstatSync(directory, { bigint: true }).mtimeNs).toBe(mtimeNs);
    keepingTime(directory, () => rmSync(join(directory, 'new')));
    expect(lstatSync(directory, { bigint: true }).mtimeNs).toBe(mtimeNs);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

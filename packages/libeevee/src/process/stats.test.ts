import { describe, expect, it } from 'vitest';
import { fittingExposition } from './stats.ts';

const family = (name: string, values: number): string =>
  [`# HELP ${name} says "${name}"`, `# TYPE ${name} gauge`, ...Array.from({ length: values }, (_, at) => `${name}{at="${at}"} ${at}`)].join(
    '\n',
  );

const families = [family('small', 1), family('large', 1000), family('tiny', 1)];
const exposition = `${families.join('\n\n')}\n`;

describe('fittingExposition', () => {
  it('leaves an exposition that fits unchanged', () => {
    expect(fittingExposition(exposition, 1024 * 1024)).toBe(exposition);
  });

  it('omits whole metrics and states how many', () => {
    const fitting = fittingExposition(exposition, 2_000);
    expect(fitting).toBe(`${families[0]}\n\n${families[2]?.trim()}\n\n\n# 1 metrics omitted: they do not fit into one message\n`);
  });

  it.each([0, 100, 300, 2_000, 20_000, 32_000])('stays within %d bytes of JSON if the note itself does', (maxBytes) => {
    const fitting = fittingExposition(exposition, maxBytes);
    const note = '"# 3 metrics omitted: they do not fit into one message\\n"'.length;
    expect(Buffer.byteLength(JSON.stringify(fitting))).toBeLessThanOrEqual(Math.max(maxBytes, note));
  });
});

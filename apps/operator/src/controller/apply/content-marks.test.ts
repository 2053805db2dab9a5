import { describe, expect, it } from 'vitest';
import { ContentMarks } from './content-marks.ts';
import { contentChecksum } from './difference.ts';

describe('ContentMarks', () => {
  it('do not depend on the order of keys, nor on whether they are cached', () => {
    const marks = new ContentMarks();
    const mark = marks.of({ kind: 'ConfigMap', data: { a: '1', b: '2' } });
    expect(mark).toBe(contentChecksum({ data: { b: '2', a: '1' }, kind: 'ConfigMap' }).slice(0, 16));
    expect(marks.of({ kind: 'ConfigMap', data: { a: '1', b: '2' } })).toBe(mark);
    expect(marks.ofNew({ kind: 'ConfigMap', data: { a: '1', b: '2' } })).toBe(mark);
    expect(marks.of({ data: { b: '2', a: '1' }, kind: 'ConfigMap' })).toBe(mark);
  });

  it('differ with the content', () => {
    const marks = new ContentMarks();
    expect(new Set([{ a: [1, 2] }, { a: [2, 1] }, { a: {} }].map((content) => marks.of(content))).size).toBe(3);
  });
});

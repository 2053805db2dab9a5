import { describe, expect, it } from 'vitest';
import { botModule } from '../../test/fixtures/bot-modules.ts';
import { asPlanned } from './as-planned.ts';

const planned = botModule({ image: 'echo:1' }, { generation: 1 });

describe('resource as planned', () => {
  it('keeps the planned spec and generation after an edit, and takes the newest status', () => {
    const edited = { ...botModule({ image: 'echo:2' }, { generation: 2 }), status: { replicas: 3 } };
    expect(asPlanned(planned, edited)).toEqual({ ...planned, status: { replicas: 3 } });
  });

  it('returns the newest version while its spec is unchanged', () => {
    const annotated = botModule({ image: 'echo:1' }, { generation: 1, annotations: { a: 'b' } });
    expect(asPlanned(planned, annotated)).toBe(annotated);
  });

  it('never returns another object of the same name', () => {
    expect(asPlanned(planned, botModule({}, { generation: 1, uid: 'another' }))).toBe(planned);
    expect(asPlanned(planned, undefined)).toBe(planned);
  });
});

import { describe, expect, it } from 'vitest';
import { laterSchedules, windowMinutes } from './start-window.ts';

describe('schedules within a start window', () => {
  it('are the schedule itself, and those of the minutes after it', () => {
    expect(laterSchedules('58 3 * * *', 4)).toEqual(['58 3 * * *', '59 3 * * *', '0 4 * * *', '1 4 * * *']);
    expect(laterSchedules('@hourly', 3)).toEqual(['@hourly', '1 * * * *', '2 * * * *']);
    expect(laterSchedules('*/30 * * * *', 2)).toEqual(['*/30 * * * *', '1,31 * * * *']);
    expect(laterSchedules('59 23 * * *', 2)).toEqual(['59 23 * * *', '0 0 * * *']);
    expect(laterSchedules('0 2,14 * * 1', 2)).toEqual(['0 2,14 * * 1', '1 2,14 * * 1']);
  });

  it('stay on the same day if the schedule is not daily', () => {
    expect(laterSchedules('58 23 * * 0', 60)).toEqual(['58 23 * * 0', '59 23 * * 0']);
    expect(laterSchedules('@monthly', 1440)).toHaveLength(1440);
  });

  it('have no times that two fields cannot express', () => {
    expect(laterSchedules('0,30 3 * * *', 60)).toHaveLength(30);
    expect(laterSchedules('0 0-23 * * *', 120)).toContain('59 * * * *');
  });

  it('are as many as the window has minutes even if the schedule runs every minute of a day', () => {
    const everyMinute = laterSchedules('* * * * *', 1440);
    expect(everyMinute).toHaveLength(1440);
    expect(new Set(everyMinute.slice(1))).toEqual(new Set([`${Array.from({ length: 60 }, (_, minute) => minute).join(',')} * * * *`]));
    const often = laterSchedules('*/20 22,23 * * *', 1440);
    expect([often[1], often[20], often.at(-1)]).toEqual(['1,21,41 22,23 * * *', '0,20,40 0,23 * * *', '19,39,59 21,22 * * *']);
  });

  it.each(['@every 1h', 'MON 3 * * *', '* * * * *', '61 3 * * *', '3 * * *', '*/00 3 * * *'])(
    'are only the schedule itself if it cannot be moved: %s',
    (schedule) => {
      expect(new Set(laterSchedules(schedule, 60).slice(1))).toEqual(schedule === '* * * * *' ? new Set([expect.any(String)]) : new Set());
    },
  );
});

describe('the length of a window', () => {
  it.each([
    ['90m', 90],
    ['2h', 120],
    ['1h30m', 90],
  ])('%s is %i minutes', (duration, minutes) => {
    expect(windowMinutes(duration)).toBe(minutes);
  });
});

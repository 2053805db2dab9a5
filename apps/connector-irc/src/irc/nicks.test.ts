import { expect, it } from 'vitest';
import { nextNick } from './nicks.ts';

it('tries the alternatives, then underscores, then numbers', () => {
  const settings = { nick: 'eevee', altNicks: ['eevee2'] };
  expect([0, 1, 2, 3, 4, 5, 6].map((refused) => nextNick(settings, refused))).toEqual([
    'eevee',
    'eevee2',
    'eevee_',
    'eevee__',
    'eevee___',
    'eevee4',
    'eevee5',
  ]);
});

it('replaces the end of the nick once longer ones were refused, for the server may take none that is longer', () => {
  const settings = { nick: 'eeveebots', altNicks: [] };
  expect([6, 7, 8, 12].map((refused) => nextNick(settings, refused))).toEqual(['eeveebots6', 'eeveebot7', 'eeveebot8', 'eeveebo12']);
  expect(nextNick({ nick: 'e', altNicks: [] }, 12)).toBe('e12');
});

it('never makes a nick longer than thirty characters', () => {
  const settings = { nick: 'x'.repeat(30), altNicks: [] };
  expect([1, 5].map((refused) => nextNick(settings, refused))).toEqual([`${'x'.repeat(29)}_`, `${'x'.repeat(29)}5`]);
});

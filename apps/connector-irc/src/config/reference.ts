import type { Field, Fields } from './fields.ts';
import { SETTINGS } from './settings.ts';

const BEGIN = '<!-- settings: generated from apps/connector-irc/src/config/settings.ts -->';
const END = '<!-- end of settings -->';

/** Regenerates the table of settings between the two marks of a page. @throws Error when it has no marks. */
export function withSettingsTable(page: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`the page has no ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${settingsTable()}\n\n${page.slice(end)}`;
}

/** The table of all settings. */
export function settingsTable(): string {
  const connections = SETTINGS.type === 'object' ? SETTINGS.fields : {};
  const rows = rowsOf(connections, '');
  return ['| setting | value | default | |', '|---|---|---|---|', ...rows].join('\n');
}

function rowsOf(fields: Fields, path: string): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const row = `| \`${at}\` | ${valueOf(field)} | ${defaultOf(field)} | ${field.description.replaceAll('|', '\\|')} |`;
    return [row, ...nestedRows(field, at)];
  });
}

function nestedRows(field: Field, at: string): string[] {
  if (field.type === 'object') return rowsOf(field.fields, at);
  if (field.type === 'list') return nestedRows(field.of, `${at}[]`);
  if (field.type === 'either') return field.of.flatMap((each) => nestedRows(each, at));
  return [];
}

function valueOf(field: Field): string {
  switch (field.type) {
    case 'string':
      return 'string';
    case 'integer':
      return `whole number, ${field.min} to ${field.max}`;
    case 'number':
      return `number, ${field.min} to ${field.max}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return field.values.map((value) => `\`${value}\``).join(' or ');
    case 'secret':
      return '[secret](#secrets)';
    case 'object':
      return 'mapping';
    case 'list':
      return `list of ${plural(field.of)}`;
    case 'either':
      return field.of.map(valueOf).join(', or ');
  }
}

function plural({ type }: Field): string {
  return type === 'object' ? 'mappings' : type === 'either' ? 'names or mappings' : 'strings';
}

function defaultOf(field: Field): string {
  if (field.required === true) return 'required';
  if (field.type === 'either') return field.of.some((each) => each.type === 'boolean' && each.default) ? '`true`' : '';
  return 'default' in field && field.default !== undefined ? `\`${String(field.default)}\`` : '';
}

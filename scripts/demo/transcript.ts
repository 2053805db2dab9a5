import type { IrcLine } from '@eeveebot/testing';

/** How IRC clients show what users say. */
const SHOWN: Partial<Record<IrcLine['kind'], (nick: string) => string>> = {
  message: (nick) => `<${nick}>`,
  notice: (nick) => `-${nick}-`,
  action: (nick) => `* ${nick}`,
};

/** A line as IRC clients show it; undefined for what no user says, such as a join. */
export function shownLine({ kind, nick, text }: Pick<IrcLine, 'kind' | 'nick' | 'text'>): string | undefined {
  const from = SHOWN[kind]?.(nick);
  return from === undefined ? undefined : `${from} ${text}`;
}

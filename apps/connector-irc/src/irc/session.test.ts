import { expect, it } from 'vitest';
import { Scripted } from '../../test/scripted-session.ts';

it('ends when the server keeps sending lines but does not accept the bot', async () => {
  const scripted = new Scripted();
  for (let second = 0; second < 59; second++) {
    await scripted.sends('PING :irc.test');
    scripted.clock.advance(1_000);
  }
  expect(scripted.ends).toEqual([]);
  scripted.clock.advance(1_000);
  expect(scripted.ends).toEqual([{ kind: 'lost', reason: 'the server did not accept the bot within 60 s' }]);
});

it('stays when the server has accepted the bot', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  scripted.clock.advance(61_000);
  expect(scripted.ends).toEqual([]);
});

it('recognizes channels although the server names no channel types', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  await scripted.sends(':irc.test 005 eevee CHANTYPES :are supported by this server');
  expect([scripted.session.isChannel('#eevee'), scripted.session.isChannel('fox'), scripted.session.isChannel('')]).toEqual([
    true,
    false,
    false,
  ]);
});

it('omits an invalid time of the server', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  await scripted.sends('@time=99999999999999999 :fox!fox@host PRIVMSG #eevee :late');
  expect(scripted.said.find(({ text }) => text === 'late')).toMatchObject({ timeMs: undefined });
});

it('ends when the server accepts no nick, instead of trying endlessly', async () => {
  const scripted = new Scripted();
  await scripted.sends(...Array.from({ length: 20 }, () => ':irc.test 432 * eevee :Erroneous nickname'));
  expect(scripted.ends).toEqual([]);
  scripted.writes(':irc.test 432 * eevee :Erroneous nickname');
  const reason = 'the server accepts neither eevee nor similar nicks: correct ident.nick';
  await expect.poll(() => scripted.ends).toEqual([{ kind: 'denied', reason }]);
});

it('keeps its nick when the server changes it to an empty one', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  await scripted.sends(':eevee!eevee@host NICK :');
  expect(scripted.session.nick).toBe('eevee');
});

it('asks for the names of renamed channels, and reports them', async () => {
  const scripted = new Scripted();
  await expect.poll(() => scripted.sent).toContain('CAP LS');
  scripted.writes(':irc.test CAP * LS :draft/channel-rename server-time');
  await expect.poll(() => scripted.sent).toMatch(/CAP REQ :.*draft\/channel-rename/);
  scripted.writes(':irc.test CAP eevee ACK :draft/channel-rename server-time');
  await scripted.lets();
  await scripted.sends(':fox!fox@host RENAME #old #new :better', ':fox!fox@host RENAME #old', ':irc.test RENAME');
  expect(scripted.renamed).toEqual(['#old #new']);
});

it('treats a forward to another channel as a refusal', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  await scripted.sends(':irc.test 470 eevee #eevee ##overflow :Forwarding to another channel');
  expect(scripted.refused).toEqual(['#eevee: it forwards to ##overflow']);
});

it('takes the nick before a netsplit, which the server keeps for a while, for one in use', async () => {
  const scripted = new Scripted();
  await scripted.sends(':irc.test 437 * eevee :Nick/channel is temporarily unavailable');
  await expect.poll(() => scripted.sent).toContain('NICK eevee_\r\n');
  await scripted.lets();
  await scripted.sends(':irc.test 437 eevee_ #eevee :Nick/channel is temporarily unavailable');
  expect(scripted.refused).toEqual(['#eevee: Nick/channel is temporarily unavailable']);
});

it('reports messages that a user does not accept, and channels that cannot be joined, whatever numeric the server has for that', async () => {
  const scripted = new Scripted();
  await scripted.sends(':irc.test 439 * :Please wait while we process your connection.');
  await scripted.lets();
  await scripted.sends(
    ':irc.test 716 eevee fox :is in +g mode (server side ignore)',
    ':irc.test 486 eevee owl :You must identify to a registered nick to message this user',
    ':irc.test 477 eevee elk :You need a registered nick',
    ':irc.test 926 eevee #bad :Channel #bad is forbidden',
    ':irc.test 403 eevee den :No such channel',
    ':irc.test 437 eevee wanted :Nick/channel is temporarily unavailable',
  );
  expect(scripted.refused).toEqual([
    'fox: is in +g mode (server side ignore)',
    'owl: You must identify to a registered nick to message this user',
    'elk: You need a registered nick',
    '#bad: Channel #bad is forbidden',
    'den: No such channel',
  ]);
});

it('has the wanted nick when the server has shortened it', async () => {
  const scripted = new Scripted({ nick: 'eevee-the-fox' });
  await scripted.sends(':irc.test 001 eevee-the :Welcome', ':irc.test 005 eevee-the NICKLEN=9 :are supported by this server');
  const has = ['eevee-the-fox', 'EEVEE-THE', 'eevee-the_', 'eevee'].map((nick) => scripted.session.hasNick(nick));
  expect(has).toEqual([true, true, true, false]);
});

it('takes all options of a line, and those that the server changes or withdraws later', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  const [supported, { session }] = [':are supported by this server', scripted];
  await scripted.sends(`:irc.test 005 eevee CHANTYPES STATUSMSG CHANMODES CLIENTTAGDENY CASEMAPPING=ascii STATUSMSG=@ ${supported}`);
  expect([session.caseMapping, session.isChannel('@#a'), session.isChannel('#a')]).toEqual(['ascii', true, true]);
  const { greetings } = scripted;
  await scripted.sends(`:irc.test 005 eevee -STATUSMSG CHANTYPES=+ CASEMAPPING=rfc1459 ${supported}`);
  expect([session.caseMapping, session.isChannel('@+a'), session.isChannel('+a'), session.isChannel('#a')]).toEqual([
    'rfc1459',
    false,
    true,
    false,
  ]);
  expect(scripted.greetings).toBe(greetings + 1);
});

it('knows messages to some of the users of a channel, whatever the types of channels are', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  await scripted.sends(':irc.test 005 eevee CHANTYPES=#+ STATUSMSG=~&@%+ :are supported by this server');
  const targets = ['#a', '+a', '@#a', '@+#a', '+#a', '@+a', 'fox', '@fox', '&a', '@', ''];
  expect(targets.filter((target) => scripted.session.isChannel(target))).toEqual(['#a', '+a', '@#a', '@+#a', '+#a', '@+a']);
});

it('takes an action whose end the server cut for an action, and answers no CTCP request of a server', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  await scripted.sends(
    ':fox!fox@host PRIVMSG #eevee :\u0001ACTION waves and waves',
    ':fox!fox@host PRIVMSG #eevee :\u0001ACTION\u0001',
    ':fox!fox@host PRIVMSG #eevee :\u0001ACTION says \u0001VERSION\u0001\u0001',
    ':fox!fox@host PRIVMSG eevee :\u0001PING 12',
    ':fox!fox@host PRIVMSG eevee :\u0001VERSION\u0001',
    ':irc.test PRIVMSG eevee :\u0001VERSION\u0001',
  );
  expect(scripted.said.filter(({ isAction }) => isAction).map(({ text }) => text)).toEqual(['waves and waves', '', 'says VERSION']);
  expect(scripted.said.filter(({ isAction }) => !isAction).map(({ text }) => text)).toEqual(['done', 'done']);
  expect(scripted.ctcp).toEqual(['fox PING 12', 'fox VERSION ']);
});

it('passes on what users write without control characters, except those of formatting', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  const written = '\u0002a\u0000b\rc\u0007d\u001be\u007ff\u0001g\u0085h\u000304i\tj';
  await scripted.sends(
    `:fox!fox@host PRIVMSG #eevee :${written}`,
    `:fox!fox@host PRIVMSG #eevee :\u0001ACTION ${written}\u0001`,
    `:fox!fox@host TOPIC #eevee :${written}`,
    `:fox!fox@host KICK #eevee owl :${written}`,
    `:fox!fox@host PART #eevee :${written}`,
    `:fox!fox@ho\u0000st QUIT :${written}`,
  );
  const [clean, plain] = ['\u0002abcdefgh\u000304i\tj', (text: string | undefined) => text === clean];
  expect(scripted.said.filter(({ text }) => plain(text)).map(({ isAction }) => isAction)).toEqual([false, true]);
  expect(scripted.happened.map(({ topic, reason }) => topic ?? reason)).toEqual([clean, clean, clean, clean]);
  expect(scripted.happened.at(-1)).toMatchObject({ eventType: 'quit', userHost: 'host' });
});

it('ignores the past that a bouncer plays back, but not a netsplit', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  for (const type of ['chathistory #eevee', 'znc.in/playback #eevee']) {
    await scripted.sends(
      `:irc.test BATCH +1 ${type}`,
      '@batch=1 :fox!fox@host PRIVMSG #eevee :!old',
      '@batch=1 :fox!fox@host PRIVMSG #eevee :\u0001ACTION old\u0001',
      '@batch=1 :fox!fox@host JOIN #eevee',
      ':irc.test BATCH -1',
    );
  }
  await scripted.sends(':irc.test BATCH +2 netsplit a.test b.test', '@batch=2 :owl!owl@host QUIT :a.test b.test', ':irc.test BATCH -2');
  expect(scripted.said.map(({ text }) => text)).toEqual(['done', 'done', 'done', 'done']);
  expect(scripted.happened).toEqual([expect.objectContaining({ eventType: 'quit', nick: 'owl' })]);
});

it('leaves once, and has the same result for all who wait', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  const left = [scripted.session.quit('bye', true), scripted.session.quit('good night', false)];
  await expect.poll(() => scripted.sent).toContain('QUIT :bye\r\n');
  scripted.closes();
  expect(await Promise.all([...left, scripted.session.quit('late', true)])).toEqual([true, true, true]);
  expect(scripted.sent.match(/QUIT/g)).toHaveLength(1);
  expect(scripted.ends).toHaveLength(1);
});

it.each<readonly [string, (scripted: Scripted) => void]>([
  ['does not answer', ({ clock }) => clock.advance(400)],
  ['is silent for too long', ({ session }) => session.drop('lost', 'the server sent nothing')],
  ['breaks off the connection', (scripted) => scripted.closes(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))],
])('does not count lines as read when it leaves a server that %s', async (_what, ends) => {
  const scripted = new Scripted();
  await scripted.lets();
  const left = scripted.session.quit('bye', true);
  ends(scripted);
  expect(await left).toBe(false);
  expect(scripted.ends).toHaveLength(1);
});

it('does not count lines as read when it leaves a server that has not accepted it', async () => {
  const scripted = new Scripted();
  expect(await scripted.session.quit('bye', true)).toBe(false);
  expect(scripted.sent).not.toContain('QUIT');
});

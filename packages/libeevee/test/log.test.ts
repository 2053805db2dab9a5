import { afterEach, describe, expect, it } from 'vitest';
import { ChildModule, killChildModules } from './child-module.ts';

const logged = async (code: string, env: Record<string, string> = {}): Promise<string> => {
  const module = new ChildModule(`import { log } from './src/log/log.ts'; ${code}`, env);
  await module.exited;
  return module.output;
};

const jsonLines = (output: string): Record<string, unknown>[] =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

afterEach(killChildModules);

describe('log', () => {
  it('writes one JSON object per line in production', async () => {
    const [line] = jsonLines(await logged(`log.info('hello', { producer: 'me', n: 1 });`));
    expect(line).toEqual({ level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), producer: 'me', n: 1, msg: 'hello' });
  });

  it('writes readable lines otherwise', async () => {
    expect(await logged(`log.warn('hello', { producer: 'me' });`, { NODE_ENV: 'development' })).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}\[me\] hello\n$/,
    );
  });

  it('respects LOG_LEVEL', async () => {
    const all = `log.debug('d'); log.info('i'); log.warn('w'); log.error('e');`;
    const messages = async (level: string): Promise<unknown[]> => jsonLines(await logged(all, { LOG_LEVEL: level })).map(({ msg }) => msg);
    expect(await messages('debug')).toEqual(['d', 'i', 'w', 'e']);
    expect(await messages('WARN')).toEqual(['w', 'e']);
    expect(await messages('nonsense')).toEqual(['LOG_LEVEL is "nonsense", which is not a level; using info', 'i', 'w', 'e']);
  });

  it('has a level that can be read and set', async () => {
    const code = `
      log.info('i'); log.level = 'warn'; log.info('hidden'); log.warn('w');
      log.level = 'Verbose'; log.debug(log.level); log.level = 'loud'; log.level = 'constructor'; log.debug('d'); log.level = 'silent'; log.error('hidden');`;
    expect(jsonLines(await logged(code)).map(({ msg }) => msg)).toEqual([
      'i',
      'w',
      'debug',
      '"loud" is not a log level: the level stays "debug"',
      '"constructor" is not a log level: the level stays "debug"',
      'd',
    ]);
  });

  it('writes errors with their stack and cause', async () => {
    const [line] = jsonLines(await logged(`log.error('failed', { error: new Error('outer', { cause: new Error('inner') }) });`));
    expect(line?.['error']).toMatchObject({
      message: 'outer',
      stack: expect.stringContaining('Error: outer'),
      cause: { message: 'inner' },
    });
  });

  it('accepts an error in place of the message', async () => {
    const code = `log.error(new TypeError('broke', { cause: new Error('inner') }), { producer: 'me' });
      try { JSON.parse('my words'); } catch (thrown) { log.error(thrown); }`;
    const output = await logged(code);
    const [line, parsed] = jsonLines(output);
    expect(line).toMatchObject({
      msg: 'broke',
      producer: 'me',
      error: { type: 'TypeError', stack: expect.any(String), cause: { message: 'inner' } },
    });
    expect(parsed).toMatchObject({ level: 'error', error: { type: 'SyntaxError' } });
    expect(output).not.toContain('my words');
  });

  it('writes each key once', async () => {
    const output = await logged(`log.info('mine', { level: 9, time: 'noon', msg: 'other', n: 1 });`);
    expect(jsonLines(output)).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-/), level_: 9, time_: 'noon', msg_: 'other', n: 1, msg: 'mine' },
    ]);
    expect(output.match(/"(level|time|msg)":/g)).toHaveLength(3);
  });

  it('writes fields with the names of inherited properties', async () => {
    const output = await logged(`log.info('mine', JSON.parse('{"__proto__":{"a":1},"constructor":2,"toString":3,"n":4}'));`);
    expect(output).toContain('"__proto__":{"a":1},"constructor":2,"toString":3,"n":4');
  });

  it.each(['info', 'debug'])('omits secrets at %s', async (level) => {
    const code = `log.${level}('to nats://me:hunter2@nats:4222', { password: 'hunter2', tokenFile: '/t', url: 'tls://hunter2@n',
      options: { list: [{ apiKey: { id: 'hunter2' } }] }, error: new Error('no nats://hunter2@n', { cause: 'tls://hunter2@n' }) });`;
    const output = await logged(code, { LOG_LEVEL: 'debug' });
    expect(output).not.toContain('hunter2@');
    expect(jsonLines(output)).toMatchObject([
      {
        msg: 'to nats://…@nats:4222',
        password: '[secret]',
        tokenFile: '/t',
        url: 'tls://…@n',
        options: { list: [{ apiKey: '[secret]' }] },
      },
    ]);
  });

  it('shows chat text only at debug', async () => {
    const code = `
      const fields = { text: 'my words', originalText: '!echo my words', channel: '#x' };
      let error; try { JSON.parse('my words'); } catch (thrown) { error = thrown; }
      log.info('said', fields); log.error('bad', { error }); log.debug('said', fields);`;
    const [info, error, debug] = jsonLines(await logged(code, { LOG_LEVEL: 'debug' }));
    expect(info).toMatchObject({ text: '[8 characters]', originalText: '[14 characters]', channel: '#x' });
    expect(JSON.stringify(error)).not.toContain('my words');
    expect(debug).toMatchObject({ text: 'my words' });
  });

  it('searches nested fields for chat text', async () => {
    const code = `
      const loop = { channel: '#x' }; loop.loop = loop;
      log.info('said', { message: { text: 'my words', channel: '#x' }, calls: [{ originalText: 'my words' }], loop, when: new Date(0) });
      class Call { text = 'my words'; channel = '#y'; }
      log.info('objects', { call: new Call(), json: { toJSON: () => ({ text: 'my words' }) } });
      log.info('deep', { a: { b: { c: { d: { e: { text: 'my words' } } } } } });`;
    const output = await logged(code);
    expect(output).not.toContain('my words');
    expect(jsonLines(output)[0]).toMatchObject({
      message: { text: '[8 characters]', channel: '#x' },
      calls: [{ originalText: '[8 characters]' }],
      loop: { channel: '#x' },
      when: '1970-01-01T00:00:00.000Z',
    });
    expect(jsonLines(output)[1]).toMatchObject({ call: { text: '[8 characters]', channel: '#y' }, json: { text: '[8 characters]' } });
  });

  it('never throws, whatever a module catches and logs', async () => {
    const code = `
      const trap = () => { throw new Error('trap'); };
      const proxy = new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap });
      const { proxy: revoked, revoke } = Proxy.revocable({}, {}); revoke();
      log.error(undefined); log.error(Symbol('s')); log.error({ password: 'hunter2', code: 7 }); log.error(Object.create(null)); log.error(proxy);
      log.error('a', null); log.error('b', 'more'); log.error('c', proxy); log.error('d', revoked);
      log.error('e', { get x() { throw new Error('trap'); }, in: { get x() { throw new Error('trap'); }, y: 1 }, proxy, json: { toJSON: trap }, n: 5n, large: 2n ** 64n, error: Symbol('thrown'), run() {} });
      log.error('f', { error: Object.defineProperty(new Error('x'), 'stack', { get: trap }) });
      log.error(Object.assign(new Error('x'), { message: 5, name: undefined, cause: proxy }));
      log.level = undefined;
      console.log('{"msg":"went on"}');`;
    const lines = jsonLines(await logged(code));
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['undefined', 'Symbol(s)', "{ password: '[secret]', code: 7 }", 'a', 'b', 'c', 'd', 'e', 'f', '5', 'went on']),
    );
    expect(lines.find(({ msg }) => msg === 'b')).toMatchObject({ details: 'more' });
    expect(lines.find(({ msg }) => msg === 'e')).toMatchObject({
      ...{
        x: '[unreadable]',
        proxy: '[unreadable]',
        json: '[unreadable]',
        n: 5,
        large: '18446744073709551616',
        error: 'Symbol(thrown)',
        run: 'run() {}',
      },
      in: { x: '[unreadable]', y: 1 },
    });
  });

  it('writes errors of other realms, all errors of an AggregateError, maps and sets', async () => {
    const code = `
      const { runInNewContext } = await import('node:vm');
      log.error('foreign', { error: runInNewContext('new RangeError("far")') });
      log.error('all', { error: new AggregateError([new Error('one'), new Error('two', { cause: 'why' })], 'both failed') });
      log.info('map', { map: new Map([['a', 1], ['password', 'hunter2']]), set: new Set([1, 2]), bytes: Buffer.from('hunter2') });`;
    expect(jsonLines(await logged(code))).toMatchObject([
      { error: { type: 'RangeError', message: 'far' } },
      { error: { message: 'both failed', errors: [{ message: 'one' }, { message: 'two', cause: 'why' }] } },
      { map: { a: 1, password: '[secret]' }, set: [1, 2], bytes: '[7 bytes]' },
    ]);
  });

  it.each(['info', 'debug'])('omits secrets wherever they are at %s', async (level) => {
    const code = `
      const deep = { a: { b: { c: { d: { e: { password: 'hunter2' } } } } } };
      log.${level}('x https://e.org/?q=1&access_token=hunter2', { pass: 'hunter2', userPass: 'hunter2', pwd: 'hunter2', auth: { user: 'u', pass: 'hunter2' },
        secretParams: 'hunter2', tokenItems: ['hunter2'], headers: [['Authorization', 'Bearer hunter2']], bearer: 'hunter2', deep, url: new URL('https://e.org/?api_key=hunter2') });`;
    const output = await logged(code, { LOG_LEVEL: 'debug' });
    expect(output).not.toContain('hunter2');
    expect(jsonLines(output)).toMatchObject([{ msg: 'x https://e.org/?q=1&access_token=…', url: 'https://e.org/?api_key=…' }]);
  });

  it('loses no line when the process crashes or exits immediately', async () => {
    const lines = `for (let n = 0; n < 1000; n++) log.info('line ' + n);`;
    expect((await logged(`${lines} process.exit(3);`)).match(/"line \d+"/g)).toHaveLength(1000);
    expect((await logged(`${lines} throw new Error('crash');`)).match(/"line \d+"/g)).toHaveLength(1000);
  });
});

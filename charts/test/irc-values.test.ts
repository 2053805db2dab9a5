import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { applicationImageName } from '@eeveebot/testing';
import { parseConfig } from '../../apps/connector-irc/src/config/parse.ts';
import type { Rendered } from './manifests.ts';
import { useCharts } from './use-charts.ts';

interface BotModule extends Rendered {
  readonly spec: { readonly image: string; readonly ipcConfig: string; readonly moduleConfig?: string; readonly size?: number } & Readonly<
    Record<string, unknown>
  >;
}

/** The eight lines of values that define a bot in a channel. */
const LIBERA = { name: 'libera', host: 'irc.libera.chat', port: 6697, tls: true, nick: 'my-bot', channels: ['#my-channel'] };

describe('a bot on IRC from a few values', () => {
  const charts = useCharts();

  const rendered = (values: object): Promise<readonly Rendered[]> => charts.objects('bot', values);
  const modules = async (values: object): Promise<ReadonlyMap<string, BotModule>> =>
    new Map(
      (await rendered(values)).filter(({ kind }) => kind === 'BotModule').map((module) => [module.metadata.name, module as BotModule]),
    );
  const connections = async (irc: readonly object[]): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const connector = (await modules({ irc })).get('connector-irc');
    return (parse(connector?.spec.moduleConfig ?? '') as { connections: Readonly<Record<string, unknown>>[] }).connections;
  };

  it('creates the connector, the router, help and echo on one NATS', async () => {
    const objects = await rendered({ irc: [LIBERA] });
    expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).toSorted()).toEqual([
      'BotModule/connector-irc',
      'BotModule/echo',
      'BotModule/help',
      'BotModule/router',
      'IpcConfig/eevee-bot',
    ]);
    for (const module of (await modules({ irc: [LIBERA] })).values())
      expect(module.spec).toMatchObject({ ipcConfig: 'eevee-bot', metrics: true });
  });

  it('uses the released images', async () => {
    const all = await modules({ irc: [LIBERA] });
    expect(all.get('router')?.spec.image).toBe(applicationImageName('router'));
    expect(all.get('help')?.spec.image).toBe(applicationImageName('help'));
    expect(all.get('echo')?.spec.image).toBe(applicationImageName('echo-module'));
    expect(all.get('connector-irc')?.spec.image).toBe(applicationImageName('connector-irc'));
  });

  it('gives each of them a read-only root file system by default', async () => {
    const writable = { spec: { securityContext: { readOnlyRootFilesystem: false } } };
    const all = await modules({ irc: [LIBERA], help: writable });
    expect(Object.fromEntries([...all].map(([name, { spec }]) => [name, spec['securityContext']]))).toEqual({
      'connector-irc': { readOnlyRootFilesystem: true },
      router: { readOnlyRootFilesystem: true },
      help: { readOnlyRootFilesystem: false },
      echo: { readOnlyRootFilesystem: true },
    });
  });

  it('gives each of them resources, which those of the values replace as a whole', async () => {
    const all = await modules({
      irc: [LIBERA],
      help: { spec: { resources: { limits: { memory: '64Mi' } } } },
      echo: { spec: { resources: {} } },
    });
    const requests = { cpu: '20m', memory: '96Mi' };
    expect(Object.fromEntries([...all].map(([name, { spec }]) => [name, spec['resources']]))).toEqual({
      'connector-irc': { requests, limits: { memory: '256Mi' } },
      router: { requests, limits: { memory: '512Mi' } },
      help: { limits: { memory: '64Mi' } },
      echo: {},
    });
  });

  it('creates none of them without a connection, unless requested', async () => {
    expect(await rendered({})).toEqual([]);
    expect([...(await modules({ router: { enabled: true } })).keys()]).toEqual(['router']);
  });

  it.each(['router', 'help', 'echo'])('omits %s when it is disabled', async (name) => {
    expect([...(await modules({ irc: [LIBERA], [name]: { enabled: false } })).keys()]).not.toContain(name);
  });

  it('uses the IpcConfig of the values', async () => {
    const ipcConfig = { name: 'mine', spec: { nats: { managed: { enabled: true } } } };
    const all = await modules({ ipcConfig, irc: [LIBERA] });
    expect([...all.values()].map(({ spec }) => spec.ipcConfig)).toEqual(['mine', 'mine', 'mine', 'mine']);
  });

  it('leaves a module of the same name in botModules unchanged', async () => {
    const own = { name: 'router', spec: { moduleName: 'router', image: 'example.org/router:9', ipcConfig: 'eevee-bot' } };
    const all = await modules({ irc: [LIBERA], botModules: [own] });
    expect(all.get('router')?.spec).toEqual(own.spec);
    expect(all.size).toBe(4);
  });

  it('passes on configuration and fields of the BotModule', async () => {
    const router = { moduleConfig: { blocklist: [{ pattern: 'spam' }] }, spec: { size: 2, nodeSelector: { disk: 'fast' } } };
    const spec = (await modules({ irc: [LIBERA], router })).get('router')?.spec;
    expect(spec).toMatchObject({ size: 2, nodeSelector: { disk: 'fast' }, moduleName: 'router' });
    expect(parse(spec?.moduleConfig ?? '')).toEqual(router.moduleConfig);
  });

  it('writes the connection in the format of the connector', async () => {
    expect(await connections([LIBERA])).toEqual([
      {
        name: 'libera',
        irc: { host: 'irc.libera.chat', port: 6697, ssl: true },
        ident: { nick: 'my-bot', username: 'my-bot', gecos: 'my-bot' },
        channels: ['#my-channel'],
        commands: { commonPrefixRegex: '^!' },
      },
    ]);
  });

  it('uses the plain-text port without TLS and the name of the bot as its nick, and escapes the prefix', async () => {
    expect(await connections([{ name: 'local', host: 'irc.local', prefix: '.' }])).toEqual([
      {
        name: 'local',
        irc: { host: 'irc.local', port: 6667, ssl: false },
        ident: { nick: 'eevee', username: 'eevee', gecos: 'eevee' },
        channels: [],
        commands: { commonPrefixRegex: String.raw`^\.` },
      },
    ]);
  });

  it('mounts Secrets as files, and writes no secret into the configuration', async () => {
    const secret = { name: 'irc', key: 'password' };
    const irc = [LIBERA, { ...LIBERA, name: 'oftc', sasl: { account: 'bot', passwordSecret: secret }, passwordSecret: secret }];
    const [, second] = await connections(irc);
    expect(second).toMatchObject({
      sasl: { account: 'bot', password: { file: '/etc/eevee/irc-1-sasl/value' } },
      irc: { password: { file: '/etc/eevee/irc-1-password/value' } },
    });
    const { spec } = (await modules({ irc })).get('connector-irc') ?? {};
    expect(spec?.['volumes']).toEqual([
      { name: 'irc-1-password', secret: { secretName: 'irc', items: [{ key: 'password', path: 'value' }] } },
      { name: 'irc-1-sasl', secret: { secretName: 'irc', items: [{ key: 'password', path: 'value' }] } },
    ]);
    expect(spec?.['volumeMounts']).toEqual([
      { name: 'irc-1-password', mountPath: '/etc/eevee/irc-1-password', readOnly: true },
      { name: 'irc-1-sasl', mountPath: '/etc/eevee/irc-1-sasl', readOnly: true },
    ]);
  });

  it('writes a configuration that the connector accepts without warnings', async () => {
    const secret = { name: 'irc', key: 'password' };
    const full = {
      ...LIBERA,
      altNicks: ['my-bot_'],
      channels: ['#a', { channel: '#b', key: 'key' }],
      passwordSecret: secret,
      sasl: { mechanism: 'PLAIN', account: 'bot', passwordSecret: secret },
      nickserv: { passwordSecret: secret },
    };
    const irc = [full, { name: 'local', host: 'irc.local' }];
    const { connections: parsed, warnings } = parseConfig({ connections: await connections(irc) });
    expect(warnings).toEqual([]);
    expect(parsed.map(({ name, irc: { host, port, tls } }) => [name, host, port, tls !== undefined])).toEqual([
      ['libera', 'irc.libera.chat', 6697, true],
      ['local', 'irc.local', 6667, false],
    ]);
    expect(parsed[0]?.channels.map(({ channel }) => channel)).toEqual(['#a', '#b']);
  });

  it('mounts volumes of the values beside the Secrets of connections', async () => {
    const irc = [{ ...LIBERA, passwordSecret: { name: 'irc', key: 'password' } }];
    const own = {
      volumes: [{ name: 'irc-tls', secret: { secretName: 'irc-tls' } }],
      volumeMounts: [{ name: 'irc-tls', mountPath: '/etc/irc-tls' }],
    };
    const { spec } = (await modules({ irc, connector: { spec: own } })).get('connector-irc') ?? {};
    expect(spec).toMatchObject({
      volumes: [{ name: 'irc-0-password' }, own.volumes[0]],
      volumeMounts: [{ name: 'irc-0-password' }, own.volumeMounts[0]],
    });
  });

  it('merges further settings over the connection', async () => {
    const [connection] = await connections([{ ...LIBERA, settings: { irc: { pingInterval: 60 }, floodControl: { burst: 9 } } }]);
    expect(connection).toMatchObject({ irc: { host: 'irc.libera.chat', pingInterval: 60 }, floodControl: { burst: 9 } });
  });

  it.each([
    ['a misspelt field of a connection', { irc: [{ ...LIBERA, chanels: [] }] }, 'chanels'],
    ['a connection without a host', { irc: [{ name: 'x' }] }, 'host'],
    ['a name that is not one token of a subject', { irc: [{ ...LIBERA, name: 'a.b' }] }, '/irc/0/name'],
    ['two connections of one name', { irc: [LIBERA, LIBERA] }, 'irc[1].name: another connection has the name libera'],
    ['SASL PLAIN without a password', { irc: [{ ...LIBERA, sasl: { account: 'my-bot' } }] }, 'irc[0].sasl: PLAIN needs passwordSecret'],
    ['NickServ without a password', { irc: [{ ...LIBERA, nickserv: { account: 'x' } }] }, 'irc[0].nickserv needs passwordSecret'],
    ['a tag that is a number, such as 3.10', { irc: [LIBERA], router: { image: { tag: 3.1 } } }, '/router/image/tag'],
    [
      'two modules of one name',
      { botModules: Array.from({ length: 2 }, () => ({ name: 'a', spec: { moduleName: 'a', image: 'a:1', ipcConfig: 'b' } })) },
      'botModules: two modules have the name a',
    ],
    ['a misspelt field of a module', { router: { enable: true } }, 'enable'],
    ['a misspelt field of its BotModule', { help: { spec: { sise: 2 } } }, 'sise'],
  ])('refuses %s', async (_what, values, named) => {
    await expect(rendered(values)).rejects.toThrow(named);
  });
});

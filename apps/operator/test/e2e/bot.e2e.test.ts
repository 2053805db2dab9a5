import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LABEL, moduleDeploymentName, natsName, natsAuthSecretName } from '@eeveebot/contract';
import { eventually, say, withForwardedPort } from '@eeveebot/testing';
import { BotOnANode, ECHO_IMAGE, IPC_CONFIG, NAMESPACE, OPERATOR } from './bot-on-a-node.ts';
import { FilesOfRoot } from './files-of-root.ts';
import { footprint, leader } from './footprint.ts';
import { IrcBot } from './irc-bot.ts';
import { addField } from './next-version.ts';
import { VerifiedBackups } from './verified-backups.ts';

/** A module whose data must survive. */
const WITH_VOLUME = { persistentVolumeClaim: { resources: { requests: { storage: '1Gi' } } } };

describe('bot installed with helm on a whole node', () => {
  let bot: BotOnANode;
  let irc: IrcBot;

  beforeAll(async () => {
    bot = await BotOnANode.start();
    await bot.kubectl('rollout', 'status', 'deployment', OPERATOR, '--timeout=120s');
    await bot.untilIpcReady();
    [irc] = await Promise.all([IrcBot.start(bot), bot.untilReady('echo')]);
  });
  afterAll(async () => {
    await irc?.[Symbol.asyncDispose]();
    await bot?.[Symbol.asyncDispose]();
  });

  const podsOf = (module: string) => bot.pods(`${LABEL.module}=${module}`);
  const podNames = async (module: string) => (await podsOf(module)).map(({ metadata }) => metadata.name);

  it('answers a message over its NATS', async () => {
    const secret = await bot.node.get<{ data: { token: string } }>('secret', natsAuthSecretName(IPC_CONFIG), '-n', NAMESPACE);
    const token = Buffer.from(secret.data.token, 'base64').toString();
    const cluster = { kubeconfig: bot.node.kubeconfig, namespace: NAMESPACE };
    const answer = await withForwardedPort(cluster, { service: natsName(IPC_CONFIG), port: 4222 }, (host) =>
      say({ host, token, text: '!echo hello from the test', timeoutMs: 30_000 }),
    );
    expect(answer).toBe('hello from the test');
  });

  it('talks on IRC, out of the values in docs/start.md', async () => {
    await using visitor = await irc.person('visitor');
    const hears = (text: string, target = irc.channel) => visitor.sees({ kind: 'message', nick: irc.nick, target, text });
    visitor.says(irc.channel, '!help');
    await hears('Commands: echo, help. Type !help <command> for how to use one.');
    visitor.says(irc.channel, '!echo hello');
    await hears('hello');
    visitor.says(irc.channel, `${irc.nick}: echo hi`);
    await hears('hi');
    visitor.says(irc.nick, '!echo between us');
    await hears('between us', visitor.nick);
    for (const count of ['four', 'five', 'six']) visitor.says(irc.channel, `!echo ${count}`);
    await hears('five');
    const notice = await visitor.sees({ kind: 'notice', nick: irc.nick, target: visitor.nick });
    expect(notice.text).toMatch(/^echo can be used 5 times every 1m\. Try again in /);
    expect(visitor.heardFrom(irc.nick)).not.toContain('six');
  });

  it('runs router, connector, help and echo as user 1000, on a read-only root file system', async () => {
    const look =
      "let is = 'writable'; try { fs.writeFileSync('/app/new', '') } catch (error) { is = error.code } console.log(process.getuid(), is)";
    for (const module of ['router', 'connector-irc', 'help', 'echo']) {
      expect(await irc.runInModule(module, look), module).toBe('1000 EROFS\n');
    }
  });

  it('ends router, connector and help with code 0 on SIGTERM, and comes back with the channels joined at run time', async ({
    annotate,
  }) => {
    await using friend = await irc.person('friend');
    await irc.joinAtRunTime('#later');
    await friend.join('#later');
    await friend.seesIn('#later', irc.nick);
    for (const module of ['router', 'help', 'connector-irc']) {
      const { exitCode, reason, tookMs } = await irc.deletePod(module);
      expect([exitCode, reason], module).toEqual([0, 'Completed']);
      await annotate(`${module}: ended ${tookMs} ms after its pod was deleted`);
    }
    const left = await friend.sees({ kind: 'quit', nick: irc.nick });
    await eventually(
      () => {
        const later = friend.transcript.slice(friend.transcript.indexOf(left));
        const joined = new Set(later.filter(({ kind, nick }) => kind === 'join' && nick === irc.nick).map(({ target }) => target));
        return joined.has(irc.channel) && joined.has('#later');
      },
      { what: `${irc.nick} to be back in both channels` },
    );
    // The connector keeps lines until a router takes them.
    friend.says('#later', '!echo back');
    await friend.sees({ kind: 'message', nick: irc.nick, target: '#later', text: 'back' });
    friend.says(irc.channel, '!help help');
    await friend.sees({ nick: irc.nick, kind: 'notice', target: friend.nick });
  });

  it('stays on IRC over an upgrade and a rollback of its chart that change channels, and returns after an uninstall', async () => {
    await using visitor = await irc.person('visitor2');
    const botDid = (kind: string) => visitor.transcript.filter((event) => event.nick === irc.nick && event.kind === kind);
    await visitor.join('#added');
    await irc.install('#added');
    await visitor.seesIn('#added', irc.nick);
    await irc.rollBack();
    await visitor.sees({ kind: 'part', nick: irc.nick, target: '#added' });
    visitor.says(irc.channel, '!echo still here');
    await visitor.sees({ kind: 'message', nick: irc.nick, target: irc.channel, text: 'still here' });
    expect(botDid('quit')).toEqual([]);

    await irc.uninstall();
    await visitor.sees({ kind: 'quit', nick: irc.nick });
    await irc.install();
    await visitor.sees({ kind: 'join', nick: irc.nick, target: irc.channel });
    visitor.says(irc.channel, '!echo back again');
    await visitor.sees({ kind: 'message', nick: irc.nick, target: irc.channel, text: 'back again' });
    expect(botDid('quit')).toHaveLength(1);
  });

  it('has pods that comply with the restricted Pod Security Standard', async () => {
    const pods = [...(await podsOf('echo')), ...(await bot.pods(LABEL.natsServer)), ...(await bot.pods('app.kubernetes.io/name=operator'))];
    expect(pods).toHaveLength(3);
    await bot.node.kubectl(['create', 'namespace', 'restricted']);
    await bot.node.kubectl(['label', 'namespace', 'restricted', 'pod-security.kubernetes.io/enforce=restricted']);
    await bot.node.kubectl(['create', 'serviceaccount', OPERATOR, '-n', 'restricted']);
    await eventually(() => bot.node.kubectl(['get', 'serviceaccount', 'default', '-n', 'restricted']), {
      what: 'the default service account',
    });
    for (const { metadata, spec } of pods) {
      const copy = { apiVersion: 'v1', kind: 'Pod', metadata: { name: metadata.name, namespace: 'restricted' }, spec };
      await bot.node.kubectl(['create', '--dry-run=server', '-f', '-'], { input: JSON.stringify(copy) });
    }
  });

  it('recreates a manually deleted Deployment without touching its data', async () => {
    await bot.startModules({ name: 'deleted', spec: WITH_VOLUME });
    await bot.runInModule('deleted', "require('fs').writeFileSync(process.env.MODULE_DATA + '/kept', 'by the volume')");
    const before = await bot.deployment('deleted');
    const claim = await bot.claim('deleted');

    await bot.kubectl('delete', 'deployment', moduleDeploymentName('deleted'), '--cascade=background');
    await eventually(async () => (await bot.deployment('deleted')).metadata.uid !== before.metadata.uid, {
      what: 'a new Deployment',
    });
    await bot.untilReady('deleted');
    const after = await bot.claim('deleted');
    // Kubernetes notes in the status that no pod used the claim for a moment.
    const written = ({ metadata: { uid, labels, annotations }, spec }: typeof claim) => ({ uid, labels, annotations, spec });
    expect(written(after)).toEqual(written(claim));
    const kept = await bot.runInModule(
      'deleted',
      "process.stdout.write(require('fs').readFileSync(process.env.MODULE_DATA + '/kept', 'utf8'))",
    );
    expect(kept).toBe('by the volume');
  });

  it('quotes the kubelet on why an image does not start, and recovers', async () => {
    await bot.startModules({ name: 'broken', spec: { ...WITH_VOLUME } });
    await bot.patchModule('broken', { image: 'ghcr.io/eeveebot/echo-module:does-not-exist' });
    const said = await eventually(
      async () => {
        const [pod] = await podsOf('broken');
        const waiting = pod?.status?.containerStatuses?.[0]?.state?.waiting;
        const { status, message } = await bot.untilReady('broken', 'Unavailable');
        return (
          waiting?.reason === 'ImagePullBackOff' &&
          message.includes('ImagePullBackOff') && { kubelet: waiting.message ?? '', status, message }
        );
      },
      { what: 'the kubelet to give up for now' },
    );
    expect(said.status).toBe('False');
    expect(said.kubelet).toContain('does-not-exist');
    expect(said.message).toContain('container module');
    expect(said.message).toContain('does-not-exist');
    await bot.patchModule('broken', { image: ECHO_IMAGE });
    await bot.untilReady('broken');
  });

  it('carries out changes from the time when the operator was stopped', async () => {
    await bot.startModules({ name: 'grown' }, { name: 'disabled', spec: WITH_VOLUME }, { name: 'removed', spec: WITH_VOLUME });
    await bot.stopOperator();
    await bot.patchModule('grown', { size: 2, env: [{ name: 'GREETING', value: 'hello' }] });
    await bot.patchModule('disabled', { enabled: false });
    await bot.kubectl('delete', 'botmodule', 'removed');
    await bot.startOperator();

    await bot.untilReady('grown');
    const grown = await podsOf('grown');
    expect(grown.filter(({ status }) => status?.phase === 'Running')).toHaveLength(2);
    for (const { spec } of grown) expect(spec?.containers[0]?.env).toContainEqual({ name: 'GREETING', value: 'hello' });
    await bot.untilReady('disabled', 'Disabled');
    for (const module of ['disabled', 'removed']) {
      await eventually(async () => (await podsOf(module)).length === 0, { what: `${module} to stop` });
      expect(await bot.has('deployment', moduleDeploymentName(module))).toBe(false);
      expect((await bot.claim(module)).metadata.deletionTimestamp).toBeUndefined();
    }
  });

  it('rolls a module once for one edit', async () => {
    await bot.startModules({ name: 'edited' });
    const before = await bot.deployment('edited');
    await bot.patchModule('edited', { env: [{ name: 'EDITED', value: 'yes' }] });
    await bot.untilReady('edited');
    // Pending work is processed before another module's edit.
    await settle();
    const after = await bot.deployment('edited');
    expect(after.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
    expect(after.metadata.generation).toBe((before.metadata.generation ?? 0) + 1);
    expect(await podNames('edited')).toHaveLength(1);
  });

  it('verifies a backup by restoring it into scratch space, and detects one that was damaged in the bucket', async () => {
    const backups = new VerifiedBackups(bot);
    await backups.start();
    await backups.backUp();
    await backups.untilVerified('True');
    const proved = await backups.target();
    expect(proved?.lastVerified).toMatchObject({ id: proved?.lastBackup?.id, mode: 'Restore', result: 'Succeeded' });
    expect(await backups.row()).toMatchObject({ NAME: 'proved', READY: 'True', VERIFIED: 'True' });

    await backups.damage(proved?.lastBackup?.key ?? '');
    await backups.verifyAgain();
    expect(await backups.untilVerified('False')).toMatchObject({
      reason: 'VerificationFailed',
      message: expect.stringContaining('exit 65'),
    });
    expect(await backups.row()).toMatchObject({ NAME: 'proved', VERIFIED: 'False' });
  });

  it('reads files of root after either of the ways that the page about the upgrade describes', async () => {
    const files = new FilesOfRoot(bot, 'rooted');
    await files.start();
    await files.runAsUser();
    expect(await files.read()).toEqual({ user: 1000, content: 'EACCES' });
    await files.letRunAsRoot();
    expect(await files.read()).toEqual({ user: 0, content: 'from 2.x' });

    await files.runAsUser();
    expect(await files.read()).toEqual({ user: 1000, content: 'EACCES' });
    await files.handOver();
    expect(await files.read()).toEqual({ user: 1000, content: 'from 2.x' });
  });

  it('rolls nothing when the operator is restarted', async () => {
    await bot.startModules({ name: 'steady', spec: { ...WITH_VOLUME, moduleConfig: 'a: 1\n' } });
    const before = await footprint(bot, 'steady', 'echo');
    const holder = await leader(bot);
    await bot.kubectl('rollout', 'restart', 'deployment', OPERATOR);
    await bot.kubectl('rollout', 'status', 'deployment', OPERATOR, '--timeout=120s');
    await eventually(async () => (await leader(bot)) !== holder, { what: 'the new operator to lead' });
    await settle();
    expect(await footprint(bot, 'steady', 'echo')).toEqual(before);
  });

  it('survives an upgrade that adds a field and uses it, with everything still running', async () => {
    const before = await footprint(bot, 'echo');
    const uid = (): Promise<string> => bot.node.kubectl(['get', 'crd', 'botmodules.eevee.bot', '-o', 'jsonpath={.metadata.uid}']);
    const uidBefore = await uid();

    await addField(bot.helm, 'greeting');
    await bot.install({ greeting: 'hello' });

    // The definition came first: otherwise the API server would have dropped the field silently.
    expect(await bot.kubectl('get', 'botmodule', 'echo', '-o', 'jsonpath={.spec.greeting}')).toBe('hello');
    expect(await uid()).toBe(uidBefore);
    await settle();
    expect(await footprint(bot, 'echo')).toEqual(before);
    const leftovers = await bot.node.kubectl([
      'get',
      'job,configmap,serviceaccount,clusterrole,clusterrolebinding',
      '-A',
      '-l',
      'app.kubernetes.io/component=crds-update',
      '-o',
      'name',
    ]);
    expect(leftovers).toBe('');
  });

  it('works with its permissions: no request of the operator was refused', async () => {
    await bot.kubectl('rollout', 'status', 'deployment', OPERATOR, '--timeout=120s');
    const logs = await bot.kubectl('logs', `deployment/${OPERATOR}`, '--tail=-1');
    expect(logs).toContain('became the leader');
    expect(logs.split('\n').filter((line) => /forbidden/i.test(line))).toEqual([]);
  });

  /** Edits a module created for that and waits for the outcome: work that was queued before has been processed by then. */
  async function settle(): Promise<void> {
    settled += 1;
    await bot.startModules({ name: `settle-${settled}`, spec: { size: 0 } });
  }
  let settled = 0;
});

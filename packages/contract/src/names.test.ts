import { describe, expect, it } from 'vitest';
import { backupCronJobName, bootstrapJobName, labelValue, limitedName, moduleDeploymentName, natsHost, restoreJobName } from './names.ts';

describe('names', () => {
  it('keeps the names existing installations have', () => {
    expect(moduleDeploymentName('echo')).toBe('eevee-echo-module');
    expect(bootstrapJobName('echo')).toBe('eevee-echo-bootstrap-restore');
    expect(backupCronJobName('nightly', 'echo')).toBe('nightly-echo-backup');
    expect(restoreJobName('monday')).toBe('monday-restore');
    expect(natsHost({ ipcConfig: 'bot', namespace: 'chat', clusterDomain: 'cluster.local' })).toBe('eevee-bot-nats.chat.svc.cluster.local');
  });

  it('cuts a name that passes its limit and tells long names apart', () => {
    const first = backupCronJobName('nightly', `${'a'.repeat(60)}-1`);
    const second = backupCronJobName('nightly', `${'a'.repeat(60)}-2`);
    expect(first).toHaveLength(52);
    expect(first).not.toBe(second);
    expect(first).toBe(backupCronJobName('nightly', `${'a'.repeat(60)}-1`));
  });

  it('never leaves a separator before the suffix', () => {
    expect(limitedName(`${'a'.repeat(54)}.bcdefghij-k`, 64)).toMatch(/^a{54}-[0-9a-f]{8}$/);
  });

  it('makes a label value of any resource name', () => {
    expect(labelValue('x'.repeat(253))).toHaveLength(63);
  });
});

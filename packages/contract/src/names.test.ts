import { describe, expect, it } from 'vitest';
import {
  backupCronJobName,
  bootstrapJobName,
  distinctBackupCronJobName,
  distinctVerificationCronJobName,
  labelValue,
  limitedName,
  moduleDeploymentName,
  natsHost,
  restoreJobName,
  verificationCronJobName,
  verificationJobName,
} from './names.ts';

describe('names', () => {
  it('keeps the names of existing installations', () => {
    expect(moduleDeploymentName('echo')).toBe('eevee-echo-module');
    expect(bootstrapJobName('echo')).toBe('eevee-echo-bootstrap-restore');
    expect(backupCronJobName('nightly', 'echo')).toBe('nightly-echo-backup');
    expect(restoreJobName('monday')).toBe('monday-restore');
    expect(natsHost({ ipcConfig: 'bot', namespace: 'chat', clusterDomain: 'cluster.local' })).toBe('eevee-bot-nats.chat.svc.cluster.local');
  });

  it('shortens a name that exceeds its limit, and distinguishes long names', () => {
    const first = backupCronJobName('nightly', `${'a'.repeat(60)}-1`);
    const second = backupCronJobName('nightly', `${'a'.repeat(60)}-2`);
    expect(first).toHaveLength(52);
    expect(first).not.toBe(second);
    expect(first).toBe(backupCronJobName('nightly', `${'a'.repeat(60)}-1`));
  });

  it('has a second name for CronJobs, in which schedule and module are distinguished', () => {
    expect(backupCronJobName('daily', 'db-main')).toBe(backupCronJobName('daily-db', 'main'));
    for (const nameOf of [distinctBackupCronJobName, distinctVerificationCronJobName]) {
      expect(nameOf('daily', 'db-main')).not.toBe(nameOf('daily-db', 'main'));
      expect(nameOf('a'.repeat(40), 'b-c')).not.toBe(nameOf(`${'a'.repeat(40)}-b`, 'c'));
      expect(nameOf('a'.repeat(200), 'b'.repeat(200))).toHaveLength(52);
    }
    expect(distinctBackupCronJobName('daily', 'db-main')).toMatch(/^daily-db-main-[0-9a-f]{8}-backup$/);
  });

  it('names verifications after schedule, module and backup, within the limits of CronJobs and Jobs', () => {
    const id = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
    expect(verificationCronJobName('nightly', 'echo')).toBe('nightly-echo-verify');
    expect(verificationJobName('nightly', 'echo', id)).toBe(`nightly-echo-verify-${id}`);
    const module = 'a'.repeat(60);
    expect(verificationCronJobName('nightly', module)).toHaveLength(52);
    expect(verificationJobName('nightly', module, id)).toHaveLength(63);
    expect(verificationJobName('nightly', module, id)).not.toBe(verificationJobName('nightly', module, id.replace('0', '1')));
  });

  it('never leaves a separator before the suffix', () => {
    expect(limitedName(`${'a'.repeat(54)}.bcdefghij-k`, 64)).toMatch(/^a{54}-[0-9a-f]{8}$/);
  });

  it('makes a label value from any resource name', () => {
    expect(labelValue('x'.repeat(253))).toHaveLength(63);
  });
});

import { describe, expect, it } from 'vitest';
import { backupSchedule, verification } from '../../../test/fixtures/backup-schedules.ts';
import { botModule } from '../../../test/fixtures/bot-modules.ts';
import { rejectionText } from '../rejection-text.ts';
import { backupFields, verificationFields } from './own-fields.ts';

const POD = 'spec.jobTemplate.spec.template.spec';
const resources = { limits: { cpu: '1' } };
const schedule = backupSchedule({ verification: verification({ schedule: '@daily', resources }) });
const rejected = (fields: typeof backupFields, problem: string) =>
  rejectionText(`CronJob.batch "nightly" is invalid: ${problem}: x`, fields(schedule, botModule()));

describe('a rejection of a CronJob', () => {
  it.each([
    ['spec.startingDeadlineSeconds', 'spec.startingDeadlineSeconds'],
    ['spec.jobTemplate.spec.activeDeadlineSeconds', 'spec.activeDeadlineSeconds'],
    ['spec.jobTemplate.spec.template.labels', 'spec.podLabels'],
    [`${POD}.containers[0].resources.limits[cpu]`, 'spec.resources.limits[cpu]'],
    [`${POD}.containers[0].imagePullPolicy`, 'spec.imagePullPolicy'],
    [`${POD}.tolerations[0].operator`, 'spec.tolerations[0].operator of BotModule echo'],
    [`${POD}.securityContext.runAsUser`, 'spec.podSecurityContext.runAsUser of BotModule echo'],
    [`${POD}.containers[0].env[3].name`, `${POD}.containers[0].env[3].name`],
  ])('of backups for %s names %s', (made, own) => {
    expect(rejected(backupFields, made)).toBe(`the API server refuses CronJob nightly: ${own}: x`);
  });

  it.each([
    ['spec.schedule', 'spec.verification.schedule'],
    ['spec.jobTemplate.spec.activeDeadlineSeconds', 'spec.verification.activeDeadlineSeconds'],
    [`${POD}.containers[0].resources.limits[cpu]`, 'spec.verification.resources.limits[cpu]'],
    [`${POD}.volumes[1].ephemeral.volumeClaimTemplate.spec.resources[storage]`, 'spec.verification.scratchSize[storage]'],
    [`${POD}.priorityClassName`, 'spec.priorityClassName'],
  ])('of verifications for %s names %s', (made, own) => {
    expect(rejected(verificationFields, made)).toBe(`the API server refuses CronJob nightly: ${own}: x`);
  });
});

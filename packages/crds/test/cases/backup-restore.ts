import { type Cases, NO_BACKUP_ID, NO_NAME } from './case.ts';

const minimal = { botModule: { name: 'echo' }, s3Store: { name: 'backups' } };

export const backupRestore: Cases = {
  accepted: [
    {
      title: 'a minimal one',
      spec: minimal,
      defaults: { imagePullPolicy: 'IfNotPresent', cleanRestore: false, activeDeadlineSeconds: 3600, stopTimeoutSeconds: 600 },
    },
    {
      title: 'one with everything',
      spec: {
        ...minimal,
        image: 'team/backup:1',
        imagePullPolicy: 'Always',
        backupId: '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d',
        cleanRestore: true,
        activeDeadlineSeconds: 86400,
        stopTimeoutSeconds: 60,
        resources: { limits: { memory: '256Mi' } },
        podLabels: { team: 'bots' },
        podAnnotations: { 'linkerd.io/inject': 'enabled' },
        imagePullSecrets: [{ name: 'registry' }],
        priorityClassName: 'low',
      },
    },
  ],
  refused: [
    { title: 'nothing', spec: {}, problems: ['spec.botModule: Required value', 'spec.s3Store: Required value'] },
    {
      title: 'a backup by word',
      spec: { ...minimal, backupId: 'latest' },
      problems: [`spec.backupId: Invalid value: "latest": ${NO_BACKUP_ID}`],
    },
    {
      title: 'no time at all',
      spec: { ...minimal, activeDeadlineSeconds: 0 },
      problems: ['spec.activeDeadlineSeconds: Invalid value: 0: spec.activeDeadlineSeconds in body should be greater than or equal to 1'],
    },
    {
      title: 'a module that can have no such name',
      spec: { ...minimal, botModule: { name: 'Echo!' } },
      problems: [`spec.botModule.name: Invalid value: "Echo!": ${NO_NAME}`],
    },
    {
      title: 'an unknown pull policy',
      spec: { ...minimal, imagePullPolicy: 'always' },
      problems: ['spec.imagePullPolicy: Unsupported value: "always": supported values: "Always", "IfNotPresent", "Never"'],
    },
  ],
};

import { Type } from 'typebox';
import { backupId, image, imagePullPolicy, objectReference } from './fields.ts';
import { jobFields } from './job-fields.ts';

/** The restore of a module's volume before its first start. */
export const bootstrapFromBackup = Type.Object(
  {
    s3Store: objectReference('S3Store that contains the backups.', 'S3Store'),
    image: Type.Optional(image("Image of the restore Job. Default: the image of the operator's release.")),
    imagePullPolicy: imagePullPolicy('When the kubelet pulls the image of the backup tool.', { default: 'IfNotPresent' }),
    backupId: Type.Optional(backupId('UUID of the backup to restore. Default: the newest backup.')),
    ...jobFields,
  },
  {
    description:
      'Restores a backup into the volume before the module starts for the first time. Waits until the store has a backup, and never touches a volume that is in use or was restored before. Requires persistentVolumeClaim.',
  },
);

import { Type } from 'typebox';
import { backupId, image, imagePullPolicy, objectReference } from './fields.ts';
import { jobFields } from './job-fields.ts';

/** The restore of a module's volume before its first start. */
export const bootstrapFromBackup = Type.Object(
  {
    s3Store: objectReference('Where the backups are.', 'S3Store'),
    image: Type.Optional(image("Image of the restore Job. The backup image of the operator's own release unless given.")),
    imagePullPolicy: imagePullPolicy('When the node fetches that image.', { default: 'IfNotPresent' }),
    backupId: Type.Optional(backupId('UUID of the backup to restore. The newest one unless given.')),
    ...jobFields,
  },
  {
    description:
      'Restores a backup into the volume before the first start of the module. It waits for a backup if there is none yet, and never touches a volume that is in use or was restored before. Needs persistentVolumeClaim.',
  },
);

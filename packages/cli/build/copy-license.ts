// Copies the license of the repository into the package before it is packed.
import { copyFileSync } from 'node:fs';

copyFileSync('../../LICENSE', 'LICENSE');

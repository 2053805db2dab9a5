// Before the package is packed: the license of the repository goes into it.
import { copyFileSync } from 'node:fs';

copyFileSync('../../LICENSE', 'LICENSE');

import { EVERY_VALUE } from './every-value.ts';
import { describeWrongValues } from './wrong-values.ts';

describeWrongValues('the charts', EVERY_VALUE);

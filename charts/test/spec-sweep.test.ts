import { EVERY_SPEC } from './every-spec.ts';
import { describeWrongValues } from './wrong-values.ts';

describeWrongValues('the resources of a bot', EVERY_SPEC);

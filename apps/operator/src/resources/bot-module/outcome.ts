import type { ApiError } from '../../controller/errors.ts';
import type { ExtraProblem } from './extras.ts';
import type { Found } from './start-bootstrap.ts';
import type { HeldBack } from './start-guard.ts';
import type { VolumeReport } from './volume.ts';

/** Outcome of carrying out a plan. */
export interface ModuleOutcome {
  /** Message of the API server if it refused an object as invalid, because of the spec or of an admission rule. */
  readonly rejection?: string;
  /** Temporary refusal of a request by the API server. */
  readonly refusal?: ApiError;
  /** Outcome of the search for the backup of a bootstrap. */
  readonly found?: Found | undefined;
  /** An obstacle to starting the module that the plan does not know. */
  readonly held?: HeldBack | undefined;
  /** Differences between claim and spec; `undefined` when the claim was not checked. */
  readonly volume?: VolumeReport | undefined;
  /** Problems of the objects besides the pods; `undefined` when they were not applied. */
  readonly extraProblems?: readonly ExtraProblem[];
}

/** Whether objects besides the pods are missing that another apply may make. */
export const hasExtraProblems = ({ extraProblems = [] }: ModuleOutcome): boolean =>
  extraProblems.some(({ reason }) => reason === 'NotApplied');

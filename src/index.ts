/** immload as a library: what the command line does, as functions. */

export { type AcceptOptions, acceptFixes, type CorrectedFile } from './accept-fixes.js';
export { type EarlierRun, readEarlierRun } from './compare-tables.js';
export type { IsoDate } from './core/model.js';
export type { FileEncoding } from './core/read/decode.js';
export type { Spec } from './core/spec.js';
export { type RunSummary, StoreError } from './db/store.js';
export { ReconciliationError } from './fates.js';
export { CodesError, loadCodes } from './files/code-tables.js';
export { InputError } from './files/input-error.js';
export { type LoadedMap, loadMap, MapError } from './files/maps.js';
export { ReportError } from './files/reports.js';
export { builtInSpecIds, loadSpec, SpecError } from './files/specs.js';
export { DEFAULT_UNPACK_LIMITS, type UnpackLimits } from './files/unpack.js';
export { type LoadOptions, load, RuleError } from './load.js';
export {
  loadSubmissions,
  type SubmissionOutcome,
  type SubmissionsOptions,
  type SubmissionToLoad,
} from './load-submissions.js';
export {
  type FileSummary,
  type Progress,
  type RejectLimit,
  type SpecChoiceSummary,
  type Summary,
  TooManyRejectsError,
  TransformError,
} from './run.js';
export { type CodesPlan, type CodesUpdateOptions, planCodesUpdate, writeCodesUpdate } from './update-codes.js';

/** immload as a library: what the command line does, as functions. */
export type { IsoDate } from './core/model.js';
export type { Spec } from './core/spec.js';
export { type RunSummary, StoreError } from './db/store.js';
export { ReconciliationError } from './fates.js';
export { ReportError } from './files/reports.js';
export { InputError } from './files/source.js';
export { builtInSpecIds, loadCodes, loadSpec, SpecError } from './files/specs.js';
export { type LoadOptions, load } from './load.js';
export { type FileSummary, type Progress, type RejectLimit, type Summary, TooManyRejectsError } from './run.js';

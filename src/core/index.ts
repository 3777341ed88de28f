/** The core: reads, normalizes, judges and matches records. Values in, values out; it runs in a browser as it is. */
export { CATALOGUE, findIssueDefinition, ISSUE_CODES, type IssueCode } from './catalogue.js';
export { type CdcFile, type CdcReading, readCdcFile } from './cdc/read.js';
export { type TableUpdate, type TouchedRow, type UpdateOptions, updateTable } from './cdc/update.js';
export {
  type ChooseOptions,
  chooseSpec,
  type FileBeginning,
  type NoChoice,
  type RunnerUp,
  type SpecChoice,
} from './choose-spec.js';
export { CODE_TABLES, Codes, type CodeTable, type Cvx } from './codes.js';
export { type Finding, formatMessage, type Issue, type IssueDefinition } from './issue.js';
export { type DoseDecisions, DoseMatcher, type DoseOutcome, type StoredDose } from './match/dose.js';
export { type Identity, identityOf, matchKeyOf } from './match/keys.js';
export { decidePatients, type IncomingRecord, type KnownPatient, type PatientDecision } from './match/patient.js';
export { mergeDoseRows, mergePatientRows, type PatientPart } from './match/survivor.js';
export { VaccineGroups } from './match/vaccine-groups.js';
export * from './model.js';
export { DATE_FORMATS, type DateFormat, isIsoDate } from './normalize/date.js';
export { compilePlan, type PlanOptions, type TransformPlan } from './plan.js';
export {
  type Block,
  type CutterOptions,
  MAX_LINE_BYTES,
  RecordCutter,
  RecordShape,
  recordOffset,
} from './read/blocks.js';
export { type Encoding, FILE_ENCODINGS, type FileEncoding } from './read/decode.js';
export { type FileHead, type Recognition, recognize } from './read/recognize.js';
export { detectUtf16, isUtf16, Utf16Transcoder } from './read/utf16.js';
export { type ChangedRule, changeRules, type RuleChanges, readRuleChange } from './rule-changes.js';
export * from './spec.js';
export { type Batch, type Change, transformBlock } from './transform.js';
export { type MapLine, type MapProblem, type MapReading, readVaccineMap, VaccineMap } from './vaccine-map.js';

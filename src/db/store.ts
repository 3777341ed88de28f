/** What the loader asks of a database. Each call is one batch; a store decides only how things are kept, never what is valid. */

import type { CodeTable } from '../core/codes.js';
import type { RowView } from '../core/columns.js';
import type { DecidedDoses, StoredDose } from '../core/match/dose.js';
import type { KeyPack, SoughtKeys } from '../core/match/key-packs.js';
import type { Identity } from '../core/match/keys.js';
import type { Thresholds } from '../core/match/match-people.js';
import type { KnownPatient } from '../core/match/patient.js';
import type { PatientPart } from '../core/match/survivor.js';
import type { Fate, FileRole, Row } from '../core/model.js';
import type { JournalHead } from './journal.js';
import type { StoredDoses } from './run-contents.js';

/** Where a run stands. A run that was killed stays `running` until it is taken back; one is `undone` by a person. */
export type RunStatus = 'running' | 'completed' | 'failed' | 'undone';

/** The same of a run that is looked at: whether one that has not ended is at work, or was cut short. */
export type RunState = RunStatus | 'cut short';

export interface NewRun {
  readonly specId: string;
  readonly specVersion: string;
  /** The site given with the command, `null` if the records say it. */
  readonly siteId: string | null;
  readonly today: string;
  readonly programVersion: string;
  /** Table id → as-of date. */
  readonly codeTables: Readonly<Record<string, string>>;
  /** Rules that were judged otherwise than the spec says, as JSON; `null` for none. */
  readonly ruleChanges: string | null;
  readonly startedAt: string;
  /** How patients are matched. */
  readonly matchModel: MatchModelId;
  /** The thresholds that the user named, as JSON; `null` for none. */
  readonly givenThresholds: string | null;
  /** What the run was given, by which it is known again when it is cut short; `null` for one that cannot be continued. */
  readonly command: Command | null;
  /** The run whose files this one has corrected, of which it leaves out what is loaded; none unless given. */
  readonly previousRunId?: number | null;
}

/** All that decides what is made of the records: a text for each thing that can be given, empty where it was not. */
export type Command = Readonly<Record<string, string>>;

/** How patients are matched: by equal names and birth date, or by a model that weighs. */
export type MatchModelId = 'exact' | 'fixed' | 'trained';
export const MATCH_MODELS: readonly MatchModelId[] = ['exact', 'fixed', 'trained'];

export interface NewRunFile {
  readonly role: FileRole;
  readonly name: string;
}

/** A run that was opened, or taken up again. */
export interface OpenRun {
  readonly runId: number;
  /** In the order of the run's files. */
  readonly fileIds: readonly number[];
  /** ISO 8601. */
  readonly startedAt: string;
  /** The ids that its first patient, dose and pair for a reviewer got, or get. */
  readonly firstIds: NextIds;
}

/** A run that was cut short: its process has ended, and it has not. */
export interface DeadRun {
  readonly runId: number;
  /** In the order of the run's files. */
  readonly fileIds: readonly number[];
  readonly startedAt: string;
  /** `null` for one that cannot be continued. */
  readonly command: Command | null;
  /** The last checkpoint of each stage that it has come to, in the order of the stages. */
  readonly checkpoints: readonly CheckpointMark[];
}

/** What is done step by step in a run, in this order. */
export const CHECKPOINT_STAGES = ['patients', 'immunizations', 'dose reviews', 'comments', 'report'] as const;
export type CheckpointStage = (typeof CHECKPOINT_STAGES)[number];

/** A place at which a run that is cut short can be continued, without what was decided by then. */
export interface CheckpointMark {
  readonly stage: CheckpointStage;
  /** Number of the batch in its stage, from 0. */
  readonly seq: number;
  /** The last record that was written, for people; `null` where that says nothing. */
  readonly place: CheckpointPlace | null;
  /** How far files were read by then. What was written depends on nothing behind that. */
  readonly filesRead: readonly FileRead[];
}

export interface Checkpoint extends CheckpointMark {
  /** What was decided and written, as far as the run needs to know it; can be JSON. */
  readonly result: unknown;
}

export interface CheckpointPlace {
  readonly fileId: number;
  readonly record: number;
  readonly offset: number;
}

/** The first bytes of a file, and their SHA-256. */
export interface FileRead {
  readonly fileId: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What is known of a file when its records are counted. */
export interface FileResult {
  readonly fileId: number;
  readonly sha256: string;
  readonly encoding: string;
  readonly bytes: number;
  readonly records: number;
  readonly fates: Readonly<Record<Fate, number>>;
  /** What became of each record, a digit for each, for a run that loads a corrected file; left out where nobody will ask. */
  readonly recordFates?: string;
}

/** A completed run, and what became of the records of some of its files. */
export interface RunOfFiles {
  readonly runId: number;
  /** By the hash of the file, a digit for each record; none of a run that did not keep them. */
  readonly fates: ReadonlyMap<string, string>;
}

/** Where the report of a run is, and the certificate in it. */
export interface RunReport {
  /** The whole path. */
  readonly folder: string;
  /** The text of `certificate.json`. */
  readonly certificate: string;
  readonly digest: string;
}

/** A run as `immload runs` lists it. */
export interface RunSummary {
  readonly id: number;
  readonly status: RunState;
  readonly specId: string;
  readonly specVersion: string;
  readonly siteId: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly message: string | null;
  readonly files: readonly {
    readonly role: FileRole;
    readonly name: string;
    readonly sha256: string | null;
    readonly bytes: number;
    readonly records: number;
    readonly fates: Readonly<Record<Fate, number>>;
  }[];
}

/** A completed run that was given the same besides its files. */
export interface EarlierLoad {
  readonly runId: number;
  readonly finishedAt: string;
  readonly files: readonly { readonly role: FileRole; readonly sha256: string; readonly bytes: number }[];
}

/** A run with what it was judged by. */
export interface RunRecord extends RunSummary {
  /** The day that counted as today. */
  readonly today: string;
  /** The code tables that it used; none if it was loaded by an immload that did not keep them. */
  readonly codeTables: readonly CodeTable[];
}

/** The sender's key of a patient. */
export interface SourceKey {
  readonly siteId: string;
  readonly sourcePatientId: string;
}

/** A source record that became (part of) a person. */
export interface NewPatientSource extends SourceKey {
  readonly fileId: number;
  readonly patientId: number;
  readonly line: number;
  readonly decision: 'new' | 'merged' | 'duplicate';
  readonly reason: string | null;
  /** Why, as JSON, where a model weighed it. */
  readonly explanation: string | null;
  readonly content: number;
}

export interface NewPatient {
  readonly patientId: number;
  readonly row: Row;
  readonly ssnCheck: number | null;
}

/** A record that a merged patient is made of. */
export interface NewPatientPart {
  readonly patientId: number;
  readonly siteId: string;
  readonly row: Row;
  readonly ssnCheck: number | null;
}

export interface NewReview {
  readonly reviewId: number;
  readonly patientIdA: number;
  readonly patientIdB: number;
  readonly weight: number | null;
  readonly reasons: string;
  /** Why, as JSON, where a model weighed it. */
  readonly explanation: string | null;
}

/** Two doses of one patient that may be one. */
export interface NewDoseReview {
  readonly reviewId: number;
  readonly patientId: number;
  readonly immunizationIds: readonly [number, number];
  readonly reason: string;
}

/** The pairs of a patient's doses that were left to a reviewer before. */
export interface ReviewedDoses {
  /** What was decided of them. */
  readonly decided: DecidedDoses;
  /** All of them, as {@link dosePairKey} has them: they are not asked again. */
  readonly asked: ReadonlySet<string>;
}

/** Equal for equal pairs of doses. */
export function dosePairKey(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** A key under which a patient is found. */
export interface PatientKey {
  readonly matchKey: number;
  readonly patientId: number;
}

/** A record of a stored person, with the fields that are compared. */
export interface ComparableRecord {
  readonly patientId: number;
  /** The run that made the person. */
  readonly runId: number;
  readonly row: Row;
  readonly ssnCheck: number | null;
}

/** One batch of patients, written in one transaction. */
export interface PatientWrites {
  readonly patients: readonly NewPatient[];
  /** Patients of the store whose row changes. */
  readonly updates: readonly NewPatient[];
  readonly parts: readonly NewPatientPart[];
  readonly sources: readonly NewPatientSource[];
  readonly matchKeys: readonly PatientKey[];
  /** How many records of the run bear a name. */
  readonly nameUses: readonly { readonly nameKey: number; readonly uses: number }[];
  readonly reviews: readonly NewReview[];
}

/** Keys that a run gave patients, or that patients of a run were given later. */
export interface KeyPackOfRun extends KeyPack {
  readonly runId: number;
}

/** A person of the store, with what merging needs. */
export interface PatientState {
  readonly row: Row;
  readonly ssnCheck: number | null;
  readonly identity: Identity;
  /** The records it is made of; the row itself if there is only one. */
  readonly parts: readonly PatientPart[];
  /** Whether the parts are kept already. */
  readonly partsKept: boolean;
  /** The site whose records come before those of others: see `homeSiteOf`. */
  readonly homeSiteId: string;
}

/** A patient as linking sees it. */
export interface LinkedPatient {
  readonly patientId: number;
  readonly birthDate: string | null;
  readonly deathDate: string | null;
}

export interface NewDose {
  readonly immunizationId: number;
  readonly patientId: number;
  readonly row: RowView;
  readonly fileId: number;
  readonly line: number;
}

export interface NewDuplicate {
  readonly fileId: number;
  readonly line: number;
  readonly sourceImmunizationId: string | null;
  readonly immunizationId: number;
  /** Which of the dose's parts it says the same as, from 0. */
  readonly part: number;
  readonly reason: string;
}

/** One of the records of a stored dose, by the dose and its part. */
export interface DoseRecord {
  readonly immunizationId: number;
  readonly part: number;
}

/** Stored doses of a patient that are put together anew. Doses of which `records` are named and that are not kept go. */
export interface Regrouping {
  readonly patientId: number;
  readonly kept: readonly RegroupedDose[];
  /** New doses, each made by a record that was a duplicate so far. */
  readonly made: readonly (RegroupedDose & { readonly from: DoseRecord })[];
  /** Every record of the doses concerned, where it goes, and why. */
  readonly records: readonly { readonly from: DoseRecord; readonly to: DoseRecord; readonly reason: string }[];
}

export interface RegroupedDose {
  readonly immunizationId: number;
  readonly row: Row;
  /** All of its parts; none where it has but one record. */
  readonly parts: readonly Row[];
}

/** The id of a patient under which a record came. */
export interface RecordKey {
  readonly fileId: number;
  readonly line: number;
  readonly sourceKey: number;
}

/** One batch of doses, written in one transaction. */
export interface DoseWrites {
  readonly doses: readonly NewDose[];
  readonly updates: readonly { readonly immunizationId: number; readonly row: Row }[];
  readonly parts: readonly { readonly immunizationId: number; readonly row: Row }[];
  readonly duplicates: readonly NewDuplicate[];
  /** The ids under which doses came, where their patients have several. */
  readonly recordKeys: readonly RecordKey[];
  readonly regroupings: readonly Regrouping[];
}

/** What is said of a patient. */
export interface StoredComment {
  readonly patientId: number;
  readonly code: string;
  /** `null` where it is not known since when it applies. */
  readonly appliesOn: string | null;
}

/** A comment for the registry, and where it stands in the submission. */
export interface NewComment extends StoredComment {
  readonly siteId: string;
  readonly fileId: number;
  readonly line: number;
}

/** A comment that the registry had already, and under which id it came again. */
export interface RepeatedComment extends NewComment {
  readonly sourcePatientId: string;
}

/** A record that a database refused. */
export interface RefusedRecord {
  readonly fileId: number;
  readonly line: number;
  /** What the database said, without a value. */
  readonly reason: string;
}

/** What a database refused of a batch of patients: the rest of the batch is written. */
export interface RefusedPatients {
  /** New patients that are not there, with the reason, by id. None of their records of the batch is there. */
  readonly patients: ReadonlyMap<number, string>;
  /** Stored patients that stay as they were before the run, with the reason, by id. */
  readonly updates: ReadonlyMap<number, string>;
  /** Source records that are not there, though their patient is. */
  readonly sources: readonly RefusedRecord[];
}

export const NOTHING_REFUSED: RefusedPatients = { patients: new Map(), updates: new Map(), sources: [] };

/** Makes the checkpoint that is kept in one transaction with what was written, from what that came to; `null` for none. */
export type MakeCheckpoint<Outcome> = (outcome: Outcome) => Checkpoint | null;

/** The ids that the next patient, the next dose and the next pair for a reviewer get. */
export interface NextIds {
  readonly patientId: number;
  readonly immunizationId: number;
  readonly reviewId: number;
}

/** What waiting for other loaders needs. */
export interface Waiting {
  /** Tells loaders of the same submission apart from others; `null` for one that writes nothing. */
  readonly command: Command | null;
  readonly signal: AbortSignal | null;
  /** Is told for whom it waits, once for each. */
  readonly onWait: (notice: string) => void;
}

/** A database with the registry tables, open for one run at a time. */
export interface Store {
  /**
   * Waits until no other loader is at work, where the database lets several queue; all that follows is this loader's turn,
   * until it closes the store. It is the system's, and ends with the process, however that ends.
   * @throws StoreError `busy` where they do not queue, and while one of the same command is at work or waits
   */
  waitForTurn(waiting: Waiting): Promise<void>;
  /** Opens a run and its files. */
  openRun(run: NewRun, files: readonly NewRunFile[]): Promise<OpenRun>;
  /**
   * Takes a dead run up again, as it was at its last checkpoint: what it wrote of a stage of which there is none is taken
   * back, and all ids go on from where they were.
   */
  continueRun(runId: number): Promise<OpenRun>;
  /** What a run had written when it was cut short, `null` if it had not got so far. */
  readCheckpoint(runId: number, stage: CheckpointStage, seq: number): Promise<Checkpoint | null>;
  /** Keeps a checkpoint of what was written before. It is on the disk when this returns. */
  keepCheckpoint(runId: number, checkpoint: Checkpoint): Promise<void>;
  /** Shows that the run is alive; every write does. @throws StoreError `taken-back` when another loader took it for dead */
  beat(runId: number): Promise<void>;
  /**
   * Closes a run with the counts of its files, the thresholds that matching had (`null` if it had none), and its report
   * (`null` where that stays unknown).
   */
  completeRun(
    runId: number,
    finishedAt: string,
    files: readonly FileResult[],
    thresholds?: Thresholds | null,
    report?: RunReport | null,
  ): Promise<void>;
  /** Removes all that a run wrote, restores what it changed, and marks it as failed. */
  takeBack(runId: number, finishedAt: string, message: string): Promise<void>;
  /** Runs that were cut short, the first first. Whoever has its turn knows that all that have not ended are. */
  findDeadRuns(): Promise<readonly DeadRun[]>;
  listRuns(): Promise<readonly RunSummary[]>;
  /** Keeps the code tables that a run uses. */
  keepCodeTables(runId: number, tables: readonly CodeTable[]): Promise<void>;
  /** `null` if there is no such run. */
  readRun(runId: number): Promise<RunRecord | null>;
  /** The last completed run that loaded a file of these contents, and of this name if one is given; `null` if none did. */
  findRunOfFile(
    sha256: string,
    exceptRunId: number,
    name?: string | null,
  ): Promise<{ runId: number; finishedAt: string } | null>;

  /** Doses that came with a run by vaccine and year, of those with these ids. */
  countDoses(runId: number, immunizationIds: readonly number[]): Promise<readonly StoredDoses[]>;
  /** The last completed run that loaded files of all these hashes, by this specification and site; `null` if none did. */
  findRunOfFiles(sha256: readonly string[], by: Pick<NewRun, 'specId' | 'siteId'>): Promise<RunOfFiles | null>;

  /** Doses that came with a run by vaccine and year, of those with ids from one on: all others are of earlier runs. */
  countDosesFrom(runId: number, firstId: number): Promise<readonly StoredDoses[]>;
  readJournalHead(): Promise<JournalHead>;

  /** Completed runs that were given the same besides their files, the last first. */
  findEarlierLoads(run: NewRun): Promise<readonly EarlierLoad[]>;

  nextIds(): Promise<NextIds>;
  hasPatients(): Promise<boolean>;
  /** Patients who share a source key or a match key with incoming records; of their keys, those that were asked for. */
  findKnownPatients(sources: readonly SourceKey[], matchKeys: readonly number[]): Promise<readonly KnownPatient[]>;
  /**
   * Patients who have one of the keys, by id. Keys that too many have in common are passed over. Some may have had a key
   * before a reviewer's decision: what they are known by is compared anyway.
   */
  findPatientsByKeys(passes: Iterable<SoughtKeys>): Promise<readonly number[]>;
  /** Adds keys by which patients are found. */
  writeKeyPacks(runId: number, packs: Iterable<KeyPackOfRun>): Promise<void>;
  /** The records of patients, as far as they are compared. */
  readComparable(patientIds: readonly number[]): Promise<readonly ComparableRecord[]>;
  /** How many stored records bear each of these names. */
  readNameUses(nameKeys: readonly number[]): Promise<readonly number[]>;
  /** Pairs of these patients that were left to a reviewer before, the lower id first. */
  findReviewedPairs(patientIds: readonly number[]): Promise<readonly (readonly [number, number])[]>;
  /** Patients that cannot be found by all keys, because a run that matched by name only made them. */
  findPatientsWithoutKeys(): Promise<readonly number[]>;
  /** Takes away keys that a run which was cut short gave to such patients. */
  clearMissingKeys(): Promise<void>;
  /** Adds how many of the records of such patients bear a name, by name key and run; from then on no keys are missing. */
  finishMissingKeys(nameUses: ReadonlyMap<string, number>): Promise<void>;
  readPatients(patientIds: readonly number[]): Promise<ReadonlyMap<number, PatientState>>;
  writePatients(runId: number, writes: PatientWrites): Promise<RefusedPatients>;
  /** Takes away records that this run added to a patient. */
  removeSources(runId: number, sources: readonly Pick<RefusedRecord, 'fileId' | 'line'>[]): Promise<void>;

  /** The patients that source ids of one site stand for. */
  findLinkedPatients(siteId: string, sourcePatientIds: readonly string[]): Promise<ReadonlyMap<string, LinkedPatient>>;
  /** Those of the patients that have more than one id. */
  findSharedPatients(patientIds: readonly number[]): Promise<readonly number[]>;
  readPatientDates(patientIds: readonly number[]): Promise<ReadonlyMap<number, LinkedPatient>>;
  /** All doses of these patients. */
  readDoses(patientIds: readonly number[]): Promise<ReadonlyMap<number, readonly StoredDose[]>>;
  /** Pairs of doses of these patients that were left to a reviewer, by patient. */
  readReviewedDoses(patientIds: readonly number[]): Promise<ReadonlyMap<number, ReviewedDoses>>;
  /** Writes pairs of doses for a reviewer, and gives the numbers of those whose doses are still there. */
  writeDoseReviews(
    runId: number,
    reviews: readonly NewDoseReview[],
    checkpoint?: MakeCheckpoint<ReadonlySet<number>>,
  ): Promise<ReadonlySet<number>>;
  /**
   * Gives the records that the database refused. A dose that it refuses goes with all records that it is made of, and with
   * the other doses of these records.
   */
  writeDoses(
    runId: number,
    writes: DoseWrites,
    checkpoint?: MakeCheckpoint<readonly RefusedRecord[]>,
  ): Promise<readonly RefusedRecord[]>;

  /** All comments on these patients. */
  readComments(patientIds: readonly number[]): Promise<readonly StoredComment[]>;
  /** Gives the records that the database refused. */
  writeComments(
    runId: number,
    comments: readonly NewComment[],
    recordKeys: readonly RecordKey[],
    duplicates: readonly RepeatedComment[],
    checkpoint?: MakeCheckpoint<readonly RefusedRecord[]>,
  ): Promise<readonly RefusedRecord[]>;

  close(): Promise<void>;
}

/** Why a database could not be used. */
export type StoreProblem =
  | 'not-a-database'
  | 'foreign-database'
  | 'not-writable'
  | 'outdated'
  | 'newer'
  | 'busy'
  | 'taken-back'
  | 'full'
  | 'damaged'
  | 'unreachable'
  | 'refused'
  | 'failed';

/** What to say of a run that was cut short, behind its name. */
export function describeCutShort(runId: number): string {
  return `was cut short; run the same command again to go on with it (with --restart to begin anew), or \`immload undo ${runId}\` to take back what it has written`;
}

/** A database that cannot be used. Its message holds no value of a record. */
export class StoreError extends Error {
  constructor(
    readonly code: StoreProblem,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'StoreError';
  }
}

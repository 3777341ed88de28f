/**
 * Corrected files, of which earlier ones were loaded: records that the registry has already are left out, and a report says
 * what differs.
 *
 * Records are the same where their bytes are, below the same columns. Others are of one thing where the sender's ids say so,
 * or else where name and birth date do, or a dose is the only one of its patient in both files that is left.
 */
import { compileFilePlans } from './core/file-plans.js';
import { hashText } from './core/match/keys.js';
import { DOSE, type Fate, type FileRole, ID_SLOTS, PATIENT, type Row } from './core/model.js';
import type { TransformPlan } from './core/plan.js';
import type { Block } from './core/read/blocks.js';
import { createFrame } from './core/read/frame.js';
import { isTagged } from './core/spec.js';
import { transformBlock } from './core/transform.js';
import type { Store } from './db/store.js';
import { FateLedger } from './fates.js';
import { InputError } from './files/input-error.js';
import { CsvReport, type ValueMask } from './files/reports.js';
import { SourceReader } from './files/source.js';
import type { LoadOptions } from './load.js';
import type { ReceivedFile, Submission } from './receive.js';
import {
  createCutter,
  DIFFERENCES,
  type DifferenceCounts,
  type DifferenceKind,
  type DifferenceSummary,
  type FileRun,
  partsOf,
  type RunContext,
  recipeOf,
} from './run.js';

/** A file of the earlier run. */
interface PreviousFile {
  readonly received: ReceivedFile;
  readonly fates: FateLedger;
}

/** The run whose files are corrected. */
export interface PreviousRun {
  readonly runId: number;
  readonly files: readonly PreviousFile[];
}

const CHUNK_BYTES = 1 << 20;
const CHECK_SEED = 0x5bd1e995;

/**
 * Finds the run that loaded the previous files of a submission; `null` if it has none.
 * @throws InputError when there is none such, or nothing can be compared with its files
 */
export async function findPrevious(
  store: Store,
  { spec, previous }: Submission,
  { site }: Pick<LoadOptions, 'site'>,
): Promise<PreviousRun | null> {
  const [first] = previous;
  if (first === undefined) return null;
  if (isTagged(spec)) {
    const problem = `is of ${spec.id}, whose lines belong to the patient above them`;
    throw new InputError(first.source.shown, problem, 'load the corrected file without --previous');
  }
  const hashes: string[] = [];
  for (const { source } of previous) {
    const reader = new SourceReader(source, CHUNK_BYTES);
    for await (const _ of reader.chunks());
    hashes.push(reader.sha256());
  }
  const run = await store.findRunOfFiles(hashes, { specId: spec.id, siteId: site });
  if (run === null) {
    const problem = 'was not loaded into this registry, as it is, by this specification and for this site';
    throw new InputError(first.source.shown, problem, 'give all of them, as `immload runs` shows them completed');
  }
  const found = previous.map((received, i) => {
    const fates = run.fates.get(hashes[i]!);
    if (fates !== undefined) return { received, fates: FateLedger.read(received.source.name, fates) };
    const problem = `was loaded as run ${run.runId} by an immload that did not keep what became of its records`;
    throw new InputError(received.source.shown, problem, 'load the corrected file without --previous');
  });
  return { runId: run.runId, files: found };
}

/** A file whose records are cut once more, and read as the first of those things that they hold. */
type CutFile = Pick<FileRun, 'received' | 'source' | 'plan' | 'isTagged'>;

/** A record that is not the same in both files, and what it is about. */
interface Differing {
  readonly file: number;
  readonly record: number;
  readonly line: number;
  readonly fate: Fate;
  readonly sourcePatientId: string | null;
  readonly sourceImmunizationId: string | null;
  /** Equal for records of one thing; `null` where nobody can tell. */
  readonly key: string | null;
  /** Equal for records that may be of one thing, if there are no others. */
  readonly otherKey: string | null;
}

/** What differs between files and those that they correct. */
export class Difference {
  readonly #previous: PreviousRun;
  readonly #files: readonly FileRun[];
  readonly #context: RunContext;
  readonly #old: readonly CutFile[];
  /** By file: 1 for each earlier record that came again as it was and had been loaded, by number. */
  readonly #sameOfOld: readonly Uint8Array[];
  /** The same of the files that are loaded. */
  readonly #sameOfNew: Uint8Array[];
  /** Records that were rejected and came again as they were: `file record` of now, and of then. */
  readonly #again = new Map<string, string>();

  private constructor(previous: PreviousRun, files: readonly FileRun[], context: RunContext) {
    this.#previous = previous;
    this.#files = files;
    this.#context = context;
    this.#old = previous.files.map(({ received }) => {
      const { plan } = compileFilePlans(recipeOf(received, context), context.codes, context.map?.map ?? null);
      return { received, source: received.source, plan, isTagged: false };
    });
    this.#sameOfOld = previous.files.map(({ fates }) => new Uint8Array(fates.last + 1));
    this.#sameOfNew = files.map(() => new Uint8Array(0));
  }

  /** Looks which records came again, and has those left out that were loaded. */
  static async begin(previous: PreviousRun, files: readonly FileRun[], context: RunContext): Promise<Difference> {
    const difference = new Difference(previous, files, context);
    for (const role of new Set(previous.files.map(({ received }) => received.role))) await difference.#findSame(role);
    return difference;
  }

  async #findSame(role: FileRole): Promise<void> {
    const old = new SameRecords();
    for (const [number, file] of this.#old.entries()) {
      if (file.received.role !== role) continue;
      for await (const block of this.#cut(file)) {
        eachRecord(block, file, (hash, record) => old.add(hash, number, record));
      }
    }
    for (const [number, file] of this.#files.entries()) {
      if (file.role !== role) continue;
      const same: number[] = [];
      const loaded: number[] = [];
      for await (const block of this.#cut(file)) {
        eachRecord(block, file, (hash, record) => {
          const found = old.take(hash);
          if (found === null) return;
          const fate = this.#previous.files[found.file]!.fates.get(found.record);
          if (fate === 'rejected') {
            this.#again.set(`${number} ${record}`, `${found.file} ${found.record}`);
            return;
          }
          this.#sameOfOld[found.file]![found.record] = 1;
          same.push(record);
          // What was skipped is no record, but may be a header that says how those below it are to be read.
          if (fate !== 'skipped') loaded.push(record);
        });
      }
      this.#sameOfNew[number] = flagsOf(same);
      // Where a value may stand once in the file, each record says something about the others.
      const fields = [file.plan, ...file.dosePlans].flatMap(({ layout }) => layout.fields);
      const isLookedAtWhole = fields.some(({ rules = [] }) => rules.some((rule) => 'unique' in rule));
      if (!isLookedAtWhole) file.leaveOut(flagsOf(loaded), loaded.length);
    }
  }

  async *#cut(file: CutFile): AsyncGenerator<Block> {
    const { signal, sizes } = this.#context;
    const { source, received, plan } = file;
    const frame = createFrame(plan.layout, { ...received.recognition, encoding: source.encoding });
    const cutter = createCutter(file, frame, sizes.blockBytes);
    for await (const chunk of new SourceReader(source, sizes.chunkBytes).chunks()) {
      signal?.throwIfAborted();
      yield* cutter.push(chunk);
      // What is wrong with it is told when it is loaded.
      if (cutter.endlessLine !== null) return;
    }
    yield* cutter.end();
  }

  /**
   * Writes `difference.csv`, when all records have their fates, and counts what is in it. With `mask`, ids are replaced as
   * it says.
   */
  async write(mask: Pick<ValueMask, 'id'> | null): Promise<DifferenceSummary> {
    const roles: [FileRole, DifferenceCounts][] = [];
    const report = new CsvReport(this.#context.folder.fileIn('difference.csv'), COLUMNS);
    try {
      for (const role of new Set(this.#previous.files.map(({ received }) => received.role))) {
        roles.push([role, await this.#writeRole(role, report, mask)]);
      }
    } finally {
      await report.close();
    }
    const names = this.#previous.files.map(({ received }) => received.source.name);
    return { run: this.#previous.runId, files: names, records: Object.fromEntries(roles) };
  }

  async #writeRole(role: FileRole, report: CsvReport, mask: Pick<ValueMask, 'id'> | null): Promise<DifferenceCounts> {
    const shown = (id: string | null, of: 'patient' | 'immunization'): string | null =>
      id === null || mask === null ? id : mask.id(id, of);
    const counts = noDifferences();
    const isOfRole = ({ received }: CutFile): boolean => received.role === role;
    for (const [number, flags] of this.#sameOfNew.entries()) {
      if (isOfRole(this.#files[number]!)) counts.unchanged += flags.reduce((sum, flag) => sum + flag, 0);
    }
    const now: Differing[] = [];
    for (const [number, file] of this.#files.entries()) {
      if (isOfRole(file)) await this.#readRest(file, number, this.#sameOfNew[number]!, file.fates, now);
    }
    const before: Differing[] = [];
    for (const [number, file] of this.#old.entries()) {
      const { fates } = this.#previous.files[number]!;
      if (isOfRole(file)) await this.#readRest(file, number, this.#sameOfOld[number]!, fates, before);
    }
    const pairs = pairRecords(now, before, this.#again);
    const tell = async (kind: DifferenceKind, then: Differing | null, fresh: Differing | null): Promise<void> => {
      counts[kind]++;
      const known = fresh ?? then!;
      await report.write([
        kind,
        role,
        fresh === null ? null : this.#files[fresh.file]!.source.name,
        fresh?.record ?? null,
        fresh?.line ?? null,
        then === null ? null : this.#old[then.file]!.source.name,
        then?.record ?? null,
        then?.line ?? null,
        shown(known.sourcePatientId, 'patient'),
        shown(known.sourceImmunizationId, 'immunization'),
        then?.fate ?? null,
        fresh?.fate ?? null,
      ]);
    };
    for (const fresh of now) {
      const then = pairs.get(fresh) ?? null;
      await tell(kindOf(then?.fate ?? null, fresh.fate), then, fresh);
    }
    const paired = new Set(pairs.values());
    for (const then of before) if (!paired.has(then)) await tell('withdrawn', then, null);
    return counts;
  }

  /** Adds what is known of the records of a file that are not the same in both. */
  async #readRest(
    file: CutFile,
    number: number,
    same: Uint8Array,
    fates: FateLedger,
    records: Differing[],
  ): Promise<void> {
    const { plan } = file;
    for await (const block of this.#cut(file)) {
      for (const part of partsOf(block, same)) {
        const rows = rowsOf(part, plan);
        for (let index = 0; index < part.count; index++) {
          const record = part.firstRecord + index;
          const fate = fates.get(record);
          if (fate === null) continue;
          const about = describeRow(rows[index] ?? null, plan);
          records.push({ file: number, record, line: part.lines[index]!, fate, ...about });
        }
      }
    }
  }
}

const COLUMNS = [
  'difference', 'role', 'file', 'record', 'line', 'previous_file', 'previous_record', 'previous_line',
  'source_patient_id', 'source_immunization_id', 'fate_before', 'fate',
]; // biome-ignore format: the columns in their order

function noDifferences(): Record<DifferenceKind, number> {
  return Object.fromEntries(DIFFERENCES.map((kind) => [kind, 0])) as Record<DifferenceKind, number>;
}

function kindOf(before: Fate | null, now: Fate): DifferenceKind {
  if (before === 'rejected') return now === 'rejected' ? 'still_broken' : 'fixed';
  if (now === 'rejected') return 'newly_broken';
  return before === null ? 'new' : 'changed';
}

/** Two hashes of a record: together they are not equal by chance. */
interface RecordHash {
  readonly hash: number;
  readonly check: number;
}

/** Records by their bytes, each of which is taken once. */
class SameRecords {
  /** The last record of a hash, and for each the one before it. */
  readonly #last = new Map<number, number>();
  readonly #before: number[] = [];
  readonly #files: number[] = [];
  readonly #records: number[] = [];
  readonly #checks: number[] = [];

  add({ hash, check }: RecordHash, file: number, record: number): void {
    this.#checks.push(check);
    this.#before.push(this.#last.get(hash) ?? -1);
    this.#last.set(hash, this.#files.length);
    this.#files.push(file);
    this.#records.push(record);
  }

  take({ hash, check }: RecordHash): { readonly file: number; readonly record: number } | null {
    const place = this.#last.get(hash) ?? -1;
    if (place === -1 || this.#checks[place] !== check) return null;
    this.#last.set(hash, this.#before[place]!);
    return { file: this.#files[place]!, record: this.#records[place]! };
  }
}

/** 1 by each of the numbers, which are in their order. */
function flagsOf(numbers: readonly number[]): Uint8Array {
  const flags = new Uint8Array((numbers.at(-1) ?? 0) + 1);
  for (const number of numbers) flags[number] = 1;
  return flags;
}

/** Gives the hash of each record of a block: equal for equal bytes below equal columns. */
function eachRecord(block: Block, { received }: CutFile, take: (hash: RecordHash, record: number) => void): void {
  const { header, fieldCount } = received.recognition;
  const seed = hashText(JSON.stringify(header?.columns ?? fieldCount));
  for (let index = 0; index < block.count; index++) {
    const [start, end] = [block.starts[index]!, block.ends[index]!];
    const hash = hashRecord(block.bytes, start, end, seed);
    take({ hash, check: hashRecord(block.bytes, start, end, seed ^ CHECK_SEED) }, block.firstRecord + index);
  }
}

/** As {@link hashText}, of bytes. */
function hashRecord(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let at = start; at < end; at++) {
    a = Math.imul(a ^ bytes[at]!, 2654435761);
    b = Math.imul(b ^ bytes[at]!, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

/** The rows of the records of a block, by their index; none of those that hold nothing. */
function rowsOf(block: Block, plan: TransformPlan): (Row | undefined)[] {
  const batch = transformBlock(block, plan);
  const rows: (Row | undefined)[] = new Array(block.count).fill(undefined);
  batch.accepted.forEach((index, place) => {
    rows[index] = batch.rows.row(place);
  });
  for (const { index, row } of batch.rejected) rows[index] = row ?? undefined;
  return rows;
}

function describeRow(
  row: Row | null,
  { role }: TransformPlan,
): Pick<Differing, 'sourcePatientId' | 'sourceImmunizationId' | 'key' | 'otherKey'> {
  const { site, patient, immunization } = ID_SLOTS[role];
  const value = (slot: number | null): string | null => (slot === null ? null : (row?.[slot] ?? null));
  const [sourcePatientId, sourceImmunizationId] = [value(patient), value(immunization)];
  const keyOf = (...parts: (string | null)[]): string | null => (parts.includes(null) ? null : JSON.stringify(parts));
  const ofPatient = [value(site) ?? '', sourcePatientId];
  const ids = { sourcePatientId, sourceImmunizationId };
  if (role === 'patient') {
    const person = keyOf(value(PATIENT.last_name), value(PATIENT.first_name), value(PATIENT.birth_date));
    return { ...ids, key: keyOf(...ofPatient), otherKey: person };
  }
  const dose = [value(DOSE.administered_on), value(DOSE.cvx)];
  const own = sourceImmunizationId === null ? dose : [sourceImmunizationId];
  return { ...ids, key: role === 'comment' ? null : keyOf(...ofPatient, ...own), otherKey: keyOf(...ofPatient) };
}

/** Records by one of their keys, without those that have none. */
function groupBy(name: 'key' | 'otherKey', records: readonly Differing[]): Map<string, Differing[]> {
  const groups = new Map<string, Differing[]>();
  for (const record of records) {
    const key = record[name];
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return groups;
}

/** Which earlier record stands for the same as one of now. */
function pairRecords(
  now: readonly Differing[],
  before: readonly Differing[],
  again: ReadonlyMap<string, string>,
): ReadonlyMap<Differing, Differing> {
  const placeOf = ({ file, record }: Differing): string => `${file} ${record}`;
  const pairs = new Map<Differing, Differing>();
  const paired = new Set<Differing>();
  const pair = (fresh: Differing, then: Differing): void => {
    pairs.set(fresh, then);
    paired.add(then);
  };
  const byPlace = new Map(before.map((record) => [placeOf(record), record]));
  for (const fresh of now) {
    const then = byPlace.get(again.get(placeOf(fresh)) ?? '');
    if (then !== undefined) pair(fresh, then);
  }
  for (const [name, mayBeMany] of [
    ['key', true],
    ['otherKey', false],
  ] as const) {
    const left = groupBy(
      name,
      before.filter((record) => !paired.has(record)),
    );
    const open = groupBy(
      name,
      now.filter((record) => !pairs.has(record)),
    );
    for (const [key, fresh] of open) {
      const then = left.get(key);
      if (then === undefined) continue;
      if (!mayBeMany && (fresh.length > 1 || then.length > 1)) continue;
      for (let i = 0; i < Math.min(fresh.length, then.length); i++) pair(fresh[i]!, then[i]!);
    }
  }
  return pairs;
}

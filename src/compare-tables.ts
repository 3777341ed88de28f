/**
 * Judges an old submission again: each record by the code tables of the run that loaded it, and by those in use, with all
 * else alike. What differs is what the tables have changed.
 *
 * Both judgements are made here and now, from the tables that every run keeps. What the run itself has written down would
 * say less: of rejected doses it has no vaccine, and a newer immload may judge otherwise by the same tables.
 */
import type { IssueCode } from './core/catalogue.js';
import { Codes, type CodeTable } from './core/codes.js';
import { compileFilePlans } from './core/file-plans.js';
import { DOSE, ID_SLOTS, type IsoDate } from './core/model.js';
import type { TransformPlan } from './core/plan.js';
import type { Block } from './core/read/blocks.js';
import { type Batch, transformBlock } from './core/transform.js';
import { nameOfDatabase } from './db/postgres-address.js';
import { StoreError } from './db/store.js';
import { completeTable } from './files/code-tables.js';
import { InputError } from './files/input-error.js';
import { CsvReport, type ValueMask } from './files/reports.js';
import { openForReading } from './open-store.js';
import { type Comparison, type FileRun, type RunContext, readBlocks, recipeOf } from './run.js';

/** An earlier run, and what is needed to judge as it did. */
export interface ComparisonBasis {
  readonly run: number;
  readonly codes: Codes;
  /** Hashes of the files that it loaded. */
  readonly sha256: ReadonlySet<string>;
}

const COLUMNS = [
  'file', 'record', 'line', 'role', 'dose', 'source_patient_id', 'source_immunization_id', 'verdict_before', 'verdict_after',
  'cvx_before', 'cvx_after', 'codes_before', 'codes_after',
]; // biome-ignore format: the columns in their order

/** What a record is judged to be. */
interface Judgement {
  readonly isRejected: boolean;
  readonly cvx: string | null;
  readonly sourcePatientId: string | null;
  readonly sourceImmunizationId: string | null;
}

/** A run as it was judged: what to compare with, and what else it was given. */
export interface EarlierRun extends ComparisonBasis {
  readonly site: string | null;
  readonly today: IsoDate;
  readonly spec: { readonly id: string; readonly version: string };
}

/**
 * Finds an earlier run in a registry, with the code tables that it used. Tables and columns that immload has learned
 * since are those in use.
 * @throws StoreError when the registry cannot be read, has no such run, or did not keep its tables
 */
export async function readEarlierRun(database: string, runId: number, codes: Codes): Promise<EarlierRun> {
  const store = await openForReading(database);
  try {
    const run = await store.readRun(runId);
    const name = nameOfDatabase(database);
    const remedy = `\`immload runs --db ${name}\` lists them`;
    if (run === null) throw new StoreError('failed', `${name}: there is no run ${runId}; ${remedy}`);
    if (run.status !== 'completed') {
      throw new StoreError('failed', `${name}: run ${runId} was not completed; compare with one that was: ${remedy}`);
    }
    if (run.codeTables.length === 0) {
      throw new StoreError(
        'failed',
        `${name}: run ${runId} was loaded by an immload that kept no code tables; compare with a later one: ${remedy}`,
      );
    }
    const kept = new Map(run.codeTables.map((table) => [table.id, table]));
    const tables = codes.tables.map((table) => {
      const old = kept.get(table.id);
      return old === undefined ? table : completeTable(old, table);
    });
    return {
      run: runId,
      codes: new Codes(tables),
      sha256: new Set(run.files.flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256]))),
      site: run.siteId,
      today: run.today as IsoDate,
      spec: { id: run.specId, version: run.specVersion },
    };
  } finally {
    await store.close();
  }
}

/**
 * Writes `comparison.csv`, the records whose verdict, CVX code or issues differ, and counts them.
 * @throws InputError when a file is none of those that the run loaded
 */
export async function compareTables(
  files: readonly FileRun[],
  basis: ComparisonBasis,
  context: RunContext,
  mask: ValueMask | null = null,
): Promise<Comparison> {
  for (const { sha256, source } of files) {
    if (basis.sha256.has(sha256)) continue;
    throw new InputError(source.shown, `is not a file of run ${basis.run}`, 'give the very files that it loaded');
  }
  const report = new CsvReport(context.folder.fileIn('comparison.csv'), COLUMNS);
  const counts = new ComparisonCounts();
  try {
    for (const file of files) await compareFile(file, basis, context, counts, { report, mask });
  } finally {
    await report.close();
  }
  return { run: basis.run, code_tables: differentTables(basis.codes, context.codes), ...counts.totals() };
}

/** Tables that differ, whether their days do or not. */
function differentTables(before: Codes, after: Codes): Comparison['code_tables'] {
  const pairs = after.tables.map((table) => [table.id, before.table(table.id), table] as const);
  const same = (a: CodeTable, b: CodeTable): boolean => a === b || JSON.stringify(a.rows) === JSON.stringify(b.rows);
  return Object.fromEntries(
    pairs
      .filter(([, old, now]) => old.asOf !== now.asOf || !same(old, now))
      .map(([id, old, now]) => [id, { before: old.asOf, after: now.asOf }]),
  );
}

async function compareFile(
  file: FileRun,
  basis: ComparisonBasis,
  context: RunContext,
  counts: ComparisonCounts,
  { report, mask }: { readonly report: CsvReport; readonly mask: ValueMask | null },
): Promise<void> {
  const idOf = (id: string | null, role: 'patient' | 'immunization'): string | null =>
    id === null || mask === null ? id : mask.id(id, role);
  const { spec, map, today, site } = context;
  const plansOf = (codes: Codes): readonly TransformPlan[] => {
    const recipe = recipeOf(file.received, { spec, today, site });
    const { plan, dosePlans } = compileFilePlans(recipe, codes, map?.map ?? null);
    return [plan, ...dosePlans];
  };
  const [before, after] = [plansOf(basis.codes), plansOf(context.codes)];
  for await (const block of readBlocks(file, context, 'comparing')) {
    for (const [i, plan] of before.entries()) {
      const then = judgeBlock(block, plan);
      const now = judgeBlock(block, after[i]!);
      for (let index = 0; index < block.count; index++) {
        const [old, fresh] = [then.judgements[index], now.judgements[index]];
        if (old === undefined || fresh === undefined || file.otherHeaders.has(block.firstRecord + index)) continue;
        const [codesBefore, codesNow] = [then.codesOf(index), now.codesOf(index)];
        if (!counts.add(old, fresh, codesBefore !== codesNow)) continue;
        await report.write([
          file.source.name,
          block.firstRecord + index,
          block.lines[index]!,
          plan.role,
          plan.dose,
          idOf(fresh.sourcePatientId, 'patient'),
          idOf(fresh.sourceImmunizationId, 'immunization'),
          verdictOf(old),
          verdictOf(fresh),
          old.cvx,
          fresh.cvx,
          codesBefore,
          codesNow,
        ]);
      }
    }
  }
}

function verdictOf({ isRejected }: Judgement): string {
  return isRejected ? 'rejected' : 'accepted';
}

/** What becomes of the records of a block, by their index; nothing of those that hold no data of the role. */
function judgeBlock(
  block: Block,
  plan: TransformPlan,
): { readonly judgements: readonly (Judgement | undefined)[]; readonly codesOf: (index: number) => string } {
  const batch: Batch = transformBlock(block, plan);
  const judgements: (Judgement | undefined)[] = new Array(block.count).fill(undefined);
  const { patient, immunization } = ID_SLOTS[plan.role];
  const judge = (row: readonly (string | null)[] | null, isRejected: boolean): Judgement => ({
    isRejected,
    cvx: (plan.role === 'immunization' ? row?.[DOSE.cvx] : null) ?? null,
    sourcePatientId: row?.[patient] ?? null,
    sourceImmunizationId: (immunization === null ? null : row?.[immunization]) ?? null,
  });
  batch.accepted.forEach((index, place) => {
    judgements[index] = judge(batch.rows.row(place), false);
  });
  for (const { index, row } of batch.rejected) judgements[index] = judge(row, true);
  for (const { index } of batch.keptOut) judgements[index] = { ...judgements[index]!, isRejected: true };
  const codes = new Map<number, Set<IssueCode>>();
  for (const { record, code } of batch.issues) {
    const known = codes.get(record);
    if (known === undefined) codes.set(record, new Set([code]));
    else known.add(code);
  }
  const codesOf = (index: number): string => [...(codes.get(block.firstRecord + index) ?? [])].join(' ');
  return { judgements, codesOf };
}

/** Counts what differs. */
class ComparisonCounts {
  #compared = 0;
  #differ = 0;
  #rejected = 0;
  #accepted = 0;
  #others = 0;
  #otherIssues = 0;
  readonly #pairs = new Map<string, { before: string | null; after: string | null; count: number }>();

  /** Counts a record, and says whether it differs. */
  add(before: Judgement, after: Judgement, hasOtherIssues: boolean): boolean {
    this.#compared++;
    const hasOtherCvx = before.cvx !== after.cvx;
    if (before.isRejected === after.isRejected && !hasOtherCvx && !hasOtherIssues) return false;
    this.#differ++;
    if (hasOtherIssues) this.#otherIssues++;
    if (before.isRejected && !after.isRejected) this.#accepted++;
    if (!before.isRejected && after.isRejected) this.#rejected++;
    if (hasOtherCvx) {
      this.#others++;
      const key = `${before.cvx} ${after.cvx}`;
      const pair = this.#pairs.get(key) ?? { before: before.cvx, after: after.cvx, count: 0 };
      pair.count++;
      this.#pairs.set(key, pair);
    }
    return true;
  }

  totals(): Omit<Comparison, 'run' | 'code_tables'> {
    return {
      compared: this.#compared,
      differ: this.#differ,
      newly_rejected: this.#rejected,
      newly_accepted: this.#accepted,
      other_cvx: this.#others,
      other_issues: this.#otherIssues,
      cvx: [...this.#pairs.values()].sort((a, b) => b.count - a.count),
    };
  }
}

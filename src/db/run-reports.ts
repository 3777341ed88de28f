/** What a registry remembers of the reports of its runs, and of what was judged by what. */
import { appendToJournal, type JournalNote } from './journal.js';
import { firstRow, type Queries } from './queries.js';
import type { MatchModelId, RunReport } from './store.js';

/** A report as the registry knows it. */
export interface StoredReport extends RunReport {
  readonly runId: number;
  /** The machine that its folder is on. */
  readonly host: string;
  /** When the run was completed, ISO 8601. */
  readonly finishedAt: string;
  /** When it was removed, `null` while it is there. */
  readonly purgedAt: string | null;
}

const REPORTS = `SELECT p.run_id AS "runId", p.host, p.folder, p.certificate, p.digest, p.purged_at AS "purgedAt",
    r.finished_at AS "finishedAt"
  FROM run_reports p JOIN runs r ON r.id = p.run_id`;

/** The report of a run, `null` if none is known. */
export async function readReport(queries: Queries, runId: number): Promise<StoredReport | null> {
  return (await firstRow<StoredReport>(queries, `${REPORTS} WHERE p.run_id = $1`, [runId])) ?? null;
}

/** The reports of runs that were completed before a time (ISO 8601) and that are not removed yet, the first first. */
export async function findReportsBefore(queries: Queries, before: string): Promise<StoredReport[]> {
  return queries.rows(`${REPORTS} WHERE p.purged_at IS NULL AND r.finished_at < $1 ORDER BY p.run_id`, [before]);
}

/** What a run was judged by. */
export interface RunJudgement {
  readonly today: string;
  readonly programVersion: string;
  readonly matchModel: MatchModelId;
  readonly matchThreshold: number | null;
  readonly reviewThreshold: number | null;
  /** As JSON, `null` for none. */
  readonly ruleChanges: string | null;
  readonly undoneAt: string | null;
}

/** What the run of this number was judged by; there must be one. */
export async function readJudgement(queries: Queries, runId: number): Promise<RunJudgement> {
  const judgement = await firstRow<RunJudgement>(
    queries,
    `SELECT today, program_version AS "programVersion", coalesce(match_model, 'exact') AS "matchModel",
       match_threshold AS "matchThreshold", review_threshold AS "reviewThreshold", rule_changes AS "ruleChanges",
       undone_at AS "undoneAt"
     FROM runs WHERE id = $1`,
    [runId],
  );
  return judgement!;
}

/** Remembers that the report of a run was removed, and writes it down in the journal. Ask within a transaction. */
export async function closeReport(queries: Queries, runId: number, at: string, note: JournalNote): Promise<void> {
  await queries.run('UPDATE run_reports SET purged_at = $1 WHERE run_id = $2', [at, runId]);
  await appendToJournal(queries, note);
}

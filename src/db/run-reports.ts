/** What a registry remembers of the reports of its runs, and of what was judged by what. */
import type { JournalEntry, JournalHead } from './journal.js';
import type { Asked } from './run-contents.js';
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

/** The reports of completed runs, the first first. */
export async function listReports({ rows }: Asked): Promise<StoredReport[]> {
  const reports = await rows(
    `SELECT p.run_id AS "runId", p.host, p.folder, p.certificate, p.digest, p.purged_at AS "purgedAt",
       r.finished_at AS "finishedAt"
     FROM run_reports p JOIN runs r ON r.id = p.run_id ORDER BY p.run_id`,
    0,
  );
  return reports as unknown as StoredReport[];
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

export async function readJudgement({ rows }: Asked, runId: number): Promise<RunJudgement> {
  const [judgement] = await rows(
    `SELECT today, program_version AS "programVersion", coalesce(match_model, 'exact') AS "matchModel",
       match_threshold AS "matchThreshold", review_threshold AS "reviewThreshold", rule_changes AS "ruleChanges",
       undone_at AS "undoneAt"
     FROM runs WHERE id = :run`,
    runId,
  );
  return judgement as unknown as RunJudgement;
}

export async function readJournalHead({ rows }: Asked): Promise<JournalHead> {
  const [head] = await rows('SELECT entries, hash FROM journal_head', 0);
  return (head as unknown as JournalHead | undefined) ?? { entries: 0, hash: '' };
}

/** The whole journal, and the head that stands apart from it. */
export async function readWholeJournal(
  asked: Asked,
): Promise<{ readonly entries: readonly JournalEntry[]; readonly head: JournalHead }> {
  const entries = await asked.rows(
    'SELECT id, at, who, action, run_id AS "runId", details, previous, hash FROM journal ORDER BY id',
    0,
  );
  return { entries: entries as unknown as readonly JournalEntry[], head: await readJournalHead(asked) };
}

/** Finds out whether the very same was loaded before: the files, and all that decides what is made of them. */
import type { Database } from 'better-sqlite3';
import type { EarlierLoad, NewRun } from './store.js';

/** Completed runs of the same site, specification, map, rules and kind of matching, the last first. */
export function findEarlierLoads(database: Database, run: NewRun): EarlierLoad[] {
  const rows = database
    .prepare(
      `SELECT id, finished_at FROM runs WHERE status = 'completed' AND spec_id = ? AND spec_version = ? AND site_id IS ?
         AND rule_changes IS ? AND coalesce(match_model, 'exact') = ?
         AND json_extract(code_tables, '$.map') IS ? ORDER BY id DESC`,
    )
    .raw()
    .all(run.specId, run.specVersion, run.siteId, run.ruleChanges, run.matchModel, run.codeTables['map'] ?? null) as [
    number,
    string,
  ][];
  const files = database.prepare('SELECT role, sha256, bytes FROM run_files WHERE run_id = ?');
  return rows.map(([runId, finishedAt]) => ({ runId, finishedAt, files: files.all(runId) as EarlierLoad['files'] }));
}

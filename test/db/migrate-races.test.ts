/** Making and migrating a registry, whatever happened to the program that tried before. */
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrateSqlite } from '../../src/db/migrate.js';
import { openSqlite } from '../../src/db/sqlite.js';
import { type Outcome, startProgram } from '../support/program.js';
import { Sandbox } from '../support/sandbox.js';

test('a registry whose migration was killed half-way is migrated by the next program', async () => {
  using sandbox = new Sandbox();
  await migrateSqlite(sandbox.database);
  // As a kill leaves it: knex has made its own tables and its mark, and nothing else.
  const database = new Database(sandbox.database);
  database.exec('DROP VIEW immunizations');
  const tables = database
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'knex%' AND name NOT LIKE 'sqlite%'",
    )
    .pluck();
  for (const table of tables.all() as string[]) database.exec(`DROP TABLE ${table}`);
  database.exec('DELETE FROM knex_migrations; UPDATE knex_migrations_lock SET is_locked = 1');
  database.close();

  const store = await openSqlite(sandbox.database);
  expect(await store.listRuns()).toEqual([]);
  await store.close();
});

test('programs that make the same registry at the same time wait for each other', async () => {
  using sandbox = new Sandbox();
  const migrate = (): Promise<Outcome> => startProgram(sandbox.folder, ['migrate', '--db', 'registry.db']).outcome;
  const outcomes = await Promise.all([migrate(), migrate(), migrate(), migrate()]);
  expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual(outcomes.map(() => [0, '']));
  expect(outcomes.map(({ stdout }) => stdout).sort()).toEqual([
    ...new Array(3).fill('registry.db is up to date.\n'),
    'registry.db: applied 0001_registry, 0002_code_tables, 0003_matching, 0004_patient_comments, 0005_dose_records, 0006_rule_changes, 0007_review_desk, 0010_undo, 0011_journal, 0012_checkpoints, 0013_match_key_packs, 0014_run_reports, 0015_match_keys_by_day, 0016_record_fates, 0017_wide_match_keys.\n',
  ]);
});

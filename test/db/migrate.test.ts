/** The schema: what other programs rely on is there, and it can be made, taken down and made again. */
import createKnex, { type Knex } from 'knex';
import { describe, expect, test } from 'vitest';
import * as registry from '../../migrations/0001_registry.js';
import * as codeTables from '../../migrations/0002_code_tables.js';
import * as matching from '../../migrations/0003_matching.js';
import * as patientComments from '../../migrations/0004_patient_comments.js';
import * as doseRecords from '../../migrations/0005_dose_records.js';
import * as ruleChanges from '../../migrations/0006_rule_changes.js';
import * as reviewDesk from '../../migrations/0007_review_desk.js';
import * as undo from '../../migrations/0010_undo.js';
import * as journal from '../../migrations/0011_journal.js';
import * as checkpoints from '../../migrations/0012_checkpoints.js';
import * as matchKeyPacks from '../../migrations/0013_match_key_packs.js';
import * as runReports from '../../migrations/0014_run_reports.js';
import * as matchKeysByDay from '../../migrations/0015_match_keys_by_day.js';
import * as recordFates from '../../migrations/0016_record_fates.js';
import * as wideMatchKeys from '../../migrations/0017_wide_match_keys.js';
import { IMMUNIZATION_FIELDS, PATIENT_FIELDS } from '../../src/core/model.js';
import { compareSchema, migrateSqlite } from '../../src/db/migrate.js';
import { DETAIL_COLUMNS, DOSE_COLUMNS, IMMUNIZATION_COLUMNS, PATIENT_COLUMNS } from '../../src/db/tables.js';
import { Sandbox } from '../support/sandbox.js';

/** All migrations, in their order. */
const MIGRATIONS = [
  registry,
  codeTables,
  matching,
  patientComments,
  doseRecords,
  ruleChanges,
  reviewDesk,
  undo,
  journal,
  checkpoints,
  matchKeyPacks,
  runReports,
  matchKeysByDay,
  recordFates,
  wideMatchKeys,
];
const NAMES = MIGRATIONS.map(({ name }) => name);

function columnsOf(sandbox: Sandbox, table: string): string[] {
  return sandbox.query(`SELECT name FROM pragma_table_info('${table}')`).map((row) => String(row['name']));
}

describe('tables that other programs may read', () => {
  test.each([
    ['runs', ['id', 'status', 'spec_id', 'spec_version', 'site_id', 'started_at', 'finished_at']],
    [
      'run_files',
      ['run_id', 'role', 'name', 'sha256', 'bytes', 'records', 'loaded', 'merged', 'duplicate', 'rejected', 'skipped'],
    ],
    ['patients', ['id', 'last_name', 'first_name', 'middle_name', 'suffix', 'birth_date', 'sex', 'sharing_objection']],
    ['patient_sources', ['run_id', 'site_id', 'source_patient_id', 'patient_id', 'line', 'decision']],
    [
      'immunizations',
      [
        'id', 'patient_id', 'cvx', 'administered_on', 'mvx', 'lot_number', 'information_source', 'run_id', 'line',
        'source_immunization_id',
      ], // biome-ignore format: the columns in the order of the contract
    ],
    ['patient_comments', ['id', 'run_id', 'line', 'patient_id', 'site_id', 'comment_code', 'applies_on']],
    ['immunization_duplicates', ['run_id', 'line', 'source_immunization_id', 'immunization_id', 'reason']],
    [
      'match_reviews',
      ['id', 'run_id', 'patient_id_a', 'patient_id_b', 'weight', 'reasons', 'decision', 'decided_by', 'decided_at'],
    ],
  ])('%s has its columns', async (table, columns) => {
    using sandbox = new Sandbox();
    await migrateSqlite(sandbox.database);
    expect(columnsOf(sandbox, table)).toEqual(expect.arrayContaining(columns));
  });

  test.each([
    ['patients', PATIENT_COLUMNS, PATIENT_FIELDS],
    ['immunizations', IMMUNIZATION_COLUMNS, IMMUNIZATION_FIELDS],
  ] as const)('%s has a column for every field that is stored', async (table, columns, fields) => {
    using sandbox = new Sandbox();
    await migrateSqlite(sandbox.database);
    const names = columnsOf(sandbox, table);
    expect(names).toEqual(expect.arrayContaining(columns.map(({ name }) => name)));
    const unstored = Object.entries(fields).filter(([, field]) => 'stored' in field && field.stored === false);
    for (const [name] of unstored) expect(names).not.toContain(name);
  });

  test('a dose’s fields stand in one of the two tables behind the view, and in one only', async () => {
    using sandbox = new Sandbox();
    await migrateSqlite(sandbox.database);
    const own = DOSE_COLUMNS.map(({ name }) => name);
    const shared = DETAIL_COLUMNS.map(({ name }) => name);
    expect([...own, ...shared].sort()).toEqual(IMMUNIZATION_COLUMNS.map(({ name }) => name).sort());
    expect(columnsOf(sandbox, 'doses')).toEqual(expect.arrayContaining(own));
    expect(columnsOf(sandbox, 'dose_details')).toEqual(expect.arrayContaining(shared));
    expect(columnsOf(sandbox, 'doses').filter((name) => shared.includes(name))).toEqual([]);
  });
});

describe('each migration', () => {
  const schemaOf = async (knex: Knex): Promise<unknown[]> =>
    knex('sqlite_master').select('type', 'name', 'sql').whereNot('name', 'like', 'sqlite_%').orderBy(['type', 'name']);

  test('go up, down and up again', async () => {
    const knex = createKnex({
      client: 'better-sqlite3',
      connection: { filename: ':memory:' },
      useNullAsDefault: true,
      pool: { min: 1, max: 1 },
    });
    try {
      const states = [await schemaOf(knex)];
      for (const migration of MIGRATIONS) {
        await migration.up(knex);
        states.push(await schemaOf(knex));
      }
      expect(states[1]!.length).toBeGreaterThan(10);
      for (const [place, migration] of [...MIGRATIONS.entries()].reverse()) {
        await migration.down(knex);
        expect(await schemaOf(knex)).toEqual(states[place]);
      }
      for (const migration of MIGRATIONS) await migration.up(knex);
      expect(await schemaOf(knex)).toEqual(states.at(-1));
    } finally {
      await knex.destroy();
    }
  });

  test('are applied once', async () => {
    using sandbox = new Sandbox();
    expect(await migrateSqlite(sandbox.database)).toEqual(NAMES);
    expect(await migrateSqlite(sandbox.database)).toEqual([]);
  });

  test.each([
    [[], { applied: [], pending: NAMES }],
    [['0001_registry'], { applied: ['0001_registry'], pending: NAMES.slice(1) }],
    [NAMES, { applied: NAMES, pending: [] }],
    [[...NAMES, '9999_later'], { applied: NAMES, pending: [] }],
    [['20240101_users'], { applied: [], pending: NAMES }],
  ])('of a database with %j is told', (names, state) => {
    expect(compareSchema(names)).toEqual(state);
  });
});

/** What both databases are asked is answered alike: queries that are written once, transactions, and rows by the thousand. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WholeRow } from '../../src/core/columns.js';
import { firstColumn, firstRow, firstValue, insertMissing, insertRow, type Queries } from '../../src/db/queries.js';
import type { Session } from '../../src/db/session.js';
import { toSqlite } from '../../src/db/sqlite-session.js';
import { PATIENT_COLUMNS } from '../../src/db/tables.js';
import { KINDS, TestRegistry } from '../support/registries.js';
import { patientRow } from '../support/rows.js';

test.each([
  ['SELECT 1 FROM t WHERE id = ANY($1::int[])', 'SELECT 1 FROM t WHERE id IN (SELECT value FROM json_each($1))'],
  ['a = ANY($12::text[]) AND b = $2', 'a IN (SELECT value FROM json_each($12)) AND b = $2'],
  ["(image::json ->> 'id')::int = $1::int", "(image ->> 'id') = $1"],
  ['SELECT hash FROM journal_head FOR UPDATE', 'SELECT hash FROM journal_head'],
  ['SELECT a IS NOT DISTINCT FROM $1', 'SELECT a IS NOT DISTINCT FROM $1'],
])('%s is, in SQLite, %s', (sql, expected) => {
  expect(toSqlite(sql)).toBe(expected);
});

describe.each(KINDS)('a session, in %s,', (kind) => {
  let registry: TestRegistry;
  let session: Session;
  beforeEach(async () => {
    registry = await TestRegistry.create(kind);
    session = await registry.openSession();
  });
  afterEach(async () => {
    await session.close();
    await registry[Symbol.asyncDispose]();
  });

  const addKey = (queries: Queries, key: number): Promise<void> =>
    insertRow(queries, 'match_keys', { match_key: key, patient_id: 1, run_id: 1 });
  const keys = (): Promise<number[]> => firstColumn(session, 'SELECT match_key FROM match_keys ORDER BY match_key');

  test('finds rows by lists of numbers and texts, and none by an empty list', async () => {
    const sources = ['it’s', '{a,"b"}', 'null'];
    for (const [i, id] of sources.entries()) {
      await insertRow(session, 'patient_sources', {
        run_id: 1,
        file_id: 1,
        site_id: 'F1',
        source_patient_id: id,
        patient_id: i + 1,
        line: 2,
        decision: 'new',
        reason: i === 1 ? 'so' : null,
        content: 2 ** 53 - 1 - i,
      });
    }
    const byText =
      'SELECT patient_id FROM patient_sources WHERE source_patient_id = ANY($1::text[]) ORDER BY patient_id';
    expect(await firstColumn(session, byText, [sources])).toEqual([1, 2, 3]);
    expect(await firstColumn(session, byText, [[]])).toEqual([]);
    const byNumber =
      'SELECT source_patient_id AS "sourceId", content FROM patient_sources WHERE content = ANY($1::bigint[])';
    expect(await firstRow(session, byNumber, [[7, 2 ** 53 - 3]])).toEqual({ sourceId: 'null', content: 2 ** 53 - 3 });
    expect(await firstRow(session, byNumber, [[]])).toBeUndefined();
    const byReason = 'SELECT patient_id FROM patient_sources WHERE reason IS NOT DISTINCT FROM $1 ORDER BY patient_id';
    expect(await firstColumn(session, byReason, [null])).toEqual([1, 3]);
    expect(await firstColumn(session, byReason, ['so'])).toEqual([2]);
  });

  test('adds and changes many rows, and says how many a statement changed', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => {
      return patientRow({
        last_name: `Tab\t${i}\\N\n`,
        ...(i % 2 === 0 && { first_name: 'Ann' }),
        birth_date: '2015-05-04',
      });
    });
    const columns = [
      { name: 'id', value: (i: number) => i + 1 },
      { name: 'run_id', value: () => 1 },
    ];
    await session.insert('patients', rows.length, columns, {
      columns: PATIENT_COLUMNS,
      row: (i) => new WholeRow(rows[i]!),
    });
    expect(await firstRow(session, 'SELECT last_name, first_name FROM patients WHERE id = $1', [60])).toEqual({
      last_name: 'Tab\t59\\N\n',
      first_name: null,
    });
    await session.update('patients', [
      { id: 1, last_name: "O'Neil", ssn_check: 7 },
      { id: 60, last_name: null, ssn_check: null },
    ]);
    const changed = 'SELECT id, last_name, first_name, ssn_check FROM patients WHERE id IN (1, 60) ORDER BY id';
    expect(await session.arrays(changed)).toEqual([
      [1, "O'Neil", 'Ann', 7],
      [60, null, null, null],
    ]);
    expect(await session.run("UPDATE patients SET sex = 'F' WHERE id > $1", [50])).toBe(10);
  });

  test('passes over rows that are there already', async () => {
    const columns = ['match_key', 'patient_id', 'run_id'];
    await insertMissing(session, 'match_keys', columns, [[5, 1, 1]]);
    const rows = Array.from({ length: 250 }, (_, i) => [i % 200, 1, 2]);
    await insertMissing(session, 'match_keys', columns, rows);
    expect(await firstValue(session, 'SELECT count(*) FROM match_keys')).toBe(200);
    expect(await firstValue(session, 'SELECT run_id FROM match_keys WHERE match_key = 5')).toBe(1);
  });

  test('tells a row as the same JSON', async () => {
    await insertRow(session, 'match_reviews', {
      id: 3,
      run_id: 1,
      patient_id_a: 1,
      patient_id_b: 2,
      weight: -0.25,
      reasons: 'a "quoted" \\ reason, é',
    });
    const json = await firstValue<string>(
      session,
      `SELECT ${session.rowAsJson('match_reviews', 'm')} FROM match_reviews m`,
    );
    expect(json).toBe(
      '{"id":3,"run_id":1,"patient_id_a":1,"patient_id_b":2,"weight":-0.25,"reasons":"a \\"quoted\\" \\\\ reason, é","decision":null,"decided_by":null,"decided_at":null,"explanation":null,"decision_reason":null,"immunization_id_a":null,"immunization_id_b":null}',
    );
  });

  test('keeps all of a transaction or nothing, and of a part of it, too', async () => {
    await session.transaction((queries) => addKey(queries, 1));
    const failing = session.transaction(async (queries) => {
      await addKey(queries, 2);
      throw new Error('given up');
    });
    await expect(failing).rejects.toThrow('given up');
    await session.transaction(async (queries) => {
      await addKey(queries, 3);
      const part = session.savepoint(async () => {
        await addKey(queries, 4);
        await session.savepoint(() => addKey(queries, 5));
        await addKey(queries, 3);
      });
      await expect(part).rejects.toThrow();
      await addKey(queries, 6);
    });
    expect(await keys()).toEqual([1, 3, 6]);
  });

  test('does what it is asked at the same time one after the other', async () => {
    let under = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        session.transaction(async (queries) => {
          expect(++under).toBe(1);
          await addKey(queries, i);
          under--;
        }),
      ),
    );
    expect(await keys()).toHaveLength(20);
  });

  test.each([true, false])('makes one transaction of all that it is asked, and keeps it: %s', async (isKept) => {
    let rollbacks = 0;
    session.onRollback = () => {
      rollbacks++;
    };
    await session.beginOne();
    await session.transaction((queries) => addKey(queries, 1));
    const failing = session.transaction(async (queries) => {
      await addKey(queries, 2);
      throw new Error('given up');
    });
    await expect(failing).rejects.toThrow('given up');
    await addKey(session, 3);
    expect(await keys()).toEqual([1, 3]);
    await session.endOne(isKept);
    expect(await keys()).toEqual(isKept ? [1, 3] : []);
    expect(rollbacks).toBe(isKept ? 1 : 2);
    await session.transaction((queries) => addKey(queries, 4));
    expect(await keys()).toContain(4);
  });
});

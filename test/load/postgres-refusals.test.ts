/** Records that a PostgreSQL database refuses: each is found, becomes a reject with the reason, and the rest loads. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openForLoading } from '../../src/open-store.js';
import { TestDatabase } from '../support/postgres.js';
import { miis, Sandbox } from '../support/sandbox.js';

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|sex|street';
const DOSES = 'facility_id|patient_id|vaccination_id|cvx|admin_date|lot_number|mvx|information_source';
const ANNA = 'F1|1|Smith|Anna|20150504|F|1 Elm St';
const OSEI = 'F1|2|Osei|Kwame|20120611|M|';
const patients = (...rows: string[]): { 'p.txt': string } => ({ 'p.txt': miis(PATIENTS, ...rows) });
const doses = (...rows: string[]): { 'd.txt': string } => ({ 'd.txt': miis(DOSES, ...rows) });

/** An empty registry whose administrator added rules of their own. */
async function registryWith(...rules: string[]): Promise<TestDatabase> {
  const database = await TestDatabase.create();
  await (await openForLoading(database.address)).close();
  for (const rule of rules) await database.query(rule);
  return database;
}

/** The issues about refusals: file, line, fate and message. */
async function refusals(sandbox: Sandbox, folder: string): Promise<string[][]> {
  const issues = await sandbox.report(folder, 'issues.csv');
  return issues
    .filter(({ code }) => code === 'refused-by-database' || code === 'patient-rejected')
    .map((issue) => ['code', 'file', 'line', 'fate', 'message'].map((column) => issue[column]!));
}

/** Gives a column of the doses another type; the view that shows it is made again. */
function retypeLots(type: string): string {
  return `DO $$ DECLARE view text := pg_get_viewdef('immunizations'); BEGIN
    DROP VIEW immunizations;
    ALTER TABLE doses ALTER COLUMN lot_number TYPE ${type};
    EXECUTE 'CREATE VIEW immunizations AS ' || view;
  END $$`;
}

describe.each([1, 3, 10_000])('in batches of %d, a database refuses', (batchRows) => {
  const sizes = { batchRows };

  test('a dose whose value is too long', async () => {
    using sandbox = new Sandbox();
    await using database = await registryWith(retypeLots('varchar(5)'));
    const {
      folder,
      totals,
      doses: counts,
    } = await sandbox.load({
      database: database.address,
      patients: patients(ANNA, OSEI),
      immunizations: doses(
        'F1|1|a|08|20150505|A1234|SKB|00',
        'F1|1|b|20|20160707|TOOLONG77|SKB|00',
        'F1|2|c|20|20160808|B1234|SKB|00',
        'F1|2|d|03|20160909|TOOLONG88|MSD|00',
      ),
      sizes,
    });
    expect(await refusals(sandbox, folder)).toEqual([
      ['refused-by-database', 'd.txt', '3', 'rejected', expect.stringContaining('a value is too long')],
      ['refused-by-database', 'd.txt', '5', 'rejected', expect.stringContaining('column lot_number')],
    ]);
    expect(totals.immunization).toMatchObject({ records: 4, loaded: 2, rejected: 2 });
    expect(counts).toMatchObject({ new: 2 });
    const rejects = readFileSync(`${folder}/rejects/d.txt`, 'utf8').split('\n');
    expect(rejects[1]).toMatch(/^F1\|1\|b\|20\|20160707\|TOOLONG77\|SKB\|00\|refused-by-database\|/);
    expect(rejects[2]).toMatch(/^F1\|2\|d\|/);
    // The reason stands in issues.csv, and no value does.
    expect(readFileSync(`${folder}/issues.csv`, 'utf8')).not.toContain('TOOLONG');
    expect(await database.query('SELECT source_immunization_id AS id FROM doses ORDER BY 1')).toEqual([
      { id: 'a' },
      { id: 'c' },
    ]);
    // What was corrected loads.
    await database.query(retypeLots('text'));
    const again = await sandbox.load({
      database: database.address,
      immunizations: [`${folder}/rejects/d.txt`],
      sizes,
    });
    expect(again.totals.immunization).toMatchObject({ records: 2, loaded: 2 });
  });

  test('a patient by a check, with all its records and doses', async () => {
    using sandbox = new Sandbox();
    await using database = await registryWith(
      `ALTER TABLE patients ADD CONSTRAINT no_smith CHECK (last_name <> 'Smith')`,
    );
    const {
      folder,
      totals,
      patients: counts,
    } = await sandbox.load({
      database: database.address,
      patients: patients(ANNA, OSEI, 'F1|1|Smith|Anna|20150504|F|9 Oak Rd', 'F1|3|Diaz|Luz|20140202|F|'),
      immunizations: doses('F1|1|a|08|20150505|A1234|SKB|00', 'F1|2|c|20|20160808|B1234|SKB|00'),
      sizes,
    });
    expect(await refusals(sandbox, folder)).toEqual([
      ['refused-by-database', 'p.txt', '2', 'rejected', expect.stringContaining('constraint no_smith')],
      ['refused-by-database', 'p.txt', '4', 'rejected', expect.stringContaining('SQLSTATE 23514')],
      ['patient-rejected', 'd.txt', '2', 'rejected', expect.anything()],
    ]);
    expect(totals.patient).toMatchObject({ records: 4, loaded: 2, rejected: 2, merged: 0 });
    expect(counts).toMatchObject({ new: 2, merged: 0 });
    expect(await database.query('SELECT last_name FROM patients ORDER BY id')).toEqual([
      { last_name: 'Osei' },
      { last_name: 'Diaz' },
    ]);
    expect(await database.query('SELECT count(*) AS n FROM patient_sources')).toEqual([{ n: 2 }]);
    expect(await database.query('SELECT count(*) AS n FROM match_keys')).toEqual([{ n: 2 }]);
    expect(await database.query('SELECT count(*) AS n FROM doses')).toEqual([{ n: 1 }]);
    expect(await database.query('SELECT count(*) AS n FROM patient_parts')).toEqual([{ n: 0 }]);
  });

  test('what a stored patient and a stored dose gain, by a trigger; both stay as they were', async () => {
    using sandbox = new Sandbox();
    await using database = await registryWith();
    await sandbox.load({
      database: database.address,
      patients: patients('F1|1|Smith|Anna|20150504|F|', OSEI),
      immunizations: doses('F1|1|a|08|20150505||SKB|00', 'F1|2|c|20|20160808||SKB|00'),
    });
    const before = {
      patients: await database.query('SELECT * FROM patients ORDER BY id'),
      doses: await database.query('SELECT * FROM doses ORDER BY id'),
      sources: await database.query('SELECT * FROM patient_sources ORDER BY id'),
    };
    for (const table of ['patients', 'doses']) {
      await database.query(`CREATE FUNCTION frozen_${table}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'this one is frozen since %', 2020 USING ERRCODE = 'IM001'; END $$`);
      await database.query(
        `CREATE TRIGGER frozen BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION frozen_${table}()`,
      );
    }
    const { folder, totals } = await sandbox.load({
      database: database.address,
      patients: patients('F1|1|Smith|Anna|20150504|F|77 New Rd', 'F1|3|Diaz|Luz|20140202|F|'),
      immunizations: doses('F1|2|e|20|20160808|B1234|SKB|00', 'F1|3|f|20|20160808|C1234|SKB|00'),
      sizes,
    });
    const says = expect.stringContaining('this one is frozen since 2020');
    expect(await refusals(sandbox, folder)).toEqual([
      ['refused-by-database', 'p.txt', '2', 'rejected', says],
      ['refused-by-database', 'd.txt', '2', 'rejected', says],
    ]);
    expect(totals.patient).toMatchObject({ records: 2, loaded: 1, rejected: 1 });
    expect(totals.immunization).toMatchObject({ records: 2, loaded: 1, rejected: 1 });
    expect(await database.query('SELECT * FROM patients WHERE id <= 2 ORDER BY id')).toEqual(before.patients);
    expect(await database.query('SELECT * FROM doses WHERE id <= 2 ORDER BY id')).toEqual(before.doses);
    expect(await database.query('SELECT * FROM patient_sources WHERE run_id = 1 ORDER BY id')).toEqual(before.sources);
    expect(await database.query('SELECT count(*) AS n FROM immunization_duplicates')).toEqual([{ n: 0 }]);
  });

  test('rows at the end of the transaction, by a trigger that waits for it', async () => {
    using sandbox = new Sandbox();
    await using database = await registryWith(
      `CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN IF NEW.lot_number LIKE 'X%' THEN RAISE 'lot % is on the list', NEW.lot_number; END IF; RETURN NULL; END $$`,
      `CREATE CONSTRAINT TRIGGER late AFTER INSERT ON doses DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()`,
    );
    const { folder, totals } = await sandbox.load({
      database: database.address,
      patients: patients(ANNA),
      immunizations: doses('F1|1|a|08|20150505|X9999|SKB|00', 'F1|1|c|20|20160808|B1234|SKB|00'),
      sizes,
    });
    // A message that holds a value is not told.
    expect(await refusals(sandbox, folder)).toEqual([
      ['refused-by-database', 'd.txt', '2', 'rejected', expect.stringContaining('trigger late')],
    ]);
    expect(readFileSync(`${folder}/issues.csv`, 'utf8')).not.toContain('X9999');
    expect(totals.immunization).toMatchObject({ loaded: 1, rejected: 1 });
  });
});

test('a dry run finds what the database would refuse, and leaves nothing there', async () => {
  using sandbox = new Sandbox();
  await using database = await registryWith(retypeLots('varchar(5)'));
  const input = {
    database: database.address,
    patients: patients(ANNA),
    immunizations: doses('F1|1|a|08|20150505|A1234|SKB|00', 'F1|1|b|20|20160707|TOOLONG77|SKB|00'),
  };
  const dry = await sandbox.load({ ...input, mode: 'dry-run' });
  expect(dry.totals.immunization).toMatchObject({ loaded: 1, rejected: 1 });
  expect(await database.query('SELECT count(*) AS n FROM runs')).toEqual([{ n: 0 }]);
  expect(await database.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 0 }]);
  const real = await sandbox.load(input);
  expect(real.run).toBe(1);
  expect(real.totals).toEqual(dry.totals);
  expect(await database.query('SELECT min(id) AS id FROM patient_sources')).toEqual([{ id: 1 }]);
});

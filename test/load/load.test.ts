/** Loading a submission: what becomes of records, tables and reports. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { headerLine, toCells, toLine } from '../../src/core/write.js';
import { SqliteStore } from '../../src/db/sqlite.js';
import { GRITS } from '../support/fixtures.js';
import { contentOf, miis, Sandbox } from '../support/sandbox.js';

const PATIENT_COLUMNS = 'facility_id|patient_id|last_name|first_name|birth_date|sex';
const DOSE_COLUMNS = 'facility_id|patient_id|vaccination_id|cvx|admin_date|info_source|mvx|lot_number';

const patients = (...rows: string[]): Record<string, string> => ({ 'patients.txt': miis(PATIENT_COLUMNS, ...rows) });
const doses = (...rows: string[]): Record<string, string> => ({ 'doses.txt': miis(DOSE_COLUMNS, ...rows) });

const ANNA = 'F1|1|Smith|Anna|20150504|F';
const BEN = 'F1|2|Jones|Ben|20160612|M';

describe('a submission', () => {
  test('fills the tables of the contract', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({
      patients: patients(ANNA, BEN),
      immunizations: doses('F1|1|v1|03|20160505|00|MSD|AB1234', 'F1|2|v2|20|20160815|01||'),
    });
    expect(summary.totals).toMatchObject({
      patient: { records: 2, loaded: 2, rejected: 0 },
      immunization: { records: 2, loaded: 2, rejected: 0 },
    });
    expect(sandbox.query('SELECT id, last_name, first_name, birth_date, sex, registry_status FROM patients')).toEqual([
      { id: 1, last_name: 'Smith', first_name: 'Anna', birth_date: '2015-05-04', sex: 'F', registry_status: 'A' },
      { id: 2, last_name: 'Jones', first_name: 'Ben', birth_date: '2016-06-12', sex: 'M', registry_status: 'A' },
    ]);
    expect(
      sandbox.query('SELECT run_id, site_id, source_patient_id, patient_id, line, decision FROM patient_sources'),
    ).toEqual([
      { run_id: 1, site_id: 'F1', source_patient_id: '1', patient_id: 1, line: 2, decision: 'new' },
      { run_id: 1, site_id: 'F1', source_patient_id: '2', patient_id: 2, line: 3, decision: 'new' },
    ]);
    expect(
      sandbox.query(
        'SELECT id, patient_id, cvx, administered_on, mvx, lot_number, information_source, run_id, line, source_immunization_id FROM immunizations',
      ),
    ).toEqual([
      {
        id: 1,
        patient_id: 1,
        cvx: '03',
        administered_on: '2016-05-05',
        mvx: 'MSD',
        lot_number: 'AB1234',
        information_source: '00',
        run_id: 1,
        line: 2,
        source_immunization_id: 'v1',
      },
      {
        id: 2,
        patient_id: 2,
        cvx: '20',
        administered_on: '2016-08-15',
        mvx: null,
        lot_number: null,
        information_source: '01',
        run_id: 1,
        line: 3,
        source_immunization_id: 'v2',
      },
    ]);
    expect(sandbox.query('SELECT id, status, spec_id, spec_version, site_id FROM runs')).toEqual([
      { id: 1, status: 'completed', spec_id: 'miis-legacy', spec_version: '0.1.0', site_id: null },
    ]);
    expect(
      sandbox.query('SELECT role, name, records, loaded, merged, duplicate, rejected, skipped FROM run_files'),
    ).toEqual([
      {
        role: 'patient',
        name: 'patients.txt',
        records: 2,
        loaded: 2,
        merged: 0,
        duplicate: 0,
        rejected: 0,
        skipped: 0,
      },
      {
        role: 'immunization',
        name: 'doses.txt',
        records: 2,
        loaded: 2,
        merged: 0,
        duplicate: 0,
        rejected: 0,
        skipped: 0,
      },
    ]);
  });

  test('may come without doses, and with several files of a kind', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({
      patients: { 'a.txt': miis(PATIENT_COLUMNS, ANNA), 'b.txt': miis(PATIENT_COLUMNS, BEN, ANNA) },
    });
    expect(summary.files.map(({ name, loaded, duplicate }) => [name, loaded, duplicate])).toEqual([
      ['a.txt', 1, 0],
      ['b.txt', 1, 1],
    ]);
  });

  test('of several files of one name tells them apart by their paths', async () => {
    using sandbox = new Sandbox();
    mkdirSync(sandbox.path('a'));
    mkdirSync(sandbox.path('b'));
    const paths = ['a', 'b'].map((name) =>
      sandbox.write(join(name, 'p.txt'), miis(PATIENT_COLUMNS, `F1|${name}||Anna|20150504|F`)),
    );
    const { files, folder } = await sandbox.load({ patients: paths });
    expect(files.map(({ name, rejects }) => [name, rejects])).toEqual([
      [paths[0], 'rejects/p.txt'],
      [paths[1], 'rejects/patient-p.txt'],
    ]);
    expect((await sandbox.report(folder, 'issues.csv')).map(({ file }) => file)).toEqual(paths);
  });

  test('that names a Social Security number for the first time says something new', async () => {
    using sandbox = new Sandbox();
    const columns = `${PATIENT_COLUMNS}|ssn`;
    await sandbox.load({ patients: { 'p.txt': miis(columns, `${ANNA}|`) } });
    const { totals } = await sandbox.load({ patients: { 'p.txt': miis(columns, `${ANNA}|212098765`) } });
    expect(totals.patient).toMatchObject({ merged: 1, duplicate: 0 });
    const checks = sandbox.query('SELECT ssn, ssn_check IS NOT NULL AS checked FROM patients');
    expect(checks).toEqual([{ ssn: null, checked: 1 }]);
  });

  test('in another spec goes the same way', async () => {
    using sandbox = new Sandbox();
    const row = (role: 'patient' | 'immunization', values: Record<string, string>): string =>
      `${toLine(toCells(values, role, GRITS), GRITS.layouts[role])}\r\n`;
    expect(headerLine(GRITS.layouts.patient)).toBeNull();
    const summary = await sandbox.load({
      spec: GRITS,
      site: 'GA01',
      patients: {
        'client.txt':
          row('patient', {
            source_patient_id: '1',
            last_name: 'Smith',
            first_name: 'Anna',
            birth_date: '2015-05-04',
            sex: 'F',
            race: '2106-3',
            sharing_objection: 'Y',
          }) + row('patient', { source_patient_id: '2', last_name: 'Jones', birth_date: '2016-06-12' }),
      },
      immunizations: {
        'shots.txt': row('immunization', {
          source_patient_id: '1',
          administered_on: '2016-05-05',
          cpt: '90707',
          information_source: '01',
        }),
      },
    });
    expect(summary.totals.patient).toMatchObject({ loaded: 1, rejected: 1 });
    expect(summary.issues).toHaveProperty('first-name-missing.severity', 'error');
    expect(sandbox.query('SELECT race, sharing_objection FROM patients')).toEqual([
      { race: '2106-3', sharing_objection: 'Y' },
    ]);
    expect(sandbox.query('SELECT site_id, cvx, cpt FROM immunizations')).toEqual([
      { site_id: 'GA01', cvx: '03', cpt: '90707' },
    ]);
  });
});

describe('every record has exactly one fate', () => {
  test('and the tables hold exactly those rows', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({
      patients: patients(ANNA, BEN, ANNA, 'F1|3|SMITH|ANNA|05/04/2015|F', 'F1|4||Carl|20100101|M', '|||||'),
      immunizations: doses(
        'F1|1|v1|03|20160505|00|MSD|AB1234',
        'F1|3|v2|03|20160505|01||',
        'F1|3|v3|03|20160505|01|MSD|AB1234',
        'F1|4|v4|03|20160505|01||',
        'F1|9|v5|03|20160505|01||',
        'F1|2|v6|20|20160101|01||',
        '|||||||',
      ),
    });
    const [patientFile, doseFile] = summary.files;
    expect(patientFile).toMatchObject({ records: 6, loaded: 2, merged: 1, duplicate: 1, rejected: 1, skipped: 1 });
    expect(doseFile).toMatchObject({ records: 7, loaded: 1, merged: 0, duplicate: 2, rejected: 3, skipped: 1 });
    for (const file of summary.files) {
      expect(file.loaded + file.merged + file.duplicate + file.rejected + file.skipped).toBe(file.records);
    }
    expect(sandbox.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 2 }]);
    expect(sandbox.query('SELECT count(*) AS n FROM patient_sources')).toEqual([{ n: 4 }]);
    expect(sandbox.query('SELECT count(*) AS n FROM immunizations')).toEqual([{ n: 1 }]);
    expect(
      sandbox.query('SELECT line, source_immunization_id, immunization_id, reason FROM immunization_duplicates'),
    ).toEqual([
      { line: 3, source_immunization_id: 'v2', immunization_id: 1, reason: 'same vaccine and date (row 2)' },
      { line: 4, source_immunization_id: 'v3', immunization_id: 1, reason: 'same vaccine and date (row 2)' },
    ]);
    const issues = await sandbox.report(summary.folder, 'issues.csv');
    expect(
      issues.filter(({ severity }) => severity === 'error').map(({ code, line, fate }) => [code, line, fate]),
    ).toEqual([
      ['last-name-missing', '6', 'rejected'],
      ['patient-rejected', '5', 'rejected'],
      ['patient-not-found', '6', 'rejected'],
      ['dose-date-before-birth', '7', 'rejected'],
    ]);
  });
});

describe('merging', () => {
  test('the fuller record wins, field by field, and blanks are filled', async () => {
    using sandbox = new Sandbox();
    const columns =
      'facility_id|patient_id|last_name|first_name|middle_name|birth_date|sex|phone|street|city|zip|state';
    await sandbox.load({
      patients: {
        'p.txt': miis(
          columns,
          'F1|1|Smith|Anna||20150504|F|6175550111||||',
          'F1|2|SMITH|ANNA|Bee|20150504||6175550122|1 Oak St|Boston|02118|MA',
        ),
      },
    });
    expect(sandbox.query('SELECT last_name, middle_name, sex, phone, street, city FROM patients')).toEqual([
      { last_name: 'Smith', middle_name: 'Bee', sex: 'F', phone: '6175550122', street: '1 Oak St', city: 'Boston' },
    ]);
    expect(sandbox.query('SELECT count(*) AS n FROM patient_parts')).toEqual([{ n: 2 }]);
  });

  test('a sharing objection survives every merge, in either order and against the store', async () => {
    const columns =
      'facility_id|patient_id|last_name|first_name|birth_date|sharing_objection|phone|street|city|state|zip';
    const objects = 'F1|1|Smith|Anna|20150504|Y|||||';
    const fuller = 'F1|2|Smith|Anna|20150504|N|6175550111|1 Oak St|Boston|MA|02118';
    for (const rows of [
      [objects, fuller],
      [fuller, objects],
    ]) {
      using together = new Sandbox();
      await together.load({ patients: { 'p.txt': miis(columns, ...rows) } });
      expect(together.query('SELECT sharing_objection, phone FROM patients')).toEqual([
        { sharing_objection: 'Y', phone: '6175550111' },
      ]);
      using apart = new Sandbox();
      for (const row of rows) await apart.load({ patients: { 'p.txt': miis(columns, row) } });
      expect(apart.query('SELECT sharing_objection, phone FROM patients')).toEqual([
        { sharing_objection: 'Y', phone: '6175550111' },
      ]);
    }
  });

  test('a file of another site only fills blanks: an old address never replaces a newer one', async () => {
    using sandbox = new Sandbox();
    const columns = 'facility_id|patient_id|last_name|first_name|birth_date|phone|street|city|state|zip|email';
    await sandbox.load({ patients: { 'p.txt': miis(columns, 'F1|1|Smith|Anna|20150504||5 New St|Quincy|MA|02169|') } });
    await sandbox.load({
      patients: {
        'p.txt': miis(columns, 'F2|77|Smith|Anna|20150504|6175550111|1 Old St|Boston|MA|02118|anna@mail.example'),
      },
    });
    expect(sandbox.query('SELECT street, city, zip, phone, email FROM patients')).toEqual([
      { street: '5 New St', city: 'Quincy', zip: '02169', phone: '6175550111', email: 'anna@mail.example' },
    ]);
  });

  test('a dose that another record says more about gains what it lacked', async () => {
    using sandbox = new Sandbox();
    await sandbox.load({ patients: patients(ANNA), immunizations: doses('F1|1|v1|03|20160505|01||') });
    const second = await sandbox.load({ immunizations: doses('F1|1|v9|03|05/05/2016|00|MSD|AB1234') });
    expect(second.totals.immunization).toMatchObject({ loaded: 0, merged: 1 });
    expect(
      sandbox.query('SELECT cvx, mvx, lot_number, information_source, source_immunization_id FROM immunizations'),
    ).toEqual([
      { cvx: '03', mvx: 'MSD', lot_number: 'AB1234', information_source: '00', source_immunization_id: 'v1' },
    ]);
  });

  test('a refusal is not the same as a dose', async () => {
    using sandbox = new Sandbox();
    const columns = 'facility_id|patient_id|cvx|admin_date|completion_status|refusal_reason';
    const summary = await sandbox.load({
      patients: patients(ANNA),
      immunizations: { 'd.txt': miis(columns, 'F1|1|03|20160505|RE|00', 'F1|1|03|20160505|CP|') },
    });
    expect(summary.totals.immunization).toMatchObject({ loaded: 2, duplicate: 0 });
  });

  test('what may be one person or two is left to a reviewer', async () => {
    using sandbox = new Sandbox();
    const columns = 'facility_id|patient_id|last_name|first_name|birth_date|sex|suffix';
    const summary = await sandbox.load({
      matchModel: 'exact',
      patients: {
        'p.txt': miis(
          columns,
          'F1|1|Smith|Alex|20150504|F|',
          'F1|2|Smith|Alex|20150504|M|',
          'F1|3|Smith|Alex|20150504||',
          'F1|4|Jones|Carl|19600101|M|SR',
          'F1|5|Jones|Carl|19600101|M|JR',
        ),
      },
    });
    expect(summary.patients).toEqual({ new: 5, merged: 0, review: 3 });
    const review = await sandbox.report(summary.folder, 'review.csv');
    expect(review.map(({ line_a, line_b, reason }) => [line_a, line_b, reason])).toEqual([
      ['2', '4', 'same name and birth date; fits another person as well'],
      ['3', '4', 'same name and birth date; fits another person as well'],
      ['2', '3', 'same name and birth date; other sex'],
    ]);
    expect(sandbox.query('SELECT count(*) AS n FROM match_reviews')).toEqual([{ n: 3 }]);
  });

  test('an id that stands for two persons keeps both out, and their doses', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({
      patients: patients('F1|7|Jones|Ann|20100102|F', 'F1|7|Brown|Karl|19990102|M', ANNA),
      immunizations: doses('F1|7|v1|03|20160505|01||', 'F1|1|v2|03|20160505|01||'),
    });
    expect(summary.totals.patient).toMatchObject({ loaded: 1, rejected: 2 });
    expect(summary.totals.immunization).toMatchObject({ loaded: 1, rejected: 1 });
    const again = await sandbox.load({ patients: patients('F1|1|Unrelated|Person|19700101|M') });
    expect(again.totals.patient).toMatchObject({ loaded: 0, rejected: 1 });
    const issues = await sandbox.report(again.folder, 'issues.csv');
    expect(issues.find(({ code }) => code === 'patient-id-conflict')?.message).toContain('in the registry');
  });
});

describe('loading again', () => {
  const submission = {
    patients: patients(ANNA, BEN, 'F1|3|SMITH|ANNA|05/04/2015|'),
    immunizations: doses('F1|1|v1|03|20160505|00|MSD|AB1234', 'F1|3|v2|03|20160505|01||', 'F1|2|v3|20|20170101|01||'),
  };

  test('the same submission twice leaves one set of patients and doses, and says so', async () => {
    using sandbox = new Sandbox();
    await sandbox.load(submission);
    const before = contentOf(sandbox);
    const second = await sandbox.load(submission);
    const after = contentOf(sandbox);
    expect(after['patients']).toEqual(before['patients']);
    expect(after['immunizations']).toEqual(before['immunizations']);
    expect(second.totals.patient).toMatchObject({ records: 3, loaded: 0, merged: 0, duplicate: 3 });
    expect(second.totals.immunization).toMatchObject({ records: 3, loaded: 0, merged: 0, duplicate: 3 });
    expect(second.files.map((file) => file.loaded_before?.run)).toEqual([1, 1]);
    expect(second.patients).toEqual({ new: 0, merged: 0, review: 0 });
  });

  test('patients and immunizations in two runs give the same tables as in one', async () => {
    using together = new Sandbox();
    await together.load(submission);
    using apart = new Sandbox();
    await apart.load({ patients: submission.patients });
    await apart.load({ immunizations: submission.immunizations });
    expect(contentOf(apart)).toEqual(contentOf(together));
  });

  test('a new submission adds to what is there', async () => {
    using sandbox = new Sandbox();
    await sandbox.load({ patients: patients(ANNA), immunizations: doses('F1|1|v1|03|20160505|01||') });
    const second = await sandbox.load({
      patients: patients('F2|9|Smith|Anna|20150504|F', BEN),
      immunizations: doses('F2|9|v1|03|20160505|01||', 'F2|9|v2|21|20160505|01||', 'F1|2|v3|20|20170101|01||'),
    });
    expect(second.patients).toMatchObject({ new: 1, merged: 1 });
    expect(second.totals.immunization).toMatchObject({ loaded: 2, duplicate: 1 });
    expect(sandbox.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 2 }]);
    expect(sandbox.query('SELECT patient_id, cvx FROM immunizations ORDER BY id')).toEqual([
      { patient_id: 1, cvx: '03' },
      { patient_id: 1, cvx: '21' },
      { patient_id: 2, cvx: '20' },
    ]);
  });

  test('two sites may give their patients the same id, one after the other in a file', async () => {
    using sandbox = new Sandbox();
    await sandbox.load({ patients: patients('F2|1|Jones|Ben|20160612|M') });
    const summary = await sandbox.load({
      patients: patients(ANNA),
      immunizations: doses('F1|1|v1|03|20170505|01||', 'F2|1|v2|03|20170506|01||'),
    });
    expect(summary.totals.immunization).toMatchObject({ loaded: 2, rejected: 0 });
    expect(
      sandbox.query('SELECT last_name, administered_on FROM immunizations JOIN patients p ON p.id = patient_id'),
    ).toEqual([
      { last_name: 'Smith', administered_on: '2017-05-05' },
      { last_name: 'Jones', administered_on: '2017-05-06' },
    ]);
  });

  test('never holds the stored doses of more than some hundred patients', async () => {
    using sandbox = new Sandbox();
    const ids = Array.from({ length: 1200 }, (_, i) => String(i));
    const name = (id: string): string => [...id].map((digit) => 'abcdefghij'[Number(digit)]).join('');
    const dosesIn = (year: number): Record<string, string> =>
      doses(...ids.map((id) => `F1|${id}|v${year}-${id}|03|${year}0505|01||`));
    await sandbox.load({
      matchModel: 'exact',
      patients: patients(...ids.map((id) => `F1|${id}|Smith|Anna${name(id)}|20150504|F`)),
      immunizations: dosesIn(2016),
    });
    const readDoses = vi.spyOn(SqliteStore.prototype, 'readDoses');
    try {
      const summary = await sandbox.load({ immunizations: dosesIn(2017) });
      expect(summary.totals.immunization).toMatchObject({ loaded: 1200 });
      expect(readDoses.mock.calls.flatMap(([patientIds]) => patientIds).length).toBe(1200);
      expect(Math.max(...readDoses.mock.calls.map(([patientIds]) => patientIds.length))).toBeLessThanOrEqual(500);
    } finally {
      readDoses.mockRestore();
    }
  });

  test('doses come back to a patient who is known under another id, whatever the order of the file', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({
      patients: patients(ANNA, BEN, 'F1|3|Smith|Anna|20150504|F'),
      immunizations: doses(
        'F1|1|v1|03|20160505|01||',
        'F1|2|v2|20|20170101|01||',
        'F1|3|v3|03|20160505|01||',
        'F1|3|v4|21|20160505|01||',
        'F1|1|v5|20|20150804|01||',
      ),
    });
    expect(summary.totals.immunization).toMatchObject({ loaded: 4, duplicate: 1 });
    expect(sandbox.query('SELECT patient_id, cvx FROM immunizations ORDER BY 1, 2')).toEqual([
      { patient_id: 1, cvx: '03' },
      { patient_id: 1, cvx: '20' },
      { patient_id: 1, cvx: '21' },
      { patient_id: 2, cvx: '20' },
    ]);
  });
});

describe('validate', () => {
  const dirty = {
    patients: patients(
      ANNA,
      BEN,
      'F1|3|SMITH|ANNA|05/04/2015|',
      'F1|4||Carl|20100101|M',
      'F1|5|"Unclosed|Bo|20100101|M',
    ),
    immunizations: doses('F1|1|v1|3|20160505|00|MSD|', 'F1|3|v2|03|20160505|01||', 'F1|8|v3|20|20170101|01||'),
  };

  test('finds the same issues as load, byte for byte, and touches no database', async () => {
    using sandbox = new Sandbox();
    const validated = await sandbox.load({ ...dirty, mode: 'validate' });
    expect(existsSync(sandbox.database)).toBe(false);
    expect(validated.run).toBeNull();
    const loaded = await sandbox.load(dirty);
    for (const name of ['issues.csv', 'changes.csv', 'rejects/patients.txt', 'rejects/doses.txt']) {
      expect(readFileSync(join(validated.folder, name), 'utf8'), name).toBe(
        readFileSync(join(loaded.folder, name), 'utf8'),
      );
    }
    expect(validated.totals).toEqual(loaded.totals);
  });

  test('leaves nothing but the report', async () => {
    using sandbox = new Sandbox();
    await sandbox.load({ ...dirty, mode: 'validate' });
    expect(sandbox.files()).toEqual([
      'input-1/doses.txt',
      'input-1/patients.txt',
      'report-1/README.txt',
      'report-1/changes.csv',
      'report-1/issues.csv',
      'report-1/rejects/doses.txt',
      'report-1/rejects/patients.txt',
      'report-1/summary.json',
    ]);
  });

  test('a dry run compares with the registry and writes nothing to it', async () => {
    using sandbox = new Sandbox();
    await sandbox.load({ patients: patients(ANNA), immunizations: doses('F1|1|v1|03|20160505|01||') });
    const before = readFileSync(sandbox.database);
    const next = {
      patients: patients('F2|9|Smith|Anna|20150504|F', BEN),
      immunizations: doses('F2|9|v1|03|20160505|00|MSD|AB1234', 'F1|1|v2|21|20160505|01||', 'F1|2|v3|20|20170101|01||'),
    };
    const dry = await sandbox.load({ ...next, mode: 'dry-run' });
    expect(readFileSync(sandbox.database).equals(before)).toBe(true);
    const real = await sandbox.load(next);
    expect(dry.totals).toEqual(real.totals);
    expect(dry.patients).toEqual(real.patients);
    expect(readFileSync(join(dry.folder, 'issues.csv'), 'utf8')).toBe(
      readFileSync(join(real.folder, 'issues.csv'), 'utf8'),
    );
  });

  test('a dry run of what was loaded says that it was', async () => {
    using sandbox = new Sandbox();
    await sandbox.load(dirty);
    const dry = await sandbox.load({ ...dirty, mode: 'dry-run' });
    expect(dry.files.map((file) => file.loaded_before?.run)).toEqual([1, 1]);
    expect(dry.totals.patient).toMatchObject({ duplicate: 3, loaded: 0 });
  });
});

describe('reports', () => {
  test('are a folder and files that only their owner can read', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({ patients: patients(ANNA, 'F1|4||Carl|20100101|M') });
    expect(statSync(summary.folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(summary.folder, 'rejects')).mode & 0o777).toBe(0o700);
    for (const entry of readdirSync(summary.folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) expect(statSync(join(entry.parentPath, entry.name)).mode & 0o777, entry.name).toBe(0o600);
    }
    expect(statSync(sandbox.database).mode & 0o777).toBe(0o600);
  });

  test('cells that a spreadsheet would run are made safe where people read, and untouched where they are loaded again', async () => {
    using sandbox = new Sandbox();
    const columns = 'facility_id|patient_id|last_name|first_name|birth_date|zip';
    const row = 'F1|1|=cmd()|Anna|20150532|@SUM(1)';
    const summary = await sandbox.load({ patients: { 'p.txt': miis(columns, row) } });
    const issues = await sandbox.report(summary.folder, 'issues.csv');
    expect(issues.find(({ code }) => code === 'name-characters')?.value).toBe("'=cmd()");
    expect(issues.find(({ code }) => code === 'zip-invalid')?.value).toBe("'@SUM(1)");
    expect(readFileSync(join(summary.folder, 'rejects', 'p.txt'), 'utf8')).toContain(`\n${row}|`);
  });

  test('say how issues were capped, and count them all', async () => {
    using sandbox = new Sandbox();
    const rows = Array.from({ length: 30 }, (_, i) => `F1|${i}|Name${String.fromCharCode(65 + i)}|Anna|20150504|Q`);
    const summary = await sandbox.load({ patients: patients(...rows), maxIssuesPerCode: 7 });
    expect(summary.issues['sex-unrecognized']).toMatchObject({ count: 30, rows: 7 });
    const issues = await sandbox.report(summary.folder, 'issues.csv');
    expect(issues.filter(({ code }) => code === 'sex-unrecognized')).toHaveLength(7);
  });

  test('tell what was changed, before and after', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({
      patients: patients('F1|1|smith|ANNA|05/04/2015|female', 'F1|2|Jones|Ben|05/04/2015|M'),
    });
    const changes = await sandbox.report(summary.folder, 'changes.csv');
    expect(
      changes.map(({ field, received, loaded, count, first_line }) => [field, received, loaded, count, first_line]),
    ).toEqual([
      ['last_name', 'smith', 'Smith', '1', '2'],
      ['birth_date', '05/04/2015', '2015-05-04', '2', '2'],
      ['sex', 'female', 'F', '1', '2'],
    ]);
    expect(summary.changes).toMatchObject({ 'patient.birth_date': 2 });
  });

  test('name the code tables and their days', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({ patients: patients(ANNA) });
    expect(summary.code_tables).toMatchObject({ cvx: '2025-10-12', mvx: '2024-12-06' });
    expect(JSON.parse(String(sandbox.query('SELECT code_tables FROM runs')[0]!['code_tables']))).toEqual(
      summary.code_tables,
    );
  });

  test('a report never replaces another', async () => {
    using sandbox = new Sandbox();
    await sandbox.load({ patients: patients(ANNA), report: sandbox.path('out') });
    await expect(sandbox.load({ patients: patients(ANNA), report: sandbox.path('out') })).rejects.toMatchObject({
      code: 'report',
      message: expect.stringContaining('is not empty'),
    });
  });
});

describe('when a run does not come to its end', () => {
  test('nothing of it stays in the database, and no report', async () => {
    using sandbox = new Sandbox();
    await sandbox.load({ patients: patients(ANNA), immunizations: doses('F1|1|v1|03|20160505|01||') });
    const before = contentOf(sandbox);
    const controller = new AbortController();
    const rows = Array.from(
      { length: 30_000 },
      (_, i) => `F1|1|x${i}|20|2016${String(1 + (i % 12)).padStart(2, '0')}15|00|SKB|L${i}`,
    );
    const failing = sandbox.load({
      patients: patients('F2|1|Smith|Anna|20150504|', BEN),
      immunizations: doses('F1|1|v2|03|20160505|00|MSD|AB1234', ...rows),
      signal: controller.signal,
      onProgress: ({ stage }) => {
        if (stage === 'reading immunizations') controller.abort();
      },
    });
    await expect(failing).rejects.toMatchObject({ name: 'AbortError' });
    expect(contentOf(sandbox)).toEqual(before);
    expect(sandbox.query('SELECT id, status FROM runs ORDER BY id')).toEqual([
      { id: 1, status: 'completed' },
      { id: 2, status: 'failed' },
    ]);
    for (const table of ['patient_parts', 'immunization_parts', 'before_images', 'match_reviews']) {
      expect(sandbox.query(`SELECT count(*) AS n FROM ${table}`)).toEqual([{ n: 0 }]);
    }
    expect(sandbox.files().filter((name) => name.includes('unfinished') || name.startsWith('report-2'))).toEqual([]);
  });

  test('what it changed in patients of the store is restored', async () => {
    using sandbox = new Sandbox();
    const columns = 'facility_id|patient_id|last_name|first_name|birth_date|phone';
    await sandbox.load({ patients: { 'p.txt': miis(columns, 'F1|1|Smith|Anna|20150504|') } });
    const before = contentOf(sandbox);
    const failing = sandbox.load({
      patients: { 'p.txt': miis(columns, 'F1|2|Smith|Anna|20150504|6175550111') },
      immunizations: doses('F1|1|v1|03|20160505|01||', 'F1|8|v1|03|20160505|01||'),
      rejectLimit: { count: 0 },
    });
    await expect(failing).rejects.toMatchObject({ code: 'too-many-rejects' });
    expect(contentOf(sandbox)).toEqual(before);
  });

  test('a number of rejects is counted over all files', async () => {
    using sandbox = new Sandbox();
    const submission = {
      patients: patients(ANNA, 'F1|2|Jones|Ben||M'),
      immunizations: doses('F1|8|v1|03|20170505|01||', 'F1|9|v2|03|20170506|01||'),
    };
    await expect(sandbox.load({ ...submission, rejectLimit: { count: 2 } })).rejects.toThrow('more than 2');
    expect((await sandbox.load({ ...submission, rejectLimit: { count: 3 } })).totals.immunization.rejected).toBe(2);
  });

  test('too many rejects, as a number or a share', async () => {
    using sandbox = new Sandbox();
    const rows = [ANNA, BEN, 'F1|3||Carl|20100101|M'];
    await expect(sandbox.load({ patients: patients(...rows), rejectLimit: { percent: 30 } })).rejects.toThrow('30 %');
    await expect(sandbox.load({ patients: patients(...rows), rejectLimit: { count: 0 } })).rejects.toThrow(
      'more than 0',
    );
    expect(sandbox.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 0 }]);
    const summary = await sandbox.load({ patients: patients(...rows), rejectLimit: { percent: 34 } });
    expect(summary.totals.patient.rejected).toBe(1);
  });
});

test('a file whose line does not end is refused by its line, and nothing of it stays behind', async () => {
  using sandbox = new Sandbox();
  const endless = Buffer.concat([Buffer.from(miis(PATIENT_COLUMNS, ANNA)), Buffer.alloc(66 << 20, 'a')]);
  const loading = sandbox.load({ patients: { 'patients.txt': endless } });
  await expect(loading).rejects.toThrow(/patients\.txt: line 3 is longer than 64 MB; check its line ends and quotes/);
  expect(sandbox.query('SELECT status FROM runs')).toEqual([{ status: 'failed' }]);
  expect(sandbox.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 0 }]);
});

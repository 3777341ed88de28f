/** The crosswalk: what nobody understood is collected, a person decides, and the same files load. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { completeSpec } from '../../src/core/spec.js';
import { readVaccineMap } from '../../src/core/vaccine-map.js';
import { headerLine, toLine } from '../../src/core/write.js';
import { loadMap } from '../../src/files/maps.js';
import { CODES, TODAY } from '../support/fixtures.js';
import { miis, Sandbox } from '../support/sandbox.js';
import { smallestCombined } from '../support/small-spec.js';

const PATIENTS = miis(
  'facility_id|patient_id|last_name|first_name|birth_date',
  'F1|1|Smith|Anna|20050504',
  'F1|2|Osei|Kwame|20010611',
  'F1|3|Chen|Mei|20031123',
);
const COLUMNS = 'facility_id|patient_id|vaccination_id|admin_date|cvx|cpt|vaccine_name';
const DOSES = miis(
  COLUMNS,
  'F1|1|V1|20060516|LOC12||',
  'F1|1|V2|20060516|10||',
  'F1|1|V3|20080610||90713|',
  'F1|2|V4|20020716|loc12||',
  'F1|2|V5|20020716|10||',
  'F1|2|V6|20020716|17||',
  'F1|3|V7|20090505|||Boostrx',
  'F1|3|V8|20090505|LOC12||=house mix',
  'F1|3|V9|20110505||90471|',
  'F1|9|V10|20010505|LOC12||',
  'F1|3|V11||LOC12||',
);
const INPUT = { patients: { 'p.txt': PATIENTS }, immunizations: { 'd.txt': DOSES } };

type Row = Record<string, string>;

/** Writes rows as a person would save them: some cells filled in. */
function complete(path: string, rows: readonly Row[], cvx: Readonly<Record<string, string>>): void {
  const decided = rows.map((row) => {
    const code = cvx[row['value']!];
    return code === undefined
      ? row
      : { ...row, cvx: code, author: 'R. Bellamy', date: '2026-06-30', evidence: 'price list of 2009' };
  });
  const lines = decided.map((row) =>
    Object.values(row)
      .map((cell) => `"${cell.replaceAll('"', '""')}"`)
      .join(','),
  );
  writeFileSync(path, `${[Object.keys(rows[0]!).join(','), ...lines].join('\n')}\n`);
}

describe('what nobody understood', () => {
  test('is grouped with counts, years, neighbours and candidates', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({ ...INPUT, mode: 'validate' });
    expect(summary.unmapped).toBe(3);
    expect(summary.map).toBeNull();
    expect(await sandbox.report(summary.folder, 'unmapped.csv')).toEqual([
      {
        field: 'cvx', value: 'LOC12', cvx: '', author: '', date: '', evidence: '', count: '5', first_year: '2001',
        last_year: '2009', beside: '10 in 2, 17 in 1', candidates: '',
      },
      {
        field: 'vaccine_name', value: "'=house mix", cvx: '', author: '', date: '', evidence: '', count: '1',
        first_year: '2009', last_year: '2009', beside: '', candidates: '',
      },
      {
        field: 'vaccine_name', value: 'Boostrx', cvx: '', author: '', date: '', evidence: '', count: '1',
        first_year: '2009', last_year: '2009', beside: '', candidates: '115 BOOSTRIX 0.88',
      },
    ]); // biome-ignore format: a table
  });

  test('is the same whatever the size of blocks and batches', async () => {
    using sandbox = new Sandbox();
    const whole = await sandbox.load({ ...INPUT, mode: 'validate' });
    const pieces = await sandbox.load({
      ...INPUT,
      mode: 'validate',
      sizes: { chunkBytes: 7, blockBytes: 40, batchRows: 1, sortCharacters: 100 },
    });
    const read = (folder: string): string => readFileSync(join(folder, 'unmapped.csv'), 'utf8');
    expect(read(pieces.folder)).toBe(read(whole.folder));
  });

  test('is nothing where everybody is understood', async () => {
    using sandbox = new Sandbox();
    const immunizations = { 'd.txt': miis(COLUMNS, 'F1|1|V1|20060516|03||the usual') };
    const summary = await sandbox.load({ ...INPUT, immunizations, mode: 'validate' });
    expect(summary.unmapped).toBe(0);
    expect(await sandbox.report(summary.folder, 'unmapped.csv')).toEqual([]);
  });

  test('is known from the doses of earlier runs, too', async () => {
    using sandbox = new Sandbox();
    const dose = (...rows: string[]): { 'd.txt': string } => ({ 'd.txt': miis(COLUMNS, ...rows) });
    await sandbox.load({ ...INPUT, immunizations: dose('F1|1|V2|20060516|10||') });
    const summary = await sandbox.load({ immunizations: dose('F1|1|V1|20060516|LOC12||'), mode: 'dry-run' });
    expect(await sandbox.report(summary.folder, 'unmapped.csv')).toMatchObject([{ beside: '10 in 1' }]);
  });

  test('is found in records of a patient and doses', async () => {
    using sandbox = new Sandbox();
    const spec = completeSpec(smallestCombined());
    const layout = spec.layouts.immunization;
    const cells: Readonly<Record<string, string>> = {
      source_patient_id: '1',
      last_name: 'Smith',
      birth_date: '05/04/2005',
      administered_on: '05/16/2006',
      cvx: 'LOC12',
    };
    const line = layout.fields.map(
      (column, i) => cells[column.field ?? spec.layouts.patient.fields[i]!.field ?? ''] ?? '',
    );
    const text = `${headerLine(layout)}\n${toLine(line, layout)}\n`;
    const summary = await sandbox.load({ mode: 'validate', spec, site: 'F1', files: { 'all.txt': text } });
    expect(await sandbox.report(summary.folder, 'unmapped.csv')).toMatchObject([
      { value: 'LOC12', count: '3', first_year: '2006' },
    ]);
  });
});

describe('a report that a person has completed is a map', () => {
  test('and the same files load with it', async () => {
    using sandbox = new Sandbox();
    const first = await sandbox.load(INPUT);
    expect(first.totals.immunization).toMatchObject({ loaded: 4, rejected: 7 });

    const path = sandbox.path('map.csv');
    complete(path, await sandbox.report(first.folder, 'unmapped.csv'), { LOC12: '03', Boostrx: '115' });
    const map = loadMap(path, CODES, TODAY);
    const second = await sandbox.load({ ...INPUT, map });
    expect(second.map).toEqual({ name: 'map.csv', sha256: map.sha256, decisions: 2, unmet_lines: [] });
    // The act of giving, a stranger's dose, and a dose without a day are no matter of the map.
    expect(second.totals.immunization).toMatchObject({ loaded: 4, duplicate: 4, rejected: 3 });
    expect(await sandbox.report(second.folder, 'unmapped.csv')).toEqual([]);

    const issues = await sandbox.report(second.folder, 'issues.csv');
    const mapped = issues.filter(({ code }) => code === 'vaccine-mapped');
    expect(mapped.map(({ severity, line, field, value, message }) => [severity, line, field, value, message])).toEqual([
      ['info', '2', 'cvx', 'LOC12', 'loaded as CVX 03, as R. Bellamy decided on 2026-06-30'],
      ['info', '5', 'cvx', 'loc12', 'loaded as CVX 03, as R. Bellamy decided on 2026-06-30'],
      ['info', '8', 'vaccine_name', 'Boostrx', 'loaded as CVX 115, as R. Bellamy decided on 2026-06-30'],
      ['info', '9', 'cvx', 'LOC12', 'loaded as CVX 03, as R. Bellamy decided on 2026-06-30'],
      ['info', '11', 'cvx', 'LOC12', 'loaded as CVX 03, as R. Bellamy decided on 2026-06-30'],
      ['info', '12', 'cvx', 'LOC12', 'loaded as CVX 03, as R. Bellamy decided on 2026-06-30'],
    ]);
    const doses = sandbox.query('SELECT source_immunization_id AS id, cvx FROM immunizations ORDER BY id');
    expect(doses.map(({ id, cvx }) => `${id} ${cvx}`)).toEqual([
      'V1 03', 'V2 10', 'V3 10', 'V4 03', 'V5 10', 'V6 17', 'V7 115', 'V8 03',
    ]); // biome-ignore format: a list
    const runs = sandbox
      .query('SELECT code_tables FROM runs ORDER BY id')
      .map((run) => JSON.parse(String(run['code_tables'])));
    expect(runs.map((tables) => tables.map)).toEqual([undefined, `map.csv ${map.sha256}`]);
  });

  test('value by value, as it was received: a spreadsheet runs none of them', async () => {
    using sandbox = new Sandbox();
    const immunizations = { 'd.txt': miis(COLUMNS, 'F1|1|V1|20060516|||=house mix', 'F1|1|V2|20070516|||-B') };
    const first = await sandbox.load({ ...INPUT, immunizations, mode: 'validate' });
    const rows = await sandbox.report(first.folder, 'unmapped.csv');
    expect(rows.map(({ value }) => value)).toEqual(["'-B", "'=house mix"]);
    const path = sandbox.path('map.csv');
    complete(path, rows, { "'=house mix": '94', "'-B": '08' });
    const second = await sandbox.load({ ...INPUT, immunizations, map: loadMap(path, CODES, TODAY) });
    expect(second.totals.immunization).toMatchObject({ loaded: 2, rejected: 0 });
  });

  test('whatever a spreadsheet saves it as', () => {
    using sandbox = new Sandbox();
    const text = 'value,cvx,author,date,evidence\nMMR für Kinder,03,RB,2026-06-30,gefragt\n';
    const written: Readonly<Record<string, Uint8Array>> = {
      utf8: Buffer.from(text),
      mark: Buffer.from(`\ufeff${text}`),
      utf16: Buffer.from(`\ufeff${text}`, 'utf16le'),
      utf16be: Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
      windows: Buffer.from(text, 'latin1'),
    };
    for (const [name, bytes] of Object.entries(written)) {
      const { map } = loadMap(sandbox.write(`${name}.csv`, bytes), CODES, TODAY);
      expect(map.find('vaccine_name', 'mmr FÜR kinder'), name).toMatchObject({ cvx: '03', author: 'RB' });
    }
  });
});

describe('a decision that no record met is told', () => {
  test.each([0, 2])('with its line, by %i threads, and in the next run again', async (threads) => {
    using sandbox = new Sandbox();
    const { map, problems } = readVaccineMap(
      [
        'field,value,cvx,author,date,evidence',
        'cvx,LOC12,03,RB,2026-06-30,asked',
        'cvx,LOC21,03,RB,2026-06-30,asked',
        'vaccine_name,"a line,',
        'and another",03,RB,2026-06-30,asked',
        'vaccine_name,boostrx,115,RB,2026-06-30,asked',
      ].join('\n'),
      CODES,
      TODAY,
    );
    expect(problems).toEqual([]);
    const loaded = { map: map!, name: 'map.csv', sha256: '0' };
    for (const run of [1, 2]) {
      const summary = await sandbox.load({ ...INPUT, map: loaded, threads, mode: 'validate' });
      expect(summary.map, `run ${run}`).toMatchObject({ decisions: 4, unmet_lines: [3, 4] });
    }
    const none = await sandbox.load({
      ...INPUT,
      immunizations: { 'd.txt': miis(COLUMNS, 'F1|1|V1|20060516|03||') },
      map: loaded,
      threads,
      mode: 'validate',
    });
    expect(none.map).toMatchObject({ unmet_lines: [2, 3, 4, 6] });
  });
});

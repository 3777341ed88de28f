/** Rules of columns in specifications of all kinds: two files, fixed width, several doses in a record. */
import { describe, expect, test } from 'vitest';
import type { ColumnRule } from '../../src/core/column-rule.js';
import type { Layout, Spec } from '../../src/core/spec.js';
import { FIXED_WIDTH, SEVERAL_DOSES, TWO_FILES } from '../support/ruled-specs.js';
import { Sandbox, type SandboxLoad } from '../support/sandbox.js';

const P_HEADER = 'id,last,born,joined,minor,guardian,state,phone,best time';
const D_HEADER = 'id,given,cvx,dose id,arm,kind';
const lines = (...rows: string[]): string => `${rows.join('\n')}\n`;

/** What is found, as `file:line column code value`, and what became of the records. */
async function run(options: SandboxLoad): Promise<{ found: string[]; fates: Record<string, number>[] }> {
  using sandbox = new Sandbox();
  const summary = await sandbox.load({ site: 'F1', mode: 'validate', ...options });
  const issues = await sandbox.report(summary.folder, 'issues.csv');
  return {
    found: issues.map((issue) => {
      const { file, line, field, code, value } = issue as Record<string, string>;
      return [`${file}:${line}`, ...[field, code, value].filter((each) => each !== '')].join(' ');
    }),
    fates: summary.files.map(({ loaded, duplicate, merged, rejected, skipped }) => {
      return { loaded: loaded + merged + duplicate, rejected, skipped };
    }),
  };
}

describe('in two files', () => {
  const spec = TWO_FILES;
  const patients = (...rows: string[]): SandboxLoad => ({ spec, patients: { 'p.csv': lines(P_HEADER, ...rows) } });

  test('nothing is found where nothing is wrong', async () => {
    const { found, fates } = await run({
      ...patients(
        'P-1,Walsh,05/14/2015,06/01/2015,Yes,Walsh,MA,6175550123,',
        'P-2,"Osei, K.",03/09/1948,,no,,,,evenings',
      ),
      immunizations: {
        'd.csv': lines(D_HEADER, 'P-1,05/16/2016,03,D1,left arm,shot', 'P-1,05/17/2016,20,,LEFT ARM,Shot'),
      },
    });
    expect(found).toEqual([]);
    expect(fates).toEqual([
      { loaded: 2, rejected: 0, skipped: 0 },
      { loaded: 2, rejected: 0, skipped: 0 },
    ]);
  });

  test.each<[string, string, string[]]>([
    ['a form', 'X1,Walsh,05/14/2015,,No,,,,', ['id value-form-wrong X1']],
    ['a value that is required', 'P-1,Walsh,05/14/2015,,,,,,', ['minor required-value-missing']],
    ['a word for no value', 'P-1,Walsh,05/14/2015,,N/A,,,,', ['minor required-value-missing']],
    ['a value that is required of some', 'P-1,Walsh,05/14/2015,,Yes,,,,', ['guardian value-required-if']],
    ['a value of no set', 'P-1,Walsh,05/14/2015,,maybe,,,,', ['minor value-not-in-set maybe']],
    ['a code of no table, once', 'P-1,Walsh,05/14/2015,,No,,XQ,,', ['state value-not-in-set XQ']],
    ['a value without the other', 'P-1,Walsh,05/14/2015,,No,,,6175550123,', ['phone value-needs-another 6175550123']],
    ['a beginning of another state', 'P-1,Walsh,05/14/2015,,No,,NH,6175550123,', ['phone values-disagree 6175550123']],
    ['a state that is not listed', 'P-1,Walsh,05/14/2015,,No,,RI,6175550123,', []],
    ['a value that may not be sent', 'P-1,Walsh,05/14/2015,,yes,Walsh,,,noon', ['best time value-not-to-send noon']],
    ['a value that is too long', 'P-1,Walsh,05/14/2015,,No,,,,afternoon', ['best time value-too-long afternoon']],
    ['a date after another, in the form of its column', 'P-1,Walsh,12/14/2015,02/01/2016,No,,,,', []],
    ['a date after another', 'P-1,Walsh,05/14/2015,05/13/2015,No,,,,', ['born value-after-another 05/14/2015']],
    ['a date without its zeros', 'P-1,Walsh,3/5/2015,,No,,,,', []],
    ['a date with the time of day', 'P-1,Walsh,03/05/2039 10:00,,No,,,,', ['born value-in-future 03/05/2039 10:00']],
    [
      'dates after another, each in its own way',
      'P-1,Walsh,5/14/2015,05/13/2015 08:30,No,,,,',
      ['born value-after-another 5/14/2015'],
    ],
    [
      'what is no date is told as that alone',
      'P-1,Walsh,unknown,05/13/2015,No,,,,',
      ['birth_date birth-date-invalid unknown'],
    ],
    ['what is no date is before and after nothing', 'P-1,Walsh,05/14/2015,once,No,,,,', []],
    ['a date in the future, once', 'P-1,Walsh,07/02/2026,,No,,,,', ['born value-in-future 07/02/2026']],
  ])('%s', async (_, row, expected) => {
    const { found } = await run(patients(row));
    expect(found).toEqual(expected.map((each) => `p.csv:2 ${each}`));
  });

  test('blanks around a value do not count', async () => {
    const { found } = await run(patients(' P-1 ,Walsh,05/14/2015,,  ,,," 6175550123 ", '));
    expect(found).toEqual(['p.csv:2 minor required-value-missing', 'p.csv:2 phone value-needs-another 6175550123']);
  });

  test.each(['ignored', 'kept'] as const)('columns that a record lacks are blank; blanks %s', async (blanks) => {
    const { patient, immunization } = spec.layouts;
    const lacking = { ...patient, shortRows: 'pad', ...(blanks === 'kept' && { blanks, quote: null }) } as Layout;
    const { found, fates } = await run({
      ...patients(
        'P-1,Walsh,05/14/2015',
        'P-2,Walsh,05/14/2016,,No',
        'P-3,Walsh,05/14/2017,,maybe,value-not-in-set,Use one,immload:p.csv:4:4',
      ),
      spec: { ...spec, layouts: { patient: lacking, immunization } },
    });
    expect(found).toEqual([
      'p.csv:2 minor required-value-missing',
      'p.csv:4 minor value-not-in-set maybe',
      'p.csv: row-shorter-than-layout',
    ]);
    expect(fates).toEqual([{ loaded: 1, rejected: 2, skipped: 0 }]);
  });

  test('a kind of record that is not loaded is judged', async () => {
    const { found, fates } = await run(
      patients('P-1,TEST,,,No,,,,', 'P-2,Test,,,maybe,,,,', 'P-3,Walsh,05/14/2015,,No,,,,'),
    );
    expect(found).toEqual(['p.csv:3 minor value-not-in-set maybe', 'p.csv: records-not-loaded']);
    expect(fates).toEqual([{ loaded: 1, rejected: 1, skipped: 1 }]);
  });

  test('an error of a patient rejects its doses; a warning does not', async () => {
    const { found, fates } = await run({
      ...patients('P-1,Walsh,05/14/2015,,maybe,,,,', 'P-2,Osei,03/09/1948,,No,,,6175550123,'),
      immunizations: { 'd.csv': lines(D_HEADER, 'P-1,05/16/2016,03,D1,,shot', 'P-2,05/16/2016,03,D2,,shot') },
    });
    expect(found).toEqual([
      'p.csv:2 minor value-not-in-set maybe',
      'p.csv:3 phone value-needs-another 6175550123',
      'd.csv:2 source_patient_id patient-rejected P-1',
    ]);
    expect(fates).toEqual([
      { loaded: 1, rejected: 1, skipped: 0 },
      { loaded: 1, rejected: 1, skipped: 0 },
    ]);
  });

  test('a field that a rule is told of is not told of again, unless it weighs more', async () => {
    const doses = (row: string, severities: Spec['severities']): SandboxLoad => ({
      ...patients('P-1,Walsh,05/14/2015,,No,,,,'),
      spec: { ...spec, severities },
      immunizations: { 'd.csv': lines(D_HEADER, row) },
    });
    const wrong = 'P-1,2016-05-16,03,D1,,shot';
    expect((await run(doses(wrong, {}))).found).toEqual(['d.csv:2 given value-not-date 2016-05-16']);
    expect((await run(doses(wrong, { 'value-not-date': 'off' }))).found).toEqual([
      'd.csv:2 administered_on dose-date-invalid 2016-05-16',
    ]);
    const { found, fates } = await run(doses(wrong, { 'value-not-date': 'warning' }));
    expect(found).toEqual([
      'd.csv:2 given value-not-date 2016-05-16',
      'd.csv:2 administered_on dose-date-invalid 2016-05-16',
    ]);
    expect(fates[1]).toEqual({ loaded: 0, rejected: 1, skipped: 0 });
  });

  test('a value stands once in a file: each repeat is told, with the line of the first', async () => {
    using sandbox = new Sandbox();
    const rows = Array.from({ length: 400 }, (_, i) => `P-1,05/16/2016,03,${i % 2 === 0 ? `D${i}` : 'same'},,shot`);
    const summary = await sandbox.load({
      ...patients('P-1,Walsh,05/14/2015,,No,,,,'),
      immunizations: { 'd.csv': lines(D_HEADER, ...rows), 'e.csv': lines(D_HEADER, 'P-1,05/17/2016,20,SAME,,shot') },
      site: 'F1',
      mode: 'validate',
      // Each block has a few records only.
      sizes: { blockBytes: 100, chunkBytes: 333 },
    });
    expect(summary.issues).toMatchObject({ 'value-repeated': { severity: 'error', count: 199 } });
    // So many doses of one patient are remarkable as a whole, too.
    const all = await sandbox.report(summary.folder, 'issues.csv');
    const issues = all.filter(({ code }) => code === 'value-repeated');
    expect(issues.every(({ message }) => message === 'stands in an earlier record, too: line 3')).toBe(true);
    expect(issues.map(({ line }) => Number(line))).toEqual(Array.from({ length: 199 }, (_, i) => 2 * i + 5));
    expect(summary.files.map(({ rejected }) => rejected)).toEqual([0, 199, 0]);
  });

  describe('a column that may not repeat for several reasons', () => {
    const asking = (...rules: ColumnRule[]): Spec => {
      const { patient, immunization } = spec.layouts;
      const fields = patient.fields.map((each) => (each.name === 'id' ? { ...each, rules } : each));
      return { ...spec, layouts: { patient: { ...patient, fields } as Layout, immunization } };
    };
    const of = (...ids: string[]): SandboxLoad => patients(...ids.map((id) => `${id},05/14/2015,,No,,,,`));

    test.each<[string, ColumnRule[], string[], string[]]>([
      ['is told once', [{ unique: true }, { unique: true }], ['P-1,Walsh', 'P-2,Walsh', 'P-1,Osei'], ['4 id']],
      ['is told under each name', [{ unique: true, code: 'A' }, { unique: true, code: 'B' }], ['P-1,Walsh', 'P-1,Osei'], ['3 id A', '3 id B']],
      ['is told where one of them is asked of both records', [{ unique: true, when: 'is-test' }, { unique: true, when: 'is-minor' }], ['P-1,Test', 'P-2,Test', 'P-1,Walsh', 'P-1,Test'], ['5 id']],
      ['is told of all records where one is always asked', [{ unique: true, when: 'is-test' }, { unique: true }], ['P-1,Test', 'P-1,Walsh'], ['3 id']],
    ])('%s', async (_, rules, ids, expected) => {
      using sandbox = new Sandbox();
      const summary = await sandbox.load({ ...of(...ids), spec: asking(...rules), site: 'F1', mode: 'validate' });
      const issues = await sandbox.report(summary.folder, 'issues.csv');
      const repeats = issues.filter(({ code }) => code === 'value-repeated');
      expect(repeats.map(({ line, field, message }) => {
        const [documentCode] = /^[AB](?=: )/.exec(message!) ?? [];
        return [line, field, documentCode].filter((each) => each !== undefined).join(' ');
      })).toEqual(expected);
    }); // biome-ignore format: a table
  });

  test('a repeat that is only a warning lets the record in', async () => {
    const { found, fates } = await run({
      ...patients('P-1,Walsh,05/14/2015,,No,,,,', 'P-1,Walsh,05/14/2015,,No,,,,'),
      spec: { ...spec, severities: { 'value-repeated': 'warning' } },
    });
    expect(found).toEqual(['p.csv:3 id value-repeated P-1']);
    expect(fates).toEqual([{ loaded: 2, rejected: 0, skipped: 0 }]);
  });

  test('the document’s code stands before the message, and is counted', async () => {
    using sandbox = new Sandbox();
    const summary = await sandbox.load({
      ...patients('P-1,Walsh,05/14/2015,,Yes,,,,', 'P-1,Walsh,05/14/2015,,maybe,,,,'),
      spec: { ...spec, codes: { 'value-not-in-set': 'S9', 'value-required-if': 'R0', 'column-unknown': 'C1' } },
      site: 'F1',
      mode: 'validate',
    });
    const issues = await sandbox.report(summary.folder, 'issues.csv');
    expect(issues.map(({ message }) => message)).toEqual([
      'G1: no value, which is asked for where minor is yes',
      'S9: not one of the values of answers',
      'stands in an earlier record, too: line 2',
    ]);
    expect(summary.document_codes).toEqual({ G1: 1, S9: 1 });
  });
});

test('in files of fixed width', async () => {
  const spec = FIXED_WIDTH;
  const row = (id: string, last: string, kind: string, died = ''): string =>
    `${id.padEnd(4)}${last.padEnd(10)}05/14/1948${kind}${died.padEnd(10)}`;
  const patients = lines(row('1', 'Walsh', 'O'), row('2', 'Muñoz', 'o', '01/02/2020'), row('1', 'Walsh', '?'));
  const { found } = await run({ spec, patients: { 'p.txt': patients } });
  expect(found).toEqual([
    'p.txt:1 died value-required-if',
    'p.txt:3 kind value-not-in-set ?',
    'p.txt:3 id value-repeated 1',
  ]);
});

describe('where a record has several doses', () => {
  const spec = SEVERAL_DOSES;
  const HEADER = `id,last,born,source,${[1, 2, 3].map((n) => `CVX ${n},Date ${n},Lot ${n},Arm ${n}`).join()}`;

  const LOADED = { loaded: 1, rejected: 0, skipped: 0 };
  const REJECTED = { loaded: 0, rejected: 1, skipped: 0 };
  test.each<[string, string, string[], object]>([
    ['nothing wrong', '1,Walsh,05/14/2015,yes,140,05/16/2016,AB1234,LA,,,,,,,,', [], LOADED],
    ['a fault of the second dose', '1,Walsh,05/14/2015,yes,03,05/16/2016,,,140,05/16/2017,,,,,,', ['2 Lot 2 value-required-if'], REJECTED],
    ['faults of several doses', '1,Walsh,05/14/2015,,,05/16/2016,AB1234,,,05/16/2027,,,,,,', ['2 CVX 1 required-value-missing', '2 Lot 1 value-needs-another AB1234', '2 CVX 2 required-value-missing', '2 Date 2 value-in-future 05/16/2027'], REJECTED],
    ['a fault of the record', '1,Walsh,05/14/2015,?,03,05/16/2016,,,,,,,,,,', ['2 source value-not-in-set ?'], REJECTED],
    ['a fault of a record without doses', '1,Walsh,05/14/2015,?,,,,,,,,,,,,', ['2 source value-not-in-set ?'], REJECTED],
    ['a record that is not loaded', '1,x,,yes,03,,,,,,,,,,,', [' records-not-loaded'], { loaded: 0, rejected: 0, skipped: 1 }],
    ['a faulty dose of a record that is not loaded', '1,x,,yes,,05/16/2016,,,,,,,,,,', [' records-not-loaded', '2 CVX 1 required-value-missing'], REJECTED],
  ])('%s', async (_, row, expected, fates) => {
    const result = await run({ spec, files: { 'a.csv': lines(HEADER, row) } });
    expect(result.found).toEqual(expected.map((each) => `a.csv:${each}`));
    expect(result.fates).toEqual([fates]);
  }); // biome-ignore format: a table
});

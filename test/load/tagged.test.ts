/** Files whose lines are patients, and doses of the patient above them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkSpec, completeSpec, type Spec } from '../../src/core/spec.js';
import { latin1, utf16 } from '../support/encodings.js';
import { contentOf, Sandbox } from '../support/sandbox.js';
import { type Json, smallestGlued, smallestTagged, withValue } from '../support/small-spec.js';

function specOf(json: Json): Spec {
  expect(checkSpec(json)).toEqual([]);
  return completeSpec(json);
}

const TAGGED = specOf(
  withValue(
    '/layouts/tagged/others',
    [{ tag: 'V' }],
    withValue('/layouts/tagged/comments', '#', smallestTagged()) as never,
  ),
);
const GLUED = specOf(smallestGlued());

const ANNA = 'P|1|Smith|05/04/2015';
const BEN = 'P|2|Jones|06/12/2016';
const MMR = 'I|05/05/2017|03';
const lines = (...rows: string[]): string => `${rows.join('\n')}\n`;

async function load(sandbox: Sandbox, content: string | Uint8Array, options: object = {}, spec = TAGGED) {
  const summary = await sandbox.load({ spec, site: 'F1', files: { 'h.txt': content }, ...options });
  const issues = await sandbox.report(summary.folder, 'issues.csv');
  return {
    ...summary,
    file: summary.files[0]!,
    told: issues.map(({ line, code, fate }) => `${line} ${code} ${fate}`),
    rejects:
      summary.files[0]!.rejects === null ? '' : readFileSync(join(summary.folder, summary.files[0]!.rejects), 'latin1'),
  };
}

/** Who has which doses. */
function histories(sandbox: Sandbox, database = sandbox.database): string[] {
  return sandbox
    .query(
      `SELECT p.last_name || ':' || coalesce(group_concat(i.cvx || ' ' || i.administered_on, ', ' ORDER BY i.administered_on, i.cvx), '') AS history
       FROM patients p LEFT JOIN immunizations i ON i.patient_id = p.id GROUP BY p.id ORDER BY p.last_name`,
      database,
    )
    .map(({ history }) => String(history));
}

test('a dose is that of the patient above it', async () => {
  using sandbox = new Sandbox();
  const text = lines('# made on Monday', ANNA, MMR, 'V|whatever', 'I|06/05/2017|21', BEN, '', 'I|08/16/2018|20', '||');
  const { file, totals, doses, told } = await load(sandbox, text);
  expect(histories(sandbox)).toEqual(['Jones:20 2018-08-16', 'Smith:03 2017-05-05, 21 2017-06-05']);
  expect(file).toMatchObject({ role: 'combined', records: 7, loaded: 5, skipped: 2, rejected: 0 });
  expect(totals.combined).toMatchObject({ records: 7, loaded: 5 });
  expect(doses).toEqual({ new: 3, merged: 0, duplicate: 0, review: 0 });
  expect(told.sort()).toEqual([' comments-skipped ', '9 record-blank skipped']);
  expect(sandbox.query('SELECT line FROM immunizations ORDER BY id')).toEqual([{ line: 3 }, { line: 5 }, { line: 8 }]);
});

test('it can be given as either kind of file', async () => {
  using sandbox = new Sandbox();
  for (const role of ['patients', 'immunizations']) {
    const { file } = await load(sandbox, '', { mode: 'validate', files: {}, [role]: { 'h.txt': lines(ANNA, MMR) } });
    expect(file).toMatchObject({ role: 'combined', records: 2, loaded: 2 });
  }
});

test('loading it twice changes nothing', async () => {
  using sandbox = new Sandbox();
  await load(sandbox, lines(ANNA, MMR, BEN, MMR));
  const { patients, immunizations } = contentOf(sandbox);
  const { file, told } = await load(sandbox, lines(ANNA, MMR, BEN, MMR));
  expect(file).toMatchObject({ records: 4, duplicate: 4 });
  expect(told).toEqual([]);
  expect(contentOf(sandbox)).toMatchObject({ patients, immunizations });
});

describe('no dose goes to a stranger', () => {
  const good = [ANNA, MMR];
  const after = ['P|3|White|05/04/2015', 'I|07/07/2019|21'];
  const own = ['Smith:03 2017-05-05', 'White:21 2019-07-07'];

  test.each<[string, string[], string[], number]>([
    ['where its patient is rejected', ['P|2||06/12/2016', MMR, MMR], ['3 last-name-missing', '4 patient-rejected', '5 patient-rejected'], 3],
    ['where its patient has no id', ['P||Jones|06/12/2016', MMR], ['3 patient-id-missing', '4 patient-line-missing'], 2],
    ['where a column of its patient is missing', ['P|2|06/12/2016', MMR], ['3 field-count-wrong', '4 patient-line-missing'], 2],
    ['where a quote of its patient is open', ['P|2|"Jones|06/12/2016', MMR], ['3 quote-not-closed', '4 patient-line-missing'], 2],
    ['where text stands behind a quote of its patient', ['P|2|"Jones" x|06/12/2016', MMR], ['3 quote-misplaced', '4 patient-line-missing'], 2],
    ['where its patient has lost the tag', ['2|Jones|06/12/2016', MMR, MMR], ['3 line-tag-unknown', '4 patient-line-missing', '5 patient-line-missing'], 3],
    ['where its patient has another tag', ['Q|2|Jones|06/12/2016', MMR], ['3 line-tag-unknown', '4 patient-line-missing'], 2],
    ['where a quote of the dose above is open', ['P|2|Jones|06/12/2016', 'I|"05/05/2017|03', 'I|"08/08/2018"|03'], ['4 quote-not-closed'], 1],
    ['where two persons have one id', ['P|2|Jones|06/12/2016', MMR, 'P|2|Ortiz|01/01/2001', MMR], ['3 patient-id-conflict', '4 patient-rejected', '5 patient-id-conflict', '5 birth-date-first-of-month', '6 patient-rejected'], 4],
  ])('%s', async (_, rows, expected, rejected) => {
    using sandbox = new Sandbox();
    const { file, told, rejects } = await load(sandbox, lines(...good, ...rows, ...after));
    expect(told.map((each) => each.replace(/ rejected$/, '')).sort()).toEqual([...expected].sort());
    expect(file.rejected).toBe(rejected);
    const loaded = histories(sandbox).filter((each) => !each.startsWith('Jones'));
    expect(loaded).toEqual(own);

    // Nor when the rejects are loaded as they are, be it by themselves.
    const database = sandbox.path('rejects.db');
    const again = await load(sandbox, rejects, { database });
    expect(again.file.rejected).toBe(rejected);
    expect(again.rejects).toBe(rejects);
    expect(histories(sandbox, database).filter((each) => !each.startsWith('Jones'))).toEqual([]);
  }); // biome-ignore format: a table

  test('where the file begins with it', async () => {
    using sandbox = new Sandbox();
    const { told } = await load(sandbox, lines(MMR, ...good));
    expect(told).toEqual(['1 patient-line-missing rejected']);
    expect(histories(sandbox)).toEqual(['Smith:03 2017-05-05']);
  });

  test('where another file was joined that begins with it', async () => {
    using sandbox = new Sandbox();
    const trailer = withValue('/layouts/tagged/trailerRecord', { tag: 'T' }, smallestTagged());
    const { told } = await load(sandbox, lines(...good, 'T', MMR, ...after, 'T'), {}, specOf(trailer));
    expect(told).toEqual(['4 patient-line-missing rejected']);
    expect(histories(sandbox)).toEqual(own);
  });

  test('where somebody takes a patient out of the rejects, and leaves the doses in', async () => {
    using sandbox = new Sandbox();
    const { rejects } = await load(sandbox, lines(ANNA, 'I|05/05/2014|03', 'P|2||06/12/2016', MMR, ...after));
    const corrected = rejects.replace('05/05/2014', '05/05/2017').replace(/^P\|2.*\n/m, '');
    const { told } = await load(sandbox, corrected);
    expect(told).toEqual([expect.stringMatching(/^\d patient-line-missing rejected$/)]);
    expect(histories(sandbox)).toEqual(own);
  });

  test('where it names another than the one above it', async () => {
    using sandbox = new Sandbox();
    const id = { name: 'Chart', field: 'source_patient_id' };
    const spec = specOf(withValue('/layouts/tagged/immunization/fields/3', id, smallestTagged()));
    const text = lines(ANNA, `${MMR}|1`, 'I|06/06/2018|21|', `${MMR}|2`, BEN, '?', `${MMR}|1`);
    const { told } = await load(sandbox, text, {}, spec);
    // The last one says itself whose it is, and needs nobody above it.
    expect(told.sort()).toEqual(['4 patient-line-disagrees rejected', '6 line-tag-unknown rejected']);
    expect(histories(sandbox)).toEqual(['Jones:', 'Smith:03 2017-05-05, 21 2018-06-06']);
  });
});

describe('the reject file', () => {
  test('has the patient of each rejected dose above it, and loads once it is corrected', async () => {
    using sandbox = new Sandbox();
    const rows = [ANNA, MMR, 'I|05/05/2014|21', BEN, MMR, 'P|3||05/04/2015', MMR, 'I|02/31/2017|21'];
    const first = await load(sandbox, lines(...rows));
    expect(first.file).toMatchObject({ records: 8, loaded: 4, rejected: 4 });
    expect(first.rejects.split('\n').map((line) => line.split('|').slice(0, 5).join('|'))).toEqual([
      'immload:rejects',
      'P|1|Smith|05/04/2015',
      expect.stringMatching(/^I\|05\/05\/2014\|21\|dose-date-before-birth\|Check/),
      'immload:rejects',
      'P|3||05/04/2015|last-name-missing',
      expect.stringMatching(/^I\|05\/05\/2017\|03\|patient-rejected\|/),
      expect.stringMatching(/^I\|02\/31\/2017\|21\|dose-date-invalid\|/),
      '',
    ]);
    const corrected = first.rejects
      .replace('05/05/2014', '05/05/2018')
      .replace('P|3||', 'P|3|White|')
      .replace('02/31/2017', '02/28/2017');
    const second = await load(sandbox, corrected);
    expect(second.file).toMatchObject({ records: 5, loaded: 4, duplicate: 1, rejected: 0 });
    const database = sandbox.path('direct.db');
    const right = lines(...rows)
      .replace('05/05/2014', '05/05/2018')
      .replace('P|3||', 'P|3|White|')
      .replace('02/31/2017', '02/28/2017');
    await load(sandbox, right, { database });
    expect(contentOf(sandbox)).toEqual(contentOf(sandbox, database));
  });
});

describe('segments that are glued together', () => {
  const patient = (id: string, name: string, born = '05/04/2015'): string =>
    `C ${id.padEnd(8)}${name.padEnd(12)}${born}`;
  const dose = (day: string, cvx: string): string => `I${day}${cvx.padEnd(3)}`;

  test('are records of their own, in their places', async () => {
    using sandbox = new Sandbox();
    const first = `${patient('1', 'Smith')}CX1234${dose('05/05/2017', '03')}${dose('06/05/2017', '21')}TR`;
    const second = `${patient('2', 'Jones')}${dose('05/05/2014', '20')}TR  `;
    const { file, told, folder } = await load(sandbox, `${first}\r\n${second}\r\n`, {}, GLUED);
    expect(histories(sandbox)).toEqual(['Jones:', 'Smith:03 2017-05-05, 21 2017-06-05']);
    expect(file).toMatchObject({ records: 5, loaded: 4, rejected: 1 });
    expect(told).toEqual(['2 dose-date-before-birth rejected']);
    const [issue] = await sandbox.report(folder, 'issues.csv');
    expect(issue).toMatchObject({ record: '5', line: '2', byte_offset: String(first.length + 2 + 32) });
    // Its line in the reject file stands under its patient, each on a line of its own, and loads so.
    const rejects = readFileSync(join(folder, 'rejects/h.txt'), 'utf8');
    expect(rejects).toBe(`immload:rejects\r\n${patient('2', 'Jones')}\r\n${dose('05/05/2014', '20')}\r\n`);
    const second2 = await load(sandbox, rejects.replace('2014', '2018'), {}, GLUED);
    expect(second2.file).toMatchObject({ records: 2, loaded: 1, duplicate: 1 });
  });

  test('of a line that does not come out even are not loaded, nor what belongs to it', async () => {
    using sandbox = new Sandbox();
    const good = `${patient('1', 'Smith')}${dose('05/05/2017', '03')}`;
    const short = `${patient('2', 'Jones').slice(0, -1)}${dose('05/05/2017', '03')}`;
    const { file, told } = await load(
      sandbox,
      lines(good, short, dose('08/08/2018', '21'), good.replace('1  ', '3  ')),
      {},
      GLUED,
    );
    expect(told).toEqual(['2 line-tag-unknown rejected', '3 patient-line-missing rejected']);
    expect(file).toMatchObject({ records: 6, rejected: 2 });
  });

  test.each([
    ['UTF-8, by characters', (text: string) => Buffer.from(text)],
    ['UTF-16', (text: string) => utf16(`\ufeff${text}`)],
    ['Windows-1252', (text: string) => latin1(text)],
  ])('are found in %s', async (_, encode) => {
    using sandbox = new Sandbox();
    const line = `${patient('1', 'Núñez')}${dose('05/05/2017', '03')}${dose('06/05/2017', '21')}TR`;
    const { file } = await load(
      sandbox,
      encode(`${line}\n${line.replace('1  ', '2  ').replace('Núñez', 'Söll ')}\n`),
      {},
      GLUED,
    );
    expect(file).toMatchObject({ records: 6, rejected: 0 });
    expect(histories(sandbox)).toEqual(['Núñez:03 2017-05-05, 21 2017-06-05', 'Söll:03 2017-05-05, 21 2017-06-05']);
  });

  test('are found in UTF-8 by bytes', async () => {
    using sandbox = new Sandbox();
    // A sender who counts bytes leaves two blanks less behind a name with two letters beyond ASCII.
    const line = `${patient('1', 'Núñez').replace('Núñez  ', 'Núñez')}${dose('05/05/2017', '03')}`;
    const { file } = await load(sandbox, lines(line), {}, GLUED);
    expect(file).toMatchObject({ records: 2, loaded: 2 });
  });
});

test('control totals count patients and doses', async () => {
  using sandbox = new Sandbox();
  const totals = [
    { counts: 'patients', field: 2 },
    { counts: 'immunizations', field: 3 },
    { counts: 'records', field: 4 },
  ];
  const spec = specOf(withValue('/layouts/tagged/trailerRecord', { tag: 'T', totals }, smallestTagged()));
  const rows = [ANNA, MMR, 'I|02/31/2017|21', 'P|2||06/12/2016', MMR, '?'];
  const right = await load(sandbox, lines(...rows, 'T|2|3|6'), { mode: 'validate' }, spec);
  expect(right.issues).not.toHaveProperty('control-total-wrong');
  const wrong = await load(sandbox, lines(...rows, 'T|3|2|6'), { mode: 'validate' }, spec);
  expect(wrong.issues['control-total-wrong']).toMatchObject({ count: 2 });
});

test('control totals count lines that are not loaded, on lines of their own and glued', async () => {
  const rows = ['C 1       Smith       05/04/2015', 'CX1234', 'I05/05/201703 ', 'TR'];
  for (const glued of [false, true]) {
    using sandbox = new Sandbox();
    const totals = [
      { counts: 'records', start: 3, width: 3 },
      { counts: 'all', start: 6, width: 3 },
    ];
    const trailer = withValue('/layouts/tagged/trailerRecord', { prefix: 'ZZ', totals }, smallestGlued());
    const spec = specOf(withValue('/layouts/tagged/glued', glued, trailer as never));
    const text = lines(glued ? rows.join('') : rows.join('\n'), 'ZZ004005');
    const { issues, file } = await load(sandbox, text, { mode: 'validate' }, spec);
    expect(issues).not.toHaveProperty('control-total-wrong');
    expect(file).toMatchObject({ loaded: 2, rejected: 0 });
  }
});

describe('properties', () => {
  const dose = fc.record({
    day: fc.constantFrom('05/05/2017', '06/06/2018', '07/07/2019', '05/05/2014', '02/31/2017', ''),
    cvx: fc.constantFrom('03', '21', '20', 'x'),
    broken: fc.constantFrom('', '', '', '', 'quote', 'field', 'tag', 'blank'),
  });
  const patient = fc.record({
    name: fc.constantFrom('Smith', 'Jones', 'White', 'Brown', ''),
    born: fc.constantFrom('05/04/2015', '06/12/2016', '02/30/2015'),
    broken: fc.constantFrom('', '', '', '', 'quote', 'field', 'tag'),
    doses: fc.array(dose, { maxLength: 4 }),
  });
  type Patient = typeof patient extends fc.Arbitrary<infer T> ? T : never;
  const clinic = fc.array(patient, { minLength: 1, maxLength: 6 });

  function write(fields: readonly string[], broken: string): string {
    if (broken === 'quote') return fields.with(1, `"${fields[1]}`).join('|');
    if (broken === 'field') return fields.slice(0, -1).join('|');
    if (broken === 'tag') return fields.with(0, '?').join('|');
    return broken === 'blank' ? '||' : fields.join('|');
  }

  const group = ({ name, born, broken, doses }: Patient, index: number): string[] => [
    write(['P', String(index + 1), name, born], broken),
    ...doses.map((each) => write(['I', each.day, each.cvx], each.broken)),
  ];

  test('a file is the same however it is cut, and each of its records has one fate', async () => {
    await fc.assert(
      fc.asyncProperty(clinic, fc.integer({ min: 1, max: 90 }), fc.constantFrom('\n', '\r\n', '\r'), async (all, size, lineEnd) => {
        using sandbox = new Sandbox();
        // Most lines must have tags, or it is another file.
        const rows = [ANNA.replace('|1|', '|99|'), ...Array.from({ length: 30 }, () => MMR), ...all.flatMap(group)];
        const text = rows.join(lineEnd) + lineEnd;
        const whole = await load(sandbox, text, { database: sandbox.path('whole.db') });
        const sizes = { chunkBytes: size, blockBytes: size, batchRows: 1 + (size % 9), sortCharacters: size };
        const pieces = await load(sandbox, text, { database: sandbox.path('pieces.db'), sizes });
        expect(pieces.told).toEqual(whole.told);
        expect(pieces.rejects).toBe(whole.rejects);
        expect(contentOf(sandbox, sandbox.path('pieces.db'))).toEqual(contentOf(sandbox, sandbox.path('whole.db')));
        const { records, loaded, merged, duplicate, rejected, skipped } = whole.file;
        expect([records, loaded + merged + duplicate + rejected + skipped]).toEqual([rows.length, rows.length]);
        // The rejects by themselves give the same rejects.
        if (rejected > 0 && whole.rejects.includes('\nP|'.replace('\n', lineEnd))) {
          const again = await load(sandbox, whole.rejects, { database: sandbox.path('rejects.db') });
          expect(again.file.rejected).toBe(rejected);
        }
      }),
      { numRuns: 25 },
    ); // biome-ignore format: a property
  });

  test('breaking a line changes its own fate; that of a patient, and a lost tag, those of the doses below', async () => {
    const sound = fc.array(fc.array(fc.constantFrom('05/05/2017', '06/06/2018'), { maxLength: 3 }), {
      minLength: 4,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(sound, fc.nat(), fc.constantFrom('quote', 'field', 'tag', 'day'), async (doses, at, how) => {
        const rows = doses.flatMap((days, i) => [
          { fields: ['P', String(i + 1), `Name${'ABCDEF'[i]}`, '05/04/2015'], patient: i },
          ...days.map((day, j) => ({ fields: ['I', day, ['03', '21', '20'][j]!], patient: i })),
        ]);
        const place = at % rows.length;
        const broken = rows[place]!;
        const isPatient = broken.fields[0] === 'P';
        const line = how === 'day' ? broken.fields.map((cell) => (cell.includes('/') ? '02/31/2017' : cell)).join('|') : write(broken.fields, how);
        using sandbox = new Sandbox();
        const fatesOf = async (all: readonly string[]): Promise<string[]> => {
          const { told, rejects } = await load(sandbox, lines(...all), { mode: 'validate' });
          const rejected = new Set(told.filter((each) => each.endsWith(' rejected')).map((each) => Number(each.split(' ')[0])));
          expect(rejects === '').toBe(rejected.size === 0);
          return all.map((_, i) => (rejected.has(i + 1) ? 'rejected' : 'loaded'));
        };
        const before = rows.map(({ fields }) => fields.join('|'));
        expect(new Set(await fatesOf(before))).toEqual(new Set(['loaded']));
        const after = await fatesOf(before.with(place, line));
        const expected = rows.map(({ fields, patient: own }, i) => {
          const isBelow = i > place && own === broken.patient && fields[0] === 'I';
          return i === place || (isBelow && (isPatient || how === 'tag')) ? 'rejected' : 'loaded';
        });
        expect(after).toEqual(expected);
      }),
      { numRuns: 60 },
    ); // biome-ignore format: a property
  });
});

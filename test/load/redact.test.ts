/** Reports to share: no value of a person is in them, and their records break the rules that they broke. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type FieldName, type FileRole, fieldsOf, type RecordRole } from '../../src/core/model.js';
import { treatmentOf } from '../../src/core/redact/treatments.js';
import { makeSamples } from '../../src/core/samples/samples.js';
import { type Layout, layoutOf, type Spec } from '../../src/core/spec.js';
import { readReportedRun } from '../../src/files/corrections.js';
import { builtInSpecIds, loadSpec } from '../../src/files/specs.js';
import { openForReading } from '../../src/open-store.js';
import type { Summary } from '../../src/run.js';
import { verifyRun } from '../../src/verify-run.js';
import { Dirt } from '../support/dirt.js';
import { latin1, utf16 } from '../support/encodings.js';
import { CODES, GRITS, MIIS } from '../support/fixtures.js';
import { REGISTRIES } from '../support/interrupted.js';
import { inputOf, miis, Sandbox, type SandboxLoad } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';

vi.mock('../../src/files/secret.js', () => import('../support/seeded-secret.js'));

type Loaded = Summary & { readonly folder: string };

/** The reject files of a report, by their names. */
function rejectsOf({ folder }: Loaded): Record<string, Buffer> {
  const place = join(folder, 'rejects');
  const names = existsSync(place) ? readdirSync(place).filter((name) => !name.endsWith('.why.csv')) : [];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(place, name))]));
}

/** All of a report as text. */
function textOf(folder: string, skip: readonly string[] = []): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .filter(({ name }) => !skip.includes(name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

/** What is said of each record, by its file: code and field. */
async function verdictsOf(sandbox: Sandbox, { folder }: Loaded): Promise<string[]> {
  const issues = await sandbox.report(folder, 'issues.csv');
  return issues
    .filter(({ record }) => record !== '')
    .map(({ file, record, code, field, fate }) => `${file}:${record} ${code} ${field} ${fate}`)
    .sort();
}

async function validate(sandbox: Sandbox, summary: Loaded, options: SandboxLoad): Promise<string[]> {
  const rejects = rejectsOf(summary);
  const of = (role: FileRole): Record<string, Buffer> =>
    Object.fromEntries(
      summary.files.flatMap(({ role: own, rejects: path }) => {
        const name = path?.slice('rejects/'.length);
        return own === role && name !== undefined ? [[name, rejects[name]!]] : [];
      }),
    );
  const { spec, site = null, today } = options;
  const checked = await sandbox.load({
    ...(spec !== undefined && { spec }),
    ...(today !== undefined && { today }),
    site,
    mode: 'validate',
    patients: { ...of('patient'), ...of('combined') },
    immunizations: of('immunization'),
    comments: of('comment'),
  });
  return verdictsOf(sandbox, checked as Loaded);
}

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|street|city|state|zip|phone|ssn|email|sex';

describe('values', () => {
  const rows = [
    "F1|1001|O'Brien|Siobhan|13/40/2009|12 Maple Street|Salem|MA|01970|(617) 555-0123|078-05-1121|siobhan.obrien@example.org|F",
    'F1|1002|Núñez|José Jr|20991231|34 Harbor Avenue|Boston|MA|90210|6175550124|219099999|jose@example|Q',
    'F1|1002|NÚÑEZ|Lucía||34 HARBOR AVENUE|Boston|MA|02118|12|123-45-678|lucia.nunez@example.org|Ann',
    'F1|1003|UNKNOWN|BABY GIRL|20150101|||MA|00000|9999999999|123456789||F',
    'F1||Test|Person|01/02/15|||MA|2118||||',
    'F1|1005|"Quoted|Kowalczyk|20150514|||||||',
    'F1|1006|Extra|Wojciechowska|20150514|1|2|3|4|5|6|7|8|9|10',
  ];
  const text = miis(PATIENTS, ...rows);

  test.each<[string, string | Uint8Array]>([
    ['UTF-8', text],
    ['Windows-1252', latin1(text)],
    ['UTF-16', utf16(text)],
  ])('are replaced by others of their shape that fail the same rules: %s', async (_, content) => {
    using sandbox = new Sandbox();
    const plain = (await sandbox.load({ mode: 'validate', patients: { 'p.txt': content } })) as Loaded;
    const redacted = (await sandbox.load({ mode: 'validate', redact: true, patients: { 'p.txt': content } })) as Loaded;
    expect(redacted.redacted).toEqual({ records_unlike: 0 });
    expect(await verdictsOf(sandbox, redacted)).toEqual(await verdictsOf(sandbox, plain));
    const [before, after] = [rejectsOf(plain)['p.txt']!, rejectsOf(redacted)['p.txt']!];
    expect(after.length).toBe(before.length);
    expect(await validate(sandbox, redacted, {})).toEqual(await validate(sandbox, plain, {}));
    const all = textOf(redacted.folder, ['summary.json']).toLowerCase().replaceAll('\0', '');
    for (const value of [
      'brien',
      'siobhan',
      'nunez',
      'lucia',
      'kowalczyk',
      'wojciechowska',
      'maple',
      'harbor',
      '5550123',
      '078-05-1121',
      '01970',
    ]) {
      expect(all, value).not.toContain(value);
    }
  });

  test('that are equal stay equal, and what names nobody stays', async () => {
    using sandbox = new Sandbox();
    const redacted = (await sandbox.load({ mode: 'validate', redact: true, patients: { 'p.txt': text } })) as Loaded;
    const lines = rejectsOf(redacted)
      ['p.txt']!.toString('utf8')
      .split('\n')
      .map((line) => line.split('|'));
    const issues = await sandbox.report(redacted.folder, 'issues.csv');
    const idOf = (record: string): string => issues.find((issue) => issue['record'] === record)!['source_patient_id']!;
    expect(lines[0]!.slice(0, 3)).toEqual(['facility_id', 'patient_id', 'last_name']);
    const [first, second, third, fourth] = lines.slice(1) as [string[], string[], string[], string[]];
    expect(first[0]).toBe('F1');
    expect(first[1]).toBe(idOf('1'));
    expect(second[1]).toBe(third[1]);
    expect(second[2]!.toUpperCase()).toBe(third[2]);
    expect(second[5]!.toUpperCase()).toBe(third[5]);
    expect(second[3]).toMatch(/ Jr$/);
    expect(first[2]).toMatch(/^[A-Z]'[A-Z][a-z]{4}$/);
    expect(first[4]).toMatch(/^\d\d\/\d\d\/\d{4}$/);
    expect(fourth.slice(2, 4)).toEqual(['UNKNOWN', 'BABY GIRL']);
    expect(fourth.slice(7, 11)).toEqual(['MA', '00000', '9999999999', '123456789']);
  });

  test('are others in each report', async () => {
    using sandbox = new Sandbox();
    const load = async (): Promise<string> =>
      rejectsOf((await sandbox.load({ mode: 'validate', redact: true, patients: { 'p.txt': text } })) as Loaded)[
        'p.txt'
      ]!.toString();
    expect(await load()).not.toBe(await load());
  });
});

test.each([
  ['SQLite', 'load'],
  ['SQLite', 'dry-run'],
  ['PostgreSQL', 'load'],
] as const)('all reports are redacted, and the registry has what was sent: %s, %s', async (database, mode) => {
  using sandbox = new Sandbox();
  await using registry = await REGISTRIES[database]!(sandbox);
  const patients = miis(
    PATIENTS,
    'F1|90017|kowalczyk|anna|05/14/2015|12 maple street|Salem|MA|01970|||anna@example.org|F',
    'F1|90018|Kowalczyk|Ana|20150514|12 Maple Street|Salem|MA|01970||||F',
    'F1|90019|Wojcik||20150230|||MA||||',
  );
  const doses = miis(
    'facility_id|patient_id|vaccination_id|cvx|vaccine_name|admin_date|comments|lot_number|vaccinator_last_name',
    'F1|90017|80001||Zappadozole shot|20160514|given by her uncle Zbigniew|K012345|Zawadzka',
    'F1|90017|80002|03||20140514||K012345|Zawadzka',
    'F1|99999|80003|03||20160514||K012345|Zawadzka',
  );
  const submission = { patients: { 'p.txt': patients }, immunizations: { 'd.txt': doses }, database: registry.address };
  // A dry run looks at what is stored.
  if (mode === 'dry-run') await sandbox.load(submission);
  const redacted = await sandbox.load({ ...submission, mode, redact: true });
  expect(readdirSync(redacted.folder)).toEqual(expect.arrayContaining(['changes.csv', 'unmapped.csv']));
  expect(readFileSync(join(redacted.folder, 'README.txt'), 'utf8')).toContain('THIS REPORT IS REDACTED');
  const text = textOf(redacted.folder).toLowerCase();
  for (const value of [
    'kowalczyk',
    'anna',
    'maple',
    'wojcik',
    '90017',
    '90018',
    '90019',
    '80001',
    '99999',
    'zappadozole',
    'zbigniew',
    'zawadzka',
    '20150230',
    '01970',
  ]) {
    expect(text, value).not.toContain(value);
  }
  expect(text).toContain('k012345');
  expect(text).toContain('20160514');
  const names = await registry.query("SELECT DISTINCT last_name FROM patients WHERE first_name LIKE 'An%'");
  expect(names).toEqual([{ last_name: 'Kowalczyk' }]);
  if (mode === 'load') {
    const store = await openForReading(registry.address);
    try {
      // Its certificate is that of the redacted files.
      const { parts } = await verifyRun(store, redacted.run!, redacted.folder);
      expect(parts.filter(({ verdict }) => verdict !== 'agrees')).toEqual([]);
    } finally {
      await store.close();
    }
  }
  expect(() => readReportedRun(redacted.folder)).toThrow(/is of a redacted report/);
});

/** Values of the fields of a role, as they stand in some lines; those that say who somebody is, or all others. */
function valuesIn(spec: Spec, role: RecordRole, lines: readonly string[], isPersonal: boolean): string[] {
  const layout: Layout = layoutOf(spec, role);
  const isWanted = (field: FieldName | null): boolean =>
    field !== null &&
    Object.hasOwn(fieldsOf(role), field) &&
    ['words', 'number', 'zip', 'day'].includes(treatmentOf(role, field)) === isPersonal;
  return lines.flatMap((line) => {
    const cells = layout.format === 'fixed' ? cutLine(line, layout) : line.split(layout.delimiter);
    return layout.fields.flatMap(({ field }, i) =>
      isWanted(field) ? [(cells[i] ?? '').replaceAll('"', '').trim()] : [],
    );
  });
}

function cutLine(line: string, { fields }: Layout): string[] {
  let at = 0;
  return fields.map(({ width = 0 }) => {
    at += width;
    return line.slice(at - width, at);
  });
}

describe('dirty submissions', () => {
  const runs = Number(process.env['REDACT_RUNS'] ?? 4);
  test.each([
    ['delimited', MIIS],
    ['fixed width', GRITS],
  ])(
    'break the same rules, and show nobody: %s',
    async (_, spec) => {
      await fc.assert(
        fc.asyncProperty(fc.nat(10_000), async (seed) => {
          using sandbox = new Sandbox();
          const paths = { patients: sandbox.path('p.txt'), immunizations: sandbox.path('d.txt') };
          const dirt = new Dirt(spec, { seed, errors: 0.3, remarks: 0.2, duplicates: 0.05 });
          writeSubmission({ patients: 60, dosesPerPatient: 3, seed }, spec, paths, dirt);
          const options: SandboxLoad = { spec, site: spec === GRITS ? 'GA001' : null };
          const load = {
            ...options,
            mode: 'validate',
            patients: [paths.patients],
            immunizations: [paths.immunizations],
          } as const;
          const plain = (await sandbox.load(load)) as Loaded;
          const redacted = (await sandbox.load({ ...load, redact: true })) as Loaded;
          expect(await verdictsOf(sandbox, redacted)).toEqual(await verdictsOf(sandbox, plain));
          expect(await validate(sandbox, redacted, options)).toEqual(await validate(sandbox, plain, options));
          expect(redacted.redacted).toEqual({ records_unlike: 0 });
          // Whole cells; a short number may as well be that of a line.
          const shown = new Set(
            textOf(redacted.folder, ['summary.json'])
              .split(/[|,"\r\n]+|\s{2,}/)
              .map((cell) => cell.trim()),
          );
          // Names of columns are nobody's.
          const lines = (name: string): string[] =>
            (rejectsOf(plain)[name]?.toString('utf8').split(/\r?\n/) ?? []).slice(spec === GRITS ? 0 : 1);
          const files = [
            ['patient', lines('p.txt')],
            ['immunization', lines('d.txt')],
          ] as const;
          const values = files.flatMap(([role, own]) => valuesIn(spec, role, own, true));
          // A day on which somebody was born may be that of a dose of somebody else.
          const others = new Set(files.flatMap(([role, own]) => valuesIn(spec, role, own, false)));
          const found = [...new Set(values)].filter(
            (value) =>
              value.length >= 3 &&
              !/^\d{1,4}$/.test(value) &&
              shown.has(value) &&
              !others.has(value) &&
              !FILLERS.test(value),
          );
          expect(values.length).toBeGreaterThan(100);
          expect(found).toEqual([]);
        }),
        { numRuns: runs, endOnFailure: true },
      );
    },
    600_000,
  );
});

/** What stands for nobody, and so may be shown: words for no name, numbers that are filled in, errors of spreadsheets. */
const FILLERS =
  /^(?:\W*|[#=].*|unknown|none|null|n\/a|test.*|zztest|baby.*|new ?born|boy|girl|infant.*|twin.*|mouse|mickey|patient|no ?(?:first |last )?name|x+|0+|9+|(\d)\1+|123456789\d?|078-?05-?1120|219-?09-?9999|987654321)$/i;

describe('the faulty samples of a specification', () => {
  const STRIDE = 11;
  test.each(builtInSpecIds().map((id) => [id] as const))(
    'break the same rules: %s',
    async (id) => {
      const spec = loadSpec(id);
      const { faulty, site } = makeSamples(spec, CODES);
      for (const { files } of faulty.filter((_, i) => i % STRIDE === 0)) {
        using sandbox = new Sandbox();
        const options = {
          spec,
          site,
          mode: 'validate',
          ...inputOf(files),
        } as const;
        const plain = (await sandbox.load(options)) as Loaded;
        const redacted = (await sandbox.load({ ...options, redact: true })) as Loaded;
        expect(redacted.redacted).toEqual({ records_unlike: 0 });
        expect(await verdictsOf(sandbox, redacted)).toEqual(await verdictsOf(sandbox, plain));
        if (redacted.files.some(({ rejects }) => rejects !== null)) {
          expect(await validate(sandbox, redacted, { spec, site }).catch(messageOf)).toEqual(
            await validate(sandbox, plain, { spec, site }).catch(messageOf),
          );
        }
      }
    },
    600_000,
  );
});

function messageOf(error: unknown): string {
  return (error as Error).message.replace(/.*(?=: )/, '');
}

/** Reports to share, of files of each format in each encoding: no value of a person, and the records in their shape. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { FieldName } from '../../src/core/model.js';
import { checkSpec, completeSpec, type Layout, layoutOf, type Spec } from '../../src/core/spec.js';
import { loadSpec } from '../../src/files/specs.js';
import { latin1, utf16 } from '../support/encodings.js';
import { MIIS } from '../support/fixtures.js';
import { Sandbox } from '../support/sandbox.js';
import { smallest } from '../support/small-spec.js';

vi.mock('../../src/files/secret.js', () => import('../support/seeded-secret.js'));

type Values = Readonly<Partial<Record<FieldName, string>>>;

const PATIENT_FIELDS = [
  'site_id', 'source_patient_id', 'last_name', 'first_name', 'birth_date', 'street', 'city', 'state', 'zip', 'phone',
  'ssn', 'email', 'mother_maiden_last_name',
] as const satisfies readonly FieldName[]; // biome-ignore format: the columns in their order
const DOSE_FIELDS = ['administered_on', 'cvx', 'comment'] as const satisfies readonly FieldName[];

function tagged(): Spec {
  const fieldsOf = (names: readonly string[]): object[] => [
    { name: 'Line', field: null },
    ...names.map((name) => ({ name, field: name })),
  ];
  const { layouts: _, ...rest } = smallest();
  const json = {
    ...rest,
    dates: { formats: ['YYYYMMDD', 'MM/DD/YYYY'], twoDigitYears: 'reject' },
    layouts: {
      tagged: {
        format: 'delimited',
        delimiter: '|',
        quote: '"',
        patient: { tag: 'P', fields: fieldsOf(PATIENT_FIELDS) },
        immunization: { tag: 'I', fields: fieldsOf(DOSE_FIELDS) },
      },
    },
  };
  expect(checkSpec(json)).toEqual([]);
  return completeSpec(json);
}

/** All but the last are rejected; the last is loaded with a warning. */
const PEOPLE: readonly Values[] = [
  {
    source_patient_id: '7001188', last_name: "O'Malleyson", first_name: 'Wilhelmina Xandra', birth_date: '13/40/2009',
    street: '4127 Quillfeather Road', city: 'Swampscott', zip: '01907', phone: '(617) 555-0123', ssn: '521906634',
    email: 'wilhelmina@malleyson.example', mother_maiden_last_name: 'Zbrozek',
  },
  {
    source_patient_id: '7001188', last_name: "O'MALLEYSON", first_name: 'WILHELMINA', birth_date: '',
    street: '4127 QUILLFEATHER ROAD', city: 'SWAMPSCOTT', zip: '01907', phone: '6175550123', ssn: '521-90-6634',
  },
  {
    source_patient_id: '7001190', last_name: 'Núñez-Ößterberg', first_name: 'José', birth_date: '29991231',
    street: '9 Ørstedgade', city: 'Zürich', zip: '90210', phone: '12345', ssn: '98', email: 'nobody@', mother_maiden_last_name: 'Ångström',
  },
  { source_patient_id: '', last_name: 'Kowalczyk', first_name: 'Zdzislaw', birth_date: '02/30/2011', city: 'Worthington' },
  {
    source_patient_id: '7001192', last_name: 'Featherstonehaugh', first_name: 'Quentin', birth_date: '20110917',
    street: '88 Quillfeather Road', city: 'Swampscott', zip: '01907', phone: '617555012', email: 'quentin.example',
  },
]; // biome-ignore format: a table

const DOSES: readonly Values[] = [
  { administered_on: '99/99/2016', cvx: '03', comment: 'told by her uncle Bartholomew, 6175550123' },
  { administered_on: '20160917', cvx: '03', comment: 'asked Featherstonehaugh' },
];

/** Writes records by a layout, their tag in the column that carries no field. */
function lineOf(layout: Layout) {
  return (values: Values, tag = ''): string => {
    const all: Values = { site_id: 'F1', state: 'MA', ...values };
    const cells = layout.fields.map(({ field, width = 0 }) => {
      const value = field === null ? tag : (all[field as FieldName] ?? '');
      return layout.format === 'fixed' ? value.padEnd(width) : value;
    });
    return cells.join(layout.format === 'fixed' ? '' : layout.delimiter);
  };
}

/** Specs, each with a file of these people; where doses come in the same file, with these too. */
const FORMATS: Readonly<
  Record<string, () => { readonly spec: Spec; readonly text: string; readonly role: 'patients' | 'files' }>
> = {
  delimited: () => {
    const layout = layoutOf(MIIS, 'patient');
    const header = layout.fields.map(({ name }) => name).join('|');
    return { spec: MIIS, role: 'patients', text: linesOf([header, ...PEOPLE.map((each) => lineOf(layout)(each))]) };
  },
  'fixed width': () => {
    const spec = loadSpec('miis-legacy-fixed');
    return { spec, role: 'patients', text: linesOf(PEOPLE.map((each) => lineOf(layoutOf(spec, 'patient'))(each))) };
  },
  tagged: () => {
    const spec = tagged();
    const [patient, dose] = (['patient', 'immunization'] as const).map((role) => lineOf(layoutOf(spec, role)));
    const lines = PEOPLE.flatMap((each) => [patient!(each, 'P'), ...DOSES.map((own) => dose!(own, 'I'))]);
    return { spec, role: 'files', text: linesOf(lines) };
  },
};

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

const ENCODINGS: Readonly<Record<string, { encode(text: string): Uint8Array; decode(bytes: Buffer): string }>> = {
  'UTF-8': { encode: (text) => Buffer.from(text), decode: (bytes) => bytes.toString() },
  'Windows-1252': { encode: latin1, decode: (bytes) => bytes.toString('latin1') },
  'UTF-16': { encode: (text) => utf16(`\ufeff${text}`), decode: (bytes) => bytes.toString('utf16le') },
};

/** A text as it looks: capitals, small letters and digits stand for others of their kind. */
function shapeOf(text: string): string {
  return text
    .replace(/\p{Lu}/gu, 'A')
    .replace(/\p{Ll}/gu, 'a')
    .replace(/\p{Nd}/gu, '0');
}

/** Words and numbers of people that are long enough to tell something. */
function tellingParts(): string[] {
  const values = [...PEOPLE, ...DOSES].flatMap(({ cvx: _, administered_on: __, ...own }) => Object.values(own));
  const words = values.flatMap((value) => value.match(/\p{L}{3,}|\p{Nd}{5,}/gu) ?? []);
  const days = PEOPLE.flatMap(({ birth_date: day }) => day || []);
  const harmless = new Set(['road', 'told', 'her', 'uncle', 'asked', 'example', 'nobody']);
  return [...new Set([...words, ...days].map((part) => part.toLowerCase()))].filter((part) => !harmless.has(part));
}

describe.each(Object.keys(FORMATS))('a %s file', (format) => {
  test.each(Object.keys(ENCODINGS))('in %s is redacted, and its records fail as they did', async (name) => {
    using sandbox = new Sandbox();
    const { spec, text, role } = FORMATS[format]!();
    const { encode, decode } = ENCODINGS[name]!;
    const validate = async (content: Uint8Array, redact = false) => {
      const { folder, ...summary } = await sandbox.load({
        spec,
        mode: 'validate',
        redact,
        [role]: { 'h.txt': content },
      });
      const issues = await sandbox.report(folder, 'issues.csv');
      return {
        ...{ summary, folder, issues },
        told: issues.map(({ record, code, field, fate }) => `${record} ${code} ${field} ${fate}`).sort(),
        rejects: readFileSync(join(folder, 'rejects', 'h.txt')),
      };
    };
    const plain = await validate(encode(text));
    const redacted = await validate(encode(text), true);
    expect(redacted.summary.redacted).toEqual({ records_unlike: 0 });
    expect(redacted.told).toEqual(plain.told);
    expect(plain.told.filter((issue) => issue.endsWith('rejected')).length).toBeGreaterThan(4);
    expect(plain.told).toContainEqual(expect.stringMatching(/ phone-invalid phone loaded$/));

    expect(redacted.rejects.length).toBe(plain.rejects.length);
    expect(shapeOf(decode(redacted.rejects))).toBe(shapeOf(decode(plain.rejects)));
    const [again, againRedacted] = [await validate(plain.rejects), await validate(redacted.rejects)];
    expect(againRedacted.told).toEqual(again.told);

    const found = readdirSync(redacted.folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      if (!entry.isFile()) return [];
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      const read = Object.values(ENCODINGS).map((each) => each.decode(bytes).toLowerCase());
      return tellingParts().flatMap((part) =>
        read.some((one) => one.includes(part)) ? [`${entry.name}: ${part}`] : [],
      );
    });
    expect(found).toEqual([]);
    // The same stands for the same, in whichever case.
    const own = decode(redacted.rejects)
      .split('\n')
      .filter((line) => /[A-Z]'[A-Z]{8}/i.test(line));
    const names = own.map((line) => /[A-Z]'[A-Z]{8}/i.exec(line)![0].toUpperCase());
    expect(names.length).toBeGreaterThan(1);
    expect(new Set(names).size).toBe(1);
  });
});

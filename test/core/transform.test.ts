/** What becomes of records: one pass over all faults, severities, changes, positions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IssueCode } from '../../src/core/catalogue.js';
import { type FieldName, fieldsOf, type Severity } from '../../src/core/model.js';
import { compilePlan } from '../../src/core/plan.js';
import { RecordCutter } from '../../src/core/read/blocks.js';
import { ALWAYS_ERRORS, type Spec } from '../../src/core/spec.js';
import { createValueReader } from '../../src/core/transform.js';
import { CODES, GRITS, MIIS, TODAY } from '../support/fixtures.js';
import { FAULTLESS, judge, judgeText, transformText, type Written, writeRecord } from '../support/records.js';

const PATIENT = { role: 'patient' } as const;
const DOSE = { role: 'immunization' } as const;

const patientLine = (values: Written = {}): string =>
  writeRecord({ ...FAULTLESS[MIIS.id]!.patient, ...values }, 'patient', MIIS);
const doseLine = (values: Written = {}): string =>
  writeRecord({ ...FAULTLESS[MIIS.id]!.immunization, ...values }, 'immunization', MIIS);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const withSeverities = (severities: Spec['severities']): Spec => ({ ...MIIS, severities });

test('records without a fault give no issue', () => {
  for (const spec of [MIIS, GRITS]) {
    for (const role of ['patient', 'immunization'] as const) {
      const judged = judge({}, { role, spec, site: 'GA001' });
      expect(judged).toMatchObject({ fate: 'accepted', codes: [], errors: [] });
      expect(judged.changes).toEqual([]);
    }
  }
});

describe('a record with many faults', () => {
  test('tells all of them in one pass', () => {
    const judged = judge(
      {
        last_name: '',
        birth_date: '20150230',
        sex: '?',
        zip: '021',
        phone: '555-0123',
        sharing_objection: '?',
        email: 'no at',
      },
      PATIENT,
    );
    expect([...judged.codes].sort()).toEqual([
      'birth-date-invalid',
      'email-invalid',
      'last-name-missing',
      'phone-invalid',
      'sex-unrecognized',
      'sharing-objection-unrecognized',
      'zip-invalid',
    ]);
    expect([...judged.errors].sort()).toEqual([
      'birth-date-invalid',
      'last-name-missing',
      'sharing-objection-unrecognized',
    ]);
    expect(judged.values).toMatchObject({ first_name: 'Nora', city: 'Boston' });
  });

  test('names an error once, however many values have it', () => {
    const spec = withSeverities({ 'phone-invalid': 'error' });
    const judged = judge({ phone: '555-0123', phone_2: '5', guardian_phone: 'x' }, { ...PATIENT, spec });
    expect(judged.codes).toEqual(['phone-invalid', 'phone-invalid', 'phone-invalid']);
    expect(judged.issues.map(({ field }) => field)).toEqual(['phone', 'phone_2', 'guardian_phone']);
    expect(judged.errors).toEqual(['phone-invalid']);
  });
});

describe('a fault silences the alarms that only follow from it', () => {
  test.each<[string, 'patient' | 'immunization', Written, IssueCode[]]>([
    ['an unreadable birth date is not missing, nor after the death', 'patient', { birth_date: 'x', death_date: '19500102' }, ['birth-date-invalid']],
    ['a last name that is a filler is not missing', 'patient', { last_name: 'NONE' }, ['last-name-placeholder']],
    ['a first name that is a filler is not missing', 'patient', { first_name: 'UNK' }, ['first-name-placeholder']],
    ['a death date in the future is not judged by the birth date', 'patient', { death_date: '20300102', birth_date: '20310103' }, ['birth-date-in-future', 'death-date-in-future']],
    ['a birth order that is wrong is not missing', 'patient', { multiple_birth: 'Y', birth_order: 'x' }, ['birth-order-invalid']],
    ['an unreadable multiple birth asks for no birth order', 'patient', { multiple_birth: 'x' }, ['multiple-birth-unrecognized']],
    ['a state that is wrong is not missing, and has no counties', 'patient', { state: 'XQ', county: '33011' }, ['state-unrecognized']],
    ['a ZIP code that is wrong is not missing', 'patient', { city: '', zip: 'x' }, ['zip-invalid']],
    ['a ZIP code that is wrong asks for no state', 'patient', { state: '', zip: '021' }, ['zip-invalid']],
    ['an unreadable dose date is not missing, nor before the licence', 'immunization', { administered_on: 'x', cvx: '133', mvx: 'PFR' }, ['dose-date-invalid']],
    ['a maker that is wrong is not missing', 'immunization', { mvx: 'QQQ' }, ['mvx-unrecognized']],
    ['a lot that is a filler is not missing', 'immunization', { lot_number: 'N.A.', cvx: '03' }, ['lot-characters']],
    ['a lot that says unknown is not missing', 'immunization', { lot_number: 'unknown' }, ['lot-placeholder']],
    ['a refusal reason that is wrong is not missing', 'immunization', { completion_status: 'RE', refusal_reason: 'x' }, ['refusal-reason-unrecognized', 'dose-refused']],
    ['an expiry of two digits may lie ahead', 'immunization', { administered_on: '20260505', lot_expiration: '12/31/27' }, []],
    ['an unreadable expiry expires nothing', 'immunization', { lot_expiration: 'x' }, ['lot-expiration-invalid']],
    ['an unresolved vaccine has no products', 'immunization', { cvx: 'shot' }, ['cvx-invalid', 'vaccine-unresolved']],
    ['an unreadable action asks for nothing', 'immunization', { action_code: 'x' }, ['action-unrecognized']],
    ['a refusal asks for no maker and no lot', 'immunization', { completion_status: 'RE', refusal_reason: '00', mvx: '', lot_number: '' }, ['dose-refused']],
  ])('%s', (_, role, values, codes) => {
    expect(judge(values, { role }).codes).toEqual(codes);
  }); // biome-ignore format: a table
});

describe('severities', () => {
  test.each<[Severity | 'off', 'accepted' | 'rejected', IssueCode[]]>([
    ['error', 'rejected', ['zip-invalid']],
    ['warning', 'accepted', ['zip-invalid']],
    ['info', 'accepted', ['zip-invalid']],
    ['off', 'accepted', []],
  ])('of a spec come before those of the catalogue: %s', (severity, fate, codes) => {
    const judged = judge({ zip: '021' }, { ...PATIENT, spec: withSeverities({ 'zip-invalid': severity }) });
    expect(judged).toMatchObject({ fate, codes });
    if (severity !== 'off') expect(judged.issues[0]!.severity).toBe(severity);
    expect(judged.values).not.toHaveProperty('zip');
  });

  test('a lowered error lets the record in without the value', () => {
    const spec = withSeverities({ 'birth-date-invalid': 'warning' });
    const judged = judge({ birth_date: 'x' }, { ...PATIENT, spec });
    expect(judged).toMatchObject({ fate: 'accepted', codes: ['birth-date-invalid'] });
    expect(judged.values).not.toHaveProperty('birth_date');
  });

  test('an issue that is off explains no blank: what is missing is still told', () => {
    const spec = withSeverities({ 'last-name-placeholder': 'off', 'mvx-unrecognized': 'off' });
    expect(judge({ last_name: 'UNKNOWN' }, { ...PATIENT, spec })).toMatchObject({
      fate: 'rejected',
      codes: ['last-name-missing'],
    });
    expect(judge({ mvx: 'QQQ' }, { ...DOSE, spec })).toMatchObject({ fate: 'accepted', codes: ['mvx-missing'] });
  });

  test('the codes that cannot be lowered are errors by themselves', () => {
    for (const code of ALWAYS_ERRORS) expect(judgeSeverity(code), code).toBe('error');
  });

  test('a field that a spec requires must have a value', () => {
    const fields = MIIS.layouts.patient.fields.map((field) =>
      field.name === 'sex' ? { ...field, use: 'required' as const } : field,
    );
    const layouts = { ...MIIS.layouts, patient: { ...MIIS.layouts.patient, fields } };
    const spec = { ...MIIS, layouts };
    expect(judge({ sex: '' }, { ...PATIENT, spec })).toMatchObject({
      fate: 'rejected',
      codes: ['required-value-missing'],
      issues: [{ field: 'sex', value: null }],
    });
    expect(judge({ sex: '?' }, { ...PATIENT, spec })).toMatchObject({ fate: 'accepted', codes: ['sex-unrecognized'] });
    expect(judge({ sex: 'F' }, { ...PATIENT, spec })).toMatchObject({ fate: 'accepted', codes: [] });
  });
});

function judgeSeverity(code: IssueCode): Severity | 'off' {
  const options = {
    spec: MIIS,
    codes: CODES,
    role: 'patient',
    today: TODAY,
    site: null,
    header: null,
    headerBytes: null,
  } as const;
  return compilePlan({ ...options, fieldCount: 1 }).severities[code];
}

describe('what is loaded', () => {
  test.each<[string, 'patient' | 'immunization', Written, Written]>([
    ['blanks around a value are left out', 'patient', { last_name: '  Walsh ' }, { last_name: 'Walsh' }],
    ['a blank status is active', 'patient', { registry_status: '' }, { registry_status: 'A' }],
    ['an unreadable status is active', 'patient', { registry_status: 'Z' }, { registry_status: 'A' }],
    ['a suffix goes to its own field', 'patient', { last_name: 'Walsh, Jr.' }, { last_name: 'Walsh', suffix: 'JR' }],
    ['a suffix in the name does not replace that of the field', 'patient', { last_name: 'Walsh Jr', suffix: 'SR' }, { last_name: 'Walsh', suffix: 'SR' }],
    ['a ZIP code gets its zero back', 'patient', { zip: '2118' }, { zip: '02118' }],
    ['a blank source is history', 'immunization', { information_source: '' }, { information_source: '01' }],
    ['an unreadable source is history', 'immunization', { information_source: 'ZZ' }, { information_source: '01' }],
    ['a blank status is completed', 'immunization', { completion_status: '' }, { completion_status: 'CP' }],
    ['a blank unit of an amount is mL', 'immunization', { dose_unit: '' }, { dose_unit: 'mL' }],
    ['the vaccine is what its clues lead to', 'immunization', { cvx: '', cpt: '90707' }, { cvx: '03', cpt: '90707' }],
    ['good days of a list are kept', 'immunization', { vis_edition_date: '20120420~x' }, { vis_edition_date: '2012-04-20' }],
  ])('%s', (_, role, written, loaded) => {
    expect(judge(written, { role }).values).toMatchObject(loaded);
  }); // biome-ignore format: a table

  test.each<[string, 'patient' | 'immunization', Written, FieldName]>([
    ['a unit without an amount', 'immunization', { dose_amount: '' }, 'dose_unit'],
    ['a county of another state', 'patient', { county: '33011' }, 'county'],
    ['a death before the birth', 'patient', { death_date: '20100102' }, 'death_date'],
    ['a death in the future', 'patient', { death_date: '20300102' }, 'death_date'],
    ['a filler in a middle name', 'patient', { middle_name: 'NMN' }, 'middle_name'],
    ['a filler in a mother’s name', 'patient', { mother_first_name: 'UNKNOWN' }, 'mother_first_name'],
    ['a word of the spec for no value', 'patient', { city: '(null)' }, 'city'],
  ])('without %s', (_, role, written, field) => {
    const judged = judge(written, { role });
    expect(judged.fate).toBe('accepted');
    expect(judged.values).not.toHaveProperty(field);
  });

  test('a middle initial X is an initial', () => {
    expect(judge({ middle_name: 'X' }, PATIENT).values).toMatchObject({ middle_name: 'X' });
  });

  test('the site is that of the record, else that of the command', () => {
    expect(judge({}, { ...PATIENT, site: 'F9' }).values).toMatchObject({ site_id: 'F1' });
    expect(judge({ site_id: '' }, { ...PATIENT, site: 'F9' })).toMatchObject({ codes: [], values: { site_id: 'F9' } });
  });

  test('no site at all, and no column for it, is one error', () => {
    const fields = MIIS.layouts.immunization.fields.filter(({ field }) => field !== 'site_id');
    const spec = { ...MIIS, layouts: { ...MIIS.layouts, immunization: { ...MIIS.layouts.immunization, fields } } };
    expect(judge({}, { ...DOSE, spec })).toMatchObject({ codes: ['site-missing'], issues: [{ field: null }] });
    expect(judge({}, { ...DOSE, spec, site: 'F9' })).toMatchObject({ codes: [], values: { site_id: 'F9' } });
  });

  test('consent to share is the opposite of an objection, in whichever letters it is given', () => {
    const objection = (consent: string): string | undefined =>
      judge({ sharing_objection: consent }, { ...PATIENT, spec: GRITS, site: 'GA001' }).values!.sharing_objection;
    expect(['Y', 'y', 'T', '1'].map(objection)).toEqual(['N', 'N', 'N', 'N']);
    expect(['N', 'n', 'F', '0'].map(objection)).toEqual(['Y', 'Y', 'Y', 'Y']);
    expect(objection('')).toBeUndefined();
  });

  test('a word that may mean either way is no answer about sharing', () => {
    for (const word of ['DECLINED', 'refused', 'POL', '?']) {
      expect(judge({ sharing_objection: word }, PATIENT), word).toMatchObject({
        fate: 'rejected',
        codes: ['sharing-objection-unrecognized'],
      });
    }
    expect(judge({ sharing_objection: 'UNKNOWN' }, PATIENT)).toMatchObject({ fate: 'accepted', codes: [] });
  });
});

describe('changes', () => {
  test('tell what was received and what was loaded, how often, and where first', () => {
    const lines = [
      patientLine(),
      patientLine({ birth_date: '05/14/2015', sex: 'female', last_name: 'walsh' }),
      patientLine({ birth_date: '05/14/2015', city: ' Boston ' }),
      patientLine({ phone: '(617) 555-0123', zip: '2118', sex: '?', middle_name: 'N/A' }),
    ];
    const [{ batch }] = transformText(lines.join('\n'), PATIENT) as [ReturnType<typeof transformText>[number]];
    const names = Object.keys(fieldsOf('patient'));
    const changes = batch.changes.map(({ slot, before, after, count, firstLine }) => [
      names[slot],
      before,
      after,
      count,
      firstLine,
    ]);
    expect(changes).toEqual([
      ['last_name', 'walsh', 'Walsh', 1, 2],
      ['birth_date', '05/14/2015', '2015-05-14', 2, 2],
      ['sex', 'female', 'F', 1, 2],
      ['middle_name', 'N/A', null, 1, 4],
      ['zip', '2118', '02118', 1, 4],
      ['phone', '(617) 555-0123', '6175550123', 1, 4],
    ]);
  });

  test('and issues show a value as it was received, though the layout has a word of its own for it', () => {
    const fields = MIIS.layouts.patient.fields.map((field) =>
      field.name === 'sex' ? { ...field, values: { BOY: 'male', SHE: 'f', '9': '', Z: 'both' } } : field,
    );
    const spec = { ...MIIS, layouts: { ...MIIS.layouts, patient: { ...MIIS.layouts.patient, fields } } };
    const lines = ['boy', 'she', '9', 'z'].map((sex) => patientLine({ sex }));
    const judged = judgeText(lines.join('\n'), { ...PATIENT, spec });
    expect(judged.map(({ values }) => values!.sex)).toEqual(['M', 'F', undefined, undefined]);
    expect(judged[0]!.changes).toMatchObject([
      { before: 'boy', after: 'M' },
      { before: 'she', after: 'F' },
    ]);
    expect(judged[3]!.issues).toMatchObject([{ code: 'sex-unrecognized', value: 'z' }]);
  });

  test('are kept up to a number; the rest is counted', () => {
    const lines = Array.from({ length: 2_500 }, (_, i) =>
      patientLine({ phone: `(617) 555-${String(i).padStart(4, '0')}` }),
    );
    const batches = transformText(lines.join('\n'), { ...PATIENT, blockBytes: 1 << 24 });
    expect(batches).toHaveLength(1);
    const { changes } = batches[0]!.batch;
    expect(changes).toHaveLength(2_001);
    expect(changes.at(-1)).toMatchObject({ before: '', after: null, count: 500, firstLine: 2_001 });
  });
});

test('filled values are counted by field', () => {
  const lines = [patientLine(), patientLine({ phone: '', zip: '021' }), patientLine({ phone: 'none' })];
  const [{ batch }] = transformText(lines.join('\n'), PATIENT) as [ReturnType<typeof transformText>[number]];
  const names = Object.keys(fieldsOf('patient'));
  const filled = (field: FieldName): number => batch.filled[names.indexOf(field)]!;
  expect([filled('last_name'), filled('phone'), filled('zip'), filled('ssn')]).toEqual([3, 1, 2, 0]);
});

describe('an issue says where it stands', () => {
  const lines = [
    patientLine({ source_patient_id: 'P-1' }),
    patientLine({ source_patient_id: 'P-2', street: '12\nMaple St', sex: '?' }),
    '',
    patientLine({ source_patient_id: 'P-3', sex: '?' }),
    'a|b',
  ];
  const text = lines.join('\r\n');

  test.each([1, 100, 1 << 20])('record, line and byte, in blocks of %i bytes', (blockBytes) => {
    const issues = judgeText(text, { ...PATIENT, blockBytes }).flatMap((judged) => judged.issues);
    const offsetOf = (place: number): number => lines.slice(0, place).reduce((sum, line) => sum + line.length + 2, 0);
    expect(
      issues.map(({ code, record, line, offset, sourcePatientId }) => [code, record, line, offset, sourcePatientId]),
    ).toEqual([
      ['sex-unrecognized', 2, 2, offsetOf(1), 'P-2'],
      ['character-control', 2, 2, offsetOf(1), 'P-2'],
      ['sex-unrecognized', 3, 5, offsetOf(3), 'P-3'],
      ['field-count-wrong', 4, 6, offsetOf(4), null],
    ]);
  });

  test('and which dose it is', () => {
    const judged = judge({ route: 'ZZ' }, DOSE);
    expect(judged.issues[0]).toMatchObject({ sourcePatientId: 'P-1001', sourceImmunizationId: 'V-1', value: 'ZZ' });
  });
});

test('values can be read again as they were received', () => {
  const text = `${doseLine()}\n${doseLine({ administered_on: '05/16/2016', comment: 'a|"b"', lot_number: '' })}`;
  const cutter = new RecordCutter({ delimiter: 124, quote: 34, fieldCount: null });
  const [block] = [...cutter.push(bytesOf(text)), ...cutter.end()];
  const options = { spec: MIIS, role: 'immunization', codes: CODES, today: TODAY, site: null } as const;
  const plan = compilePlan({ ...options, header: null, headerBytes: null, fieldCount: 33 });
  const read = createValueReader(block!, plan);
  expect(read(1, 'administered_on')).toBe('05/16/2016');
  expect(read(1, 'comment')).toBe('a|"b"');
  expect(read(1, 'lot_number')).toBeNull();
  expect(read(1, 'vaccine_group')).toBeNull();
  expect(read(0, 'administered_on')).toBe('20160516');
});

describe('properties', () => {
  const cell = fc.constantFrom(
    '',
    'Walsh',
    '?',
    '20150514',
    '5/14/15',
    'Núñez',
    'BABY GIRL',
    '2118',
    '1.23E+11',
    '"x',
    'a\tb',
  );
  const fields: FieldName[] = ['source_patient_id', 'last_name', 'first_name', 'birth_date', 'zip', 'sex', 'street'];
  const patient = fc
    .record(Object.fromEntries(fields.map((field) => [field, cell])))
    .map((values) => patientLine(values));
  const others = fc.constantFrom('a|b', '', '||', patientLine().replace('|Walsh|', '|"Walsh|'));
  const lines = fc.array(fc.oneof({ weight: 4, arbitrary: patient }, others), { minLength: 1, maxLength: 8 });
  const facts = (text: string, blockBytes: number): unknown[] =>
    judgeText(text, { ...PATIENT, blockBytes }).map(({ fate, issues, errors, values }) => ({
      fate,
      issues,
      errors,
      values,
    }));

  test('the size of the blocks makes no difference', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 900 }), (table, blockBytes) => {
        const text = table.join('\n');
        expect(facts(text, blockBytes)).toEqual(facts(text, 1 << 20));
      }),
      { numRuns: 300 },
    );
  });

  test('a record gives the same alone and among others', () => {
    fc.assert(
      fc.property(fc.array(patient, { minLength: 1, maxLength: 8 }), (table) => {
        const together = judgeText(table.join('\n'), PATIENT);
        table.forEach((line, index) => {
          const [alone] = judgeText(line, PATIENT);
          expect({ ...together[index]!, issues: [], changes: [] }).toEqual({ ...alone!, issues: [], changes: [] });
        });
      }),
      { numRuns: 300 },
    );
  });

  test.each([MIIS, GRITS])('columns that are looked up together say what each says by itself: $id', (spec) => {
    const word = fc.constantFrom('', '', ' ', 'IM', 'I', 'M', ' IM', 'LA', 'L', 'V02', '0.5', '999', '08', '8', 'mL');
    const inRuns: FieldName[] = [
      'cvx', 'cpt', 'mvx', 'dose_amount', 'dose_unit', 'route', 'body_site', 'administered_by_last_name', 'eligibility',
      'funding_source',
    ]; // biome-ignore format: a list of names
    const values = fc.record(Object.fromEntries(inRuns.map((field) => [field, word])));
    const circumstances = { role: 'immunization', spec, site: 'GA001' } as const;
    fc.assert(
      fc.property(fc.array(values, { minLength: 2, maxLength: 12 }), (table) => {
        const texts = table.map((own) =>
          writeRecord({ ...FAULTLESS[spec.id]!.immunization, ...own }, 'immunization', spec),
        );
        const together = judgeText(texts.join('\n'), circumstances);
        texts.forEach((text, index) => {
          const [alone] = judgeText(text, circumstances);
          expect(together[index]!.values).toEqual(alone!.values);
          expect(together[index]!.codes).toEqual(alone!.codes);
        });
      }),
      { numRuns: 300 },
    );
  });

  test('every record has one fate, and is rejected exactly if it has an error', () => {
    fc.assert(
      fc.property(lines, (table) => {
        for (const { block, batch } of transformText(table.join('\n'), PATIENT)) {
          const indexes = [...batch.accepted, ...batch.rejected.map(({ index }) => index), ...batch.skipped];
          expect(indexes.sort((a, b) => a - b)).toEqual(Array.from({ length: block.count }, (_, index) => index));
          expect(batch.rows.count).toBe(batch.accepted.length);
          const withError = new Set(
            batch.issues.filter(({ severity }) => severity === 'error').map(({ record }) => record),
          );
          expect([...withError]).toEqual(batch.rejected.map(({ index }) => block.firstRecord + index));
        }
      }),
      { numRuns: 300 },
    );
  });
});

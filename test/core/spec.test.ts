/** A Flat File Specification as data: what can be wrong with it, and what is told. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CATALOGUE, ISSUE_CODES } from '../../src/core/catalogue.js';
import { compilePlan } from '../../src/core/plan.js';
import {
  ALWAYS_ERRORS,
  checkSpec,
  columnKey,
  completeSpec,
  KEY_FIELDS,
  severityOf,
  VACCINE_FIELDS,
} from '../../src/core/spec.js';
import { CODES, GRITS, MIIS, TODAY } from '../support/fixtures.js';
import { type Json, pointers, smallest, smallestGlued, smallestTagged, withValue } from '../support/small-spec.js';

const PATIENT = '/layouts/patient';
const FIRST = `${PATIENT}/fields/0`;
const DOSE = '/layouts/immunization';

describe('a spec has nothing wrong with it', () => {
  test.each([['miis-legacy'], ['grits-fixed']])('%s', (id) => {
    const json = JSON.parse(readFileSync(new URL(`../../specs/${id}.json`, import.meta.url), 'utf8')) as Json;
    expect(checkSpec(json)).toEqual([]);
  });

  test.each<[string, string, Json]>([
    ['the smallest one', '/version', '1'],
    ['with a schema', '/$schema', './spec.schema.json'],
    ['with words for no value', '/nulls', ['NULL']],
    ['with an order of the vaccine’s columns', '/vaccineOrder', ['cpt', 'cvx']],
    ['with severities', '/severities', { 'zip-invalid': 'off', 'patient-not-found': 'error' }],
    ['without quotes', `${PATIENT}/quote`, null],
    ['with tabs', `${PATIENT}/delimiter`, '\t'],
    ['with a column that is not loaded', `${PATIENT}/fields/3`, { name: 'Balance', field: null }],
    ['with a blank date format of a field', `${PATIENT}/fields/2/dates`, ['YYYYMMDD', 'M/D/YYYY']],
    ['with records that may lack columns', `${PATIENT}/shortRows`, 'pad'],
    ['with rows that may not be longer', `${DOSE}/longRows`, 'reject'],
    ['with comments', `${DOSE}/comments`, '#'],
    ['with no line above the header', `${PATIENT}/titleRows`, 0],
    ['with a header record', `${PATIENT}/headerRecord`, { tag: 'H', use: 'optional' }],
    ['with a trailer record that counts', `${PATIENT}/trailerRecord`, { prefix: 'END OF FILE', totals: [{ counts: 'patients', field: 2 }, { counts: 'all', start: 20, width: 6 }] }],
    ['with a trailer record of fixed width', `${DOSE}/trailerRecord`, { prefix: 'T', totals: [{ counts: 'immunizations', start: 2, width: 6 }] }],
    ['with a backslash before quotes', `${PATIENT}/escape`, '\\'],
    ['with columns that count characters', `${DOSE}/widths`, 'characters'],
    ['with values, a default and a note', `${PATIENT}/fields/3`, { name: 'Sex', field: 'sex', values: { W: 'F' }, default: 'U', note: 'x', store: true, use: 'preferred' }],
  ])('%s', (_, pointer, value) => {
    expect(checkSpec(withValue(pointer, value))).toEqual([]);
  }); // biome-ignore format: a table
});

describe('a spec is told its fault, the place and the remedy', () => {
  test.each<[string, Json, string, string]>([
    ['', [], '', 'not a JSON object'],
    ['', null, '', 'not a JSON object'],
    ['/$schema', 7, '/$schema', 'not a text'],
    ['/id', undefined, '/id', 'missing'],
    ['/id', 7, '/id', 'not a text'],
    ['/id', 'My Clinic', '/id', 'not an id'],
    ['/version', ' ', '/version', 'not a text'],
    ['/title', undefined, '/title', 'missing'],
    ['/colour', 'red', '/colour', 'unknown property'],
    ['/provenance', undefined, '/provenance', 'missing'],
    ['/provenance/status', 'guessed', '/provenance/status', 'not a known value'],
    ['/provenance/source', undefined, '/provenance/source', 'missing'],
    ['/provenance/notes', 'none', '/provenance/notes', 'not a list of texts'],
    ['/provenance/author', 'x', '/provenance/author', 'unknown property'],
    ['/dates', 'MM/DD/YYYY', '/dates', 'missing'],
    ['/dates/formats', [], '/dates/formats', 'no date format'],
    ['/dates/formats', ['DD.MM.YYYY'], '/dates/formats/0', 'not a known value'],
    ['/dates/formats', [7], '/dates/formats', 'not a list of texts'],
    ['/dates/twoDigitYears', undefined, '/dates/twoDigitYears', 'missing'],
    ['/dates/twoDigitYears', 'guess', '/dates/twoDigitYears', 'not a known value'],
    ['/nulls', 'NULL', '/nulls', 'not a list of texts'],
    ['/vaccineOrder', 'cvx', '/vaccineOrder', 'not a list of texts'],
    ['/vaccineOrder', [], '/vaccineOrder', 'no field'],
    ['/vaccineOrder', ['cvx', 'mvx'], '/vaccineOrder/1', 'not a known value'],
    ['/vaccineOrder', ['cvx', 'cpt', 'cvx'], '/vaccineOrder/2', 'stands earlier in the list'],
    ['/severities', ['off'], '/severities', 'not an object'],
    ['/severities', { 'zip-wrong': 'off' }, '/severities/zip-wrong', 'no such issue code'],
    ['/severities', { toString: 'off' }, '/severities/toString', 'no such issue code'],
    ['/severities', { 'zip-invalid': 'fatal' }, '/severities/zip-invalid', 'not a known value'],
    ['/severities', { 'patient-not-found': 'warning' }, '/severities/patient-not-found', 'not a known value'],
    ['/layouts', undefined, '/layouts', 'no layouts'],
    ['/layouts/event', {}, '/layouts/event', 'unknown property'],
    ['/layouts/comment', {}, '/layouts/comment/fields', 'no fields'],
    [
      '/layouts/comment',
      { format: 'fixed', fields: [{ name: 'id', field: 'source_patient_id', width: 9 }] },
      '/layouts/comment/fields',
      'no column carries comment_code',
    ],
    [
      '/layouts/comment',
      { format: 'fixed', fields: [{ name: 'cvx', field: 'cvx', width: 9 }] },
      '/layouts/comment/fields/0/field',
      'no such field',
    ],
    [PATIENT, undefined, PATIENT, 'missing'],
    [`${PATIENT}/format`, 'csv', `${PATIENT}/format`, 'not a known value'],
    [`${PATIENT}/fields/0/default`, '1', `${PATIENT}/fields/0/default`, 'the same in every record'],
    [`${PATIENT}/delimiter`, undefined, `${PATIENT}/delimiter`, 'not one ASCII character'],
    [`${PATIENT}/delimiter`, '||', `${PATIENT}/delimiter`, 'not one ASCII character'],
    [`${PATIENT}/delimiter`, '\n', `${PATIENT}/delimiter`, 'not one ASCII character'],
    [`${PATIENT}/delimiter`, '¦', `${PATIENT}/delimiter`, 'not one ASCII character'],
    [`${PATIENT}/quote`, undefined, `${PATIENT}/quote`, 'not one ASCII character'],
    [`${PATIENT}/quote`, ',', `${PATIENT}/quote`, 'the same as the delimiter'],
    [`${PATIENT}/comments`, ' #', `${PATIENT}/comments`, 'not what a line can begin with'],
    [`${PATIENT}/comments`, '', `${PATIENT}/comments`, 'not what a line can begin with'],
    [`${DOSE}/comments`, 7, `${DOSE}/comments`, 'not what a line can begin with'],
    [`${PATIENT}/titleRows`, 101, `${PATIENT}/titleRows`, 'not a number of lines'],
    [`${PATIENT}/titleRows`, '3', `${PATIENT}/titleRows`, 'not a number of lines'],
    [`${DOSE}/titleRows`, 3, `${DOSE}/titleRows`, 'unknown property'],
    [`${PATIENT}/headerRecord`, 'H', `${PATIENT}/headerRecord`, 'not an object'],
    [`${PATIENT}/headerRecord`, {}, `${PATIENT}/headerRecord`, 'nothing to know it by'],
    [`${PATIENT}/headerRecord`, { tag: 'H', prefix: 'H' }, `${PATIENT}/headerRecord`, 'both tag and prefix'],
    [`${PATIENT}/headerRecord`, { tag: 'H,' }, `${PATIENT}/headerRecord/tag`, 'holds the delimiter'],
    [`${PATIENT}/headerRecord`, { tag: 'Ü' }, `${PATIENT}/headerRecord/tag`, 'not what a line can begin with'],
    [`${PATIENT}/headerRecord`, { tag: 'H', use: 'preferred' }, `${PATIENT}/headerRecord/use`, 'not a known value'],
    [`${PATIENT}/headerRecord`, { tag: 'H', total: [] }, `${PATIENT}/headerRecord/total`, 'unknown property'],
    [`${PATIENT}/headerRecord`, { tag: 'H', totals: {} }, `${PATIENT}/headerRecord/totals`, 'not a list'],
    [`${PATIENT}/headerRecord`, { tag: 'H', totals: [7] }, `${PATIENT}/headerRecord/totals/0`, 'not an object'],
    [
      `${PATIENT}/headerRecord`,
      { tag: 'H', totals: [{ counts: 'lines', field: 2 }] },
      `${PATIENT}/headerRecord/totals/0/counts`,
      'not a known value',
    ],
    [
      `${PATIENT}/headerRecord`,
      { tag: 'H', totals: [{ counts: 'immunizations', field: 2 }] },
      `${PATIENT}/headerRecord/totals/0/counts`,
      'not a known value',
    ],
    [
      `${PATIENT}/headerRecord`,
      { tag: 'H', totals: [{ counts: 'records' }] },
      `${PATIENT}/headerRecord/totals/0`,
      'no place',
    ],
    [
      `${PATIENT}/headerRecord`,
      { tag: 'H', totals: [{ counts: 'records', start: 2 }] },
      `${PATIENT}/headerRecord/totals/0`,
      'no place',
    ],
    [
      `${PATIENT}/headerRecord`,
      { tag: 'H', totals: [{ counts: 'records', field: 2, width: 6 }] },
      `${PATIENT}/headerRecord/totals/0`,
      'both field and place',
    ],
    [
      `${PATIENT}/headerRecord`,
      { tag: 'H', totals: [{ counts: 'records', field: 0 }] },
      `${PATIENT}/headerRecord/totals/0/field`,
      'not a place',
    ],
    ...(
      [
        ['tag', 'T', { field: 1 }, 'field'],
        ['prefix', 'END,OF,', { field: 3 }, 'field'],
        ['prefix', 'TRAILER', { start: 7, width: 6 }, 'start'],
      ] as const
    ).map(([by, begin, place, part]): [string, Json, string, string] => [
      `${PATIENT}/trailerRecord`,
      { [by]: begin, totals: [{ counts: 'records', ...place }] },
      `${PATIENT}/trailerRecord/totals/0/${part}`,
      'in the place of the tag',
    ]),
    [`${PATIENT}/trailerRecord`, { tag: 'T', name: 'x' }, `${PATIENT}/trailerRecord/name`, 'unknown property'],
    [`${DOSE}/trailerRecord`, { tag: 'T' }, `${DOSE}/trailerRecord/tag`, 'without columns'],
    [
      `${DOSE}/trailerRecord`,
      { prefix: 'T', totals: [{ counts: 'records', field: 2 }] },
      `${DOSE}/trailerRecord/totals/0/field`,
      'without columns',
    ],
    [`${PATIENT}/shortRows`, 'cut', `${PATIENT}/shortRows`, 'not a known value'],
    [`${DOSE}/longRows`, 'pad', `${DOSE}/longRows`, 'not a known value'],
    [`${PATIENT}/escape`, null, `${PATIENT}/escape`, 'not one ASCII character'],
    [`${PATIENT}/escape`, ',', `${PATIENT}/escape`, 'the same as the delimiter'],
    [`${PATIENT}/escape`, '"', `${PATIENT}/escape`, 'the same as the quote'],
    [`${DOSE}/escape`, '\\', `${DOSE}/escape`, 'unknown property'],
    [`${PATIENT}/header`, true, `${PATIENT}/header`, 'not a known value'],
    [`${PATIENT}/encoding`, 'latin1', `${PATIENT}/encoding`, 'unknown property'],
    [`${PATIENT}/fields`, [], `${PATIENT}/fields`, 'no fields'],
    [`${PATIENT}/fields`, {}, `${PATIENT}/fields`, 'no fields'],
    [FIRST, 'Chart', FIRST, 'not an object'],
    [`${FIRST}/name`, undefined, `${FIRST}/name`, 'missing'],
    [`${FIRST}/name`, '', `${FIRST}/name`, 'not a text'],
    [`${FIRST}/name`, 'd_o_b', `${PATIENT}/fields/2/name`, `the name is also that of ${FIRST}`],
    [`${FIRST}/aliases`, ['sur name'], `${PATIENT}/fields/1/name`, `the name is also that of ${FIRST}`],
    [`${FIRST}/aliases`, 'Nr', `${FIRST}/aliases`, 'not a list of texts'],
    [`${FIRST}/field`, undefined, `${FIRST}/field`, 'missing'],
    [`${FIRST}/field`, 'blood_type', `${FIRST}/field`, 'no such field'],
    [`${FIRST}/field`, 'cvx', `${FIRST}/field`, 'no such field'],
    [`${FIRST}/field`, 'toString', `${FIRST}/field`, 'no such field'],
    [`${FIRST}/field`, 'last_name', `${PATIENT}/fields/1/field`, 'carried by an earlier column'],
    [`${FIRST}/field`, 'first_name', `${PATIENT}/fields`, 'no column carries source_patient_id'],
    [`${FIRST}/width`, 0, `${FIRST}/width`, 'not a width'],
    [`${FIRST}/width`, 2.5, `${FIRST}/width`, 'not a width'],
    [`${FIRST}/width`, '10', `${FIRST}/width`, 'not a width'],
    [`${FIRST}/use`, 'always', `${FIRST}/use`, 'not a known value'],
    [`${FIRST}/dates`, ['YYYY'], `${FIRST}/dates/0`, 'not a known value'],
    [`${FIRST}/values`, { a: 1 }, `${FIRST}/values`, 'not a map of texts'],
    [`${FIRST}/values`, ['a'], `${FIRST}/values`, 'not a map of texts'],
    [`${FIRST}/default`, 1, `${FIRST}/default`, 'not a text'],
    [`${FIRST}/store`, 'no', `${FIRST}/store`, 'not true or false'],
    [`${FIRST}/note`, 7, `${FIRST}/note`, 'not a text'],
    [`${FIRST}/colour`, 'red', `${FIRST}/colour`, 'unknown property'],
    [DOSE, null, DOSE, 'missing'],
    [`${DOSE}/delimiter`, '|', `${DOSE}/delimiter`, 'unknown property'],
    [`${DOSE}/widths`, 'letters', `${DOSE}/widths`, 'not a known value'],
    [`${PATIENT}/widths`, 'bytes', `${PATIENT}/widths`, 'unknown property'],
    [`${DOSE}/fields/0/width`, undefined, `${DOSE}/fields/0/width`, 'missing'],
    [`${DOSE}/fields/1/field`, 'route', `${DOSE}/fields`, 'no column carries administered_on'],
    [`${DOSE}/fields/2/field`, 'route', `${DOSE}/fields`, 'no column names the vaccine'],
  ])('%s = %j', (pointer, value, path, message) => {
    const problems = checkSpec(withValue(pointer, value));
    expect(problems.map((problem) => [problem.path, problem.message])).toContainEqual([path, message]);
    for (const { remedy } of problems) expect(remedy).toMatch(/^[A-Z].*[.…}]/);
  });

  test('where lines that are no records begin alike', () => {
    const layout = { comments: 'T', headerRecord: { prefix: 'H' }, trailerRecord: { tag: 'T' } };
    const spec = Object.entries(layout).reduce((json, [name, value]) => {
      return withValue(`${PATIENT}/${name}`, value, json as never);
    }, smallest() as Json);
    expect(checkSpec(spec).map(({ path, message }) => [path, message])).toEqual([
      [`${PATIENT}/trailerRecord/tag`, `the same as ${PATIENT}/comments`],
    ]);
  });

  test('where nothing can stand above a header that there is not', () => {
    const spec = withValue(`${PATIENT}/header`, 'absent', withValue(`${PATIENT}/titleRows`, 3) as never);
    expect(checkSpec(spec).map(({ path, message }) => [path, message])).toEqual([
      [`${PATIENT}/titleRows`, 'without a header'],
    ]);
  });

  test('all at once', () => {
    const spec = smallest();
    const fields = [
      { name: 'A', field: 'zip', width: -1 },
      { name: 'a', field: 'zip' },
    ];
    spec['layouts'] = { patient: { format: 'delimited', delimiter: '||', quote: '', header: 'maybe', fields } };
    spec['dates'] = {};
    expect(
      checkSpec(spec)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([
      '/dates/formats',
      '/dates/twoDigitYears',
      '/layouts/immunization',
      '/layouts/patient/delimiter',
      '/layouts/patient/fields',
      '/layouts/patient/fields',
      '/layouts/patient/fields',
      '/layouts/patient/fields/0/width',
      '/layouts/patient/fields/1/field',
      '/layouts/patient/fields/1/name',
      '/layouts/patient/header',
      '/layouts/patient/quote',
    ]);
  });

  test('with one problem for one mistake', () => {
    expect(checkSpec(withValue(`${FIRST}/width`, 0))).toHaveLength(1);
    expect(checkSpec(withValue('/dates', undefined))).toHaveLength(1);
    expect(checkSpec(withValue('/severities', { 'zip-wrong': 'off' }))).toHaveLength(1);
  });
});

describe('a spec of tagged lines', () => {
  const LINES = '/layouts/tagged';
  const told = (pointer: string, value: Json, spec = smallestTagged()): string[][] =>
    checkSpec(withValue(pointer, value, spec)).map(({ path, message }) => [path, message]);

  test.each<[string, string, Json]>([
    ['with lines that are not loaded', `${LINES}/others`, [{ tag: 'C' }, { tag: 'V', width: 7 }]],
    ['with an escape', `${LINES}/escape`, '\\'],
    ['with comments', `${LINES}/comments`, '#'],
    ['with totals of patients and doses', `${LINES}/trailerRecord`, { tag: 'T', totals: [{ counts: 'patients', field: 2 }, { counts: 'immunizations', field: 3 }] }],
    ['with doses that name their patient', `${LINES}/immunization/fields/3`, { name: 'Chart', field: 'source_patient_id' }],
  ])('%s has nothing wrong with it', (_, pointer, value) => {
    expect(told(pointer, value)).toEqual([]);
  }); // biome-ignore format: a table

  test.each<[string, Json, string, string]>([
    [LINES, 7, LINES, 'not an object'],
    [`${LINES}/format`, 'csv', `${LINES}/format`, 'not a known value'],
    [`${LINES}/header`, 'absent', `${LINES}/header`, 'unknown property'],
    [`${LINES}/glued`, true, `${LINES}/glued`, 'unknown property'],
    [`${LINES}/fields`, [], `${LINES}/fields`, 'unknown property'],
    [`${LINES}/patient`, undefined, `${LINES}/patient`, 'not an object'],
    [`${LINES}/patient/tag`, undefined, `${LINES}/patient/tag`, 'not what a line can begin with'],
    [`${LINES}/patient/tag`, 'P|', `${LINES}/patient/tag`, 'holds the delimiter'],
    [`${LINES}/immunization/tag`, 'P', `${LINES}/immunization/tag`, `the same as ${LINES}/patient/tag`],
    [`${LINES}/comments`, 'I', `${LINES}/immunization/tag`, 'the same as that of other lines'],
    [`${LINES}/trailerRecord`, { tag: 'P' }, `${LINES}/patient/tag`, 'the same as that of other lines'],
    [`${LINES}/patient/fields/0/field`, 'zip', `${LINES}/patient/fields/0/field`, 'in the place of the tag'],
    [`${LINES}/patient/fields/1/field`, null, `${LINES}/patient/fields`, 'no column carries source_patient_id'],
    [`${LINES}/immunization/fields/2/field`, null, `${LINES}/immunization/fields`, 'no column names the vaccine'],
    [`${LINES}/immunization/fields/2/field`, 'zip', `${LINES}/immunization/fields/2/field`, 'no such field'],
    [`${LINES}/patient/colour`, 'red', `${LINES}/patient/colour`, 'unknown property'],
    [`${LINES}/others`, 'C', `${LINES}/others`, 'not a list'],
    [`${LINES}/others`, ['C'], `${LINES}/others/0`, 'not an object'],
    [`${LINES}/others`, [{ tag: 'C', fields: [] }], `${LINES}/others/0/fields`, 'unknown property'],
    [`${LINES}/others`, [{ tag: 'I' }], `${LINES}/others/0/tag`, `the same as ${LINES}/immunization/tag`],
    ['/layouts/patient', {}, '/layouts/patient', 'beside tagged'],
    ['/layouts/combined', {}, LINES, 'beside combined'],
  ])('is told: %s = %j', (pointer, value, path, message) => {
    expect(told(pointer, value)).toContainEqual([path, message]);
    for (const { remedy } of checkSpec(withValue(pointer, value, smallestTagged()))) {
      expect(remedy).toMatch(/^[A-Z].*[.…}]/);
    }
  });

  test.each<[string, Json, string, string]>([
    [`${LINES}/glued`, 1, `${LINES}/glued`, 'not true or false'],
    [`${LINES}/others/0/width`, undefined, `${LINES}/others/0/width`, 'missing'],
    [`${LINES}/others/0/width`, 0, `${LINES}/others/0/width`, 'not a width'],
    [`${LINES}/patient/tag`, 'CLI', `${LINES}/patient/fields/0/width`, 'no room for the tag'],
    [`${LINES}/patient/fields/1/width`, undefined, `${LINES}/patient/fields/1/width`, 'missing'],
    [`${LINES}/delimiter`, '|', `${LINES}/delimiter`, 'unknown property'],
  ])('that are glued together is told: %s = %j', (pointer, value, path, message) => {
    expect(told(pointer, value, smallestGlued())).toContainEqual([path, message]);
  });

  test('is complete with a layout for each role', () => {
    const { patient, immunization } = completeSpec(smallestTagged()).layouts;
    expect(patient).toMatchObject({ format: 'delimited', header: 'absent', tag: 'P' });
    expect(immunization).toMatchObject({ delimiter: '|', tag: 'I' });
    expect(immunization.fields.map(({ field }) => field)).toEqual([null, 'administered_on', 'cvx']);
    expect(patient.lines).toEqual(immunization.lines);
  });
});

describe('a spec is told what was probably meant', () => {
  test.each<[string, Json, string, string]>([
    ['/titel', 'x', '/titel', 'Did you mean title? Known here: $schema, id, '],
    [`${FIRST}/alias`, [], `${FIRST}/alias`, 'Did you mean aliases? Known here: name, field, '],
    [`${FIRST}/Width`, 7, `${FIRST}/Width`, 'Did you mean width? Known here: '],
    [`${FIRST}/colour`, 7, `${FIRST}/colour`, 'Known here: '],
    [`${FIRST}/field`, 'lastname', `${FIRST}/field`, 'Did you mean last_name? Use null for '],
    [`${FIRST}/field`, 'cvx', `${FIRST}/field`, 'Use null for '],
    [`${FIRST}/use`, 'require', `${FIRST}/use`, 'Did you mean required? Use one of '],
    [
      '/severities',
      { 'zip-invald': 'off' },
      '/severities/zip-invald',
      'Did you mean zip-invalid? See `immload explain` ',
    ],
    ['/dates/formats', ['MMDDYYY'], '/dates/formats/0', 'Did you mean MMDDYYYY? Use one of '],
  ])('%s = %j', (pointer, value, path, remedy) => {
    const [problem] = checkSpec(withValue(pointer, value)).filter((each) => each.path === path);
    expect(problem!.remedy.startsWith(remedy), problem!.remedy).toBe(true);
  });

  test('and whether it is the name that is wrong', () => {
    expect(checkSpec(withValue('/titel', 'x'))[0]!.inName).toBe(true);
    expect(checkSpec(withValue('/title', ''))[0]!.inName).toBeUndefined();
  });

  test('in a JSON pointer, whatever the name is', () => {
    expect(checkSpec(withValue('/severities', { 'a/b~c': 'off' }))[0]!.path).toBe('/severities/a~1b~0c');
  });
});

describe('a spec that checks clean can be used', () => {
  const anything = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
  const places = pointers(smallest());

  function plan(json: Json): void {
    const spec = completeSpec(json);
    for (const role of ['patient', 'immunization'] as const) {
      const fieldCount = spec.layouts[role].fields.length;
      const options = {
        spec,
        role,
        codes: CODES,
        today: TODAY,
        site: null,
        header: null,
        headerBytes: null,
        fieldCount,
      };
      expect(compilePlan(options).columns.length).toBeLessThanOrEqual(fieldCount);
    }
  }

  test('whatever is put into it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), anything, (place, value) => {
        const spec = withValue(place, value);
        if (checkSpec(spec).length === 0) plan(spec);
      }),
      { numRuns: 3_000 },
    );
  });

  test('whatever is taken out of it', () => {
    for (const place of places.filter((each) => each !== '')) {
      const spec = withValue(place, undefined);
      if (checkSpec(spec).length === 0) plan(spec);
      else expect(checkSpec(spec)[0]!.message, place).not.toBe('');
    }
  });

  test('and any JSON is told, not thrown', () => {
    fc.assert(
      fc.property(anything, (json) => {
        expect(checkSpec(json)).not.toEqual([]);
      }),
    );
  });
});

describe('a complete spec', () => {
  const complete = completeSpec(smallest());

  test('has its optional parts', () => {
    expect(complete).toMatchObject({ nulls: [], severities: {} });
    expect(complete.vaccineOrder).toEqual(['ndc', 'cvx', 'cpt', 'vaccine_name', 'vaccine_group']);
    expect(complete.layouts.patient.fields.map(({ use }) => use)).toEqual(['optional', 'optional', 'optional']);
  });

  test('has all fields of the vaccine in the order that it states, the others behind', () => {
    const spec = completeSpec({ ...smallest(), vaccineOrder: ['cpt', 'ndc'] });
    expect(spec.vaccineOrder).toEqual(['cpt', 'ndc', 'cvx', 'vaccine_name', 'vaccine_group']);
  });

  test('keeps what it said, and leaves the JSON alone', () => {
    const json = { ...smallest(), nulls: ['x'], severities: { 'zip-invalid': 'info' } };
    const before = JSON.stringify(json);
    expect(completeSpec(json)).toMatchObject({ id: 'my-clinic', nulls: ['x'], severities: { 'zip-invalid': 'info' } });
    expect(JSON.stringify(json)).toBe(before);
    expect(MIIS.layouts.patient.fields[0]!.use).toBe('required');
  });
});

describe('severities', () => {
  test('are those of the catalogue unless the spec says otherwise', () => {
    for (const code of ISSUE_CODES) expect(severityOf(code, MIIS)).toBe(CATALOGUE[code].severity);
    expect(severityOf('first-name-missing', GRITS)).toBe('error');
    expect(severityOf('zip-invalid', { severities: { 'zip-invalid': 'off' } })).toBe('off');
  });

  test.each(ALWAYS_ERRORS)('of %s cannot be lowered', (code) => {
    for (const severity of ['warning', 'info', 'off']) {
      expect(checkSpec(withValue('/severities', { [code]: severity }))).toMatchObject([
        { path: `/severities/${code}` },
      ]);
    }
    expect(checkSpec(withValue('/severities', { [code]: 'error' }))).toEqual([]);
  });
});

test.each([
  ['birth_date', 'BirthDate'],
  ['birth_date', ' BIRTH  DATE '],
  ["Mother's First Name", 'mothers_first_name'],
  ['Mother’s First Name', "MOTHER'S FIRST-NAME"],
  ['"zip"', 'Zip.'],
])('%j and %j name one column', (a, b) => {
  expect(columnKey(a)).toBe(columnKey(b));
});

test('the built-in specs carry the fields that a layout cannot do without', () => {
  for (const spec of [MIIS, GRITS]) {
    for (const role of ['patient', 'immunization'] as const) {
      const carried = spec.layouts[role].fields.map(({ field }) => field);
      expect(carried).toEqual(expect.arrayContaining([...KEY_FIELDS[role]]));
    }
    expect(spec.layouts.immunization.fields.some(({ field }) => VACCINE_FIELDS.includes(field!))).toBe(true);
  }
});

/** What a spec writes for its columns itself is held against the code tables. */
import { describe, expect, test } from 'vitest';
import { checkSpec, completeSpec } from '../../src/core/spec.js';
import { checkSpecCodes, defaultsOf } from '../../src/core/spec-codes.js';
import { CODES } from '../support/fixtures.js';
import { type Json, smallest, smallestCombined, smallestTagged, withValue } from '../support/small-spec.js';

const FIELDS = '/layouts/patient/fields';
const ADDED = `${FIELDS}/3`;
const DOSE = '/layouts/immunization/fields/2';

/** What is found, as `path: message`. */
function problemsOf(spec: Json): string[] {
  return checkSpecCodes(spec, CODES).map(({ path, message }) => `${path}: ${message}`);
}

const UNKNOWN = 'stands for nothing that is known';
const UNREAD = 'not understood in this column';

describe('a column of its own', () => {
  test.each<[string, Json, string[]]>([
    ['stands for a code', { name: 'Sex', field: 'sex', values: { '1': 'M', '2': 'female', '9': '' } }, []],
    ['stands for no code', { name: 'Sex', field: 'sex', values: { '1': 'Q', '2': 'F' } }, [`${ADDED}/values/1: ${UNKNOWN}`]],
    ['flags a race', { name: 'AI', field: 'race', values: { Y: '1002-5', N: '' } }, []],
    ['flags no race', { name: 'AI', field: 'race', values: { Y: 'AI/AN?' } }, [`${ADDED}/values/Y: ${UNKNOWN}`]],
    ['has a default of its own words', { name: 'Share', field: 'sharing_objection', values: { ok: 'N' }, default: 'OK' }, []],
    ['has a default that is a name', { name: 'Sex', field: 'sex', default: 'Male' }, []],
    ['has a default that is nothing', { name: 'Sex', field: 'sex', default: 'Q' }, [`${ADDED}/default: ${UNREAD}`]],
    ['has a day as default that is none', { name: 'Died', field: 'death_date', default: '13/45/2000' }, [`${ADDED}/default: ${UNREAD}`]],
    ['has an example', { name: 'Sex', field: 'sex', example: 'F' }, []],
    ['has an example that means nothing', { name: 'Sex', field: 'sex', example: 'Q' }, [`${ADDED}/example: ${UNREAD}`]],
    ['has numbered examples', { name: 'Chart 2', field: 'chart_number', example: 'C{n}' }, []],
    ['is part of a number', { name: 'Area', field: 'phone', example: '617' }, []],
    ['is not loaded', { name: 'Kind', field: null, values: { '1': 'Q' }, default: 'Q', example: 'Q' }, []],
  ])('%s', (_, column, expected) => {
    const spec = withValue(ADDED, column);
    expect(problemsOf(spec)).toEqual(expected);
  }); // biome-ignore format: a table

  test.each<[string, string, number]>([
    ['cvx', '03', 0],
    ['cvx', 'M-M-R II', 0],
    ['cvx', '9999', 1],
    ['cpt', '90707', 0],
    ['cpt', '00000', 1],
    ['vaccine_name', 'M-M-R II', 0],
    ['vaccine_group', 'Wonder shot', 1],
    ['ndc', '00006-4681-00', 0],
  ])('of doses, %s leads from %s to a vaccine', (field, code, problems) => {
    expect(problemsOf(withValue(DOSE, { name: 'V', field, width: 20, values: { A: code } }))).toHaveLength(problems);
  });

  test('is found in every kind of layout, at its place', () => {
    const bad = { name: 'Sex', field: 'sex', values: { '1': 'Q' } };
    expect(problemsOf(withValue('/layouts/combined/fields/4', bad, smallestCombined()))).toEqual([
      `/layouts/combined/fields/4/values/1: ${UNKNOWN}`,
    ]);
    const dose = { name: 'Route {n}', field: 'route', values: { a: 'nose?' } };
    expect(problemsOf(withValue('/layouts/combined/fields/4/fields/2', dose, smallestCombined()))).toEqual([
      `/layouts/combined/fields/4/fields/2/values/a: ${UNKNOWN}`,
    ]);
    expect(problemsOf(withValue('/layouts/tagged/patient/fields/4', bad, smallestTagged()))).toEqual([
      `/layouts/tagged/patient/fields/4/values/1: ${UNKNOWN}`,
    ]);
  });

  test('says where the codes are', () => {
    const [problem] = checkSpecCodes(withValue(ADDED, { name: 'Sex', field: 'sex', values: { '1': 'Q' } }), CODES);
    expect(problem!.remedy).toContain('`immload codes show sex`');
  });
});

test.each<[string, Json]>([
  ['no object', 7],
  ['nothing', {}],
  ['layouts that are none', { layouts: { patient: 3, combined: { fields: [null, { repeat: 2, fields: 7 }] } } }],
  ['columns of all kinds', withValue(FIELDS, [7, null, {}, { field: 'sex', values: 7, default: [], rules: 'x' }])],
  ['no form of dates', withValue('/dates', { formats: [] }, { ...smallest() })],
])('what is wrong otherwise stops nothing: %s', (_, json) => {
  expect(problemsOf(json)).toEqual([]);
});

describe('defaults', () => {
  test('are told with whether the code tables know them', () => {
    const spec = withValue(FIELDS, [
      ...(smallest()['layouts'] as { patient: { fields: Json[] } }).patient.fields,
      { name: 'Sex', field: 'sex', default: 'Male' },
      { name: 'Status', field: 'registry_status', default: 'Z' },
    ]);
    expect(checkSpec(spec)).toEqual([]);
    const found = defaultsOf(completeSpec(spec), CODES).map(({ column, isUnderstood }) => [column.name, isUnderstood]);
    expect(found).toEqual([
      ['Sex', true],
      ['Status', false],
    ]);
  });
});

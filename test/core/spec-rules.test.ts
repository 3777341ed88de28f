/** What can be wrong with the rules of columns and with what they name, and what is told. */
import { describe, expect, test } from 'vitest';
import { checkSpec } from '../../src/core/spec.js';
import { type Json, smallest, smallestCombined, withValue } from '../support/small-spec.js';

const PATIENT = '/layouts/patient';
const LAST = `${PATIENT}/fields/1`;
const RULE = `${LAST}/rules/0`;
const CONDITION = `${PATIENT}/conditions/old/0`;

/** The smallest spec with something for rules to name. */
function withNames(): { [key: string]: Json } {
  const spec = smallest();
  spec['sets'] = { answers: ['YES', 'NO'], sexes: { table: 'sex' } };
  spec['prefixes'] = { zips: { MA: ['010-027', '055'] } };
  const patient = (spec['layouts'] as { [key: string]: { [key: string]: Json } })['patient']!;
  patient['conditions'] = { old: [{ column: 'DOB', filled: true }] };
  patient['quote'] = null;
  return spec;
}

const problemsOf = (pointer: string, value: Json, spec = withNames()): (readonly [string, string])[] =>
  checkSpec(withValue(pointer, value, spec)).map(({ path, message }) => [path, message] as const);

describe('nothing is wrong with', () => {
  test.each<[string, string, Json]>([
    ...[
      { required: true }, { required: true, when: 'old' }, { notToSend: true, when: ['old'] }, { fixed: 'Redacted' },
      { pattern: '\\d{5}(-\\d{4})?' }, { set: 'answers', code: 'DATA007' }, { longest: 20 }, { dates: ['YYYY-MM', 'MM/DD/YYYY'] },
      { needs: 'Chart' }, { notAfter: 'DOB' }, { notAfter: 'DOB', evenBlank: true, asText: true }, { notInFuture: true }, { notInFuture: true, asText: false },
      { prefixes: 'zips', of: 'Chart' }, { prefixes: 'zips', of: 'Chart', unlisted: 'wrong' }, { unique: true, evenBlank: false },
    ].map((rule): [string, string, Json] => [`the rule ${JSON.stringify(rule)}`, `${LAST}/rules`, [rule as Json]]),
    ['no rules', `${LAST}/rules`, []],
    ['conditions of each kind', `${PATIENT}/conditions`, {
      a: [{ column: 'Chart', is: ['1', '2'] }, { column: 'Last', isNot: ['X'] }],
      b: [{ any: [{ column: 'Chart', filled: false }, { column: 'DOB', is: ['x'] }] }],
      old: [{ column: 'DOB', filled: true }],
    }],
    ['records that are not loaded', `${PATIENT}/notLoaded`, ['old']],
    ['records that are not loaded, by one name', `${PATIENT}/notLoaded`, 'old'],
    ['blanks that are kept', `${PATIENT}/blanks`, 'kept'],
    ['columns that are retired, which conditions may ask about', PATIENT, {
      ...(withNames()['layouts'] as { [key: string]: { [key: string]: Json } })['patient']!,
      retired: ['Suffix'], conditions: { old: [{ column: 'Suffix', filled: true }] },
    }],
    ['codes of the document', '/codes', { 'value-too-long': 'DATA008' }],
    ['a prefix table in which a value asks for anything or nothing', '/prefixes/zips', { MA: [''], PW: [] }],
    ['a prefix table with letters', '/prefixes/zips', { UK: ['ab', 'B1-b9'] }],
    ['an example', `${LAST}/example`, 'Walsh'],
    ['an example of a key', `${PATIENT}/fields/0/example`, 'C-{n}'],
  ])('%s', (_, pointer, value) => {
    expect(problemsOf(pointer, value)).toEqual([]);
  }); // biome-ignore format: a table

  test('rules of the columns of a dose', () => {
    const spec = smallestCombined();
    const combined = (spec['layouts'] as { combined: { [key: string]: Json } }).combined;
    combined['conditions'] = { given: [{ column: 'Date {n}', filled: true }] };
    const rules = [{ required: true, when: 'given' }, { needs: 'Date {n}' }, { notAfter: 'DOB' }];
    expect(checkSpec(withValue('/layouts/combined/fields/4/fields/1/rules', rules, spec))).toEqual([]);
  });
});

describe('a spec is told its fault, the place and the remedy', () => {
  test.each<[string, Json, string, string]>([
    ['/sets', ['YES'], '/sets', 'not an object'],
    ['/sets/answers', 'YES', '/sets/answers', 'not a list of texts'],
    ['/sets/answers', [], '/sets/answers', 'no values'],
    ['/sets/answers', [1], '/sets/answers', 'not a list of texts'],
    ['/sets/sexes', { table: 'sexes' }, '/sets/sexes/table', 'not a known value'],
    ['/sets/sexes', { codes: 'sex' }, '/sets/sexes/codes', 'unknown property'],
    ['/prefixes', ['zips'], '/prefixes', 'not an object'],
    ['/prefixes/zips', ['01'], '/prefixes/zips', 'not an object'],
    ['/prefixes/zips', { MA: '01' }, '/prefixes/zips/MA', 'not a list of texts'],
    ['/prefixes/zips', { MA: ['010', '9-11'] }, '/prefixes/zips/MA/1', 'no range of beginnings'],
    ['/prefixes/zips', { MA: ['027-010'] }, '/prefixes/zips/MA/0', 'no range of beginnings'],
    ['/prefixes/zips', { MA: ['01-02-03'] }, '/prefixes/zips/MA/0', 'no range of beginnings'],
    ['/prefixes/zips', { MA: ['-'] }, '/prefixes/zips/MA/0', 'no range of beginnings'],
    ['/codes', ['DATA008'], '/codes', 'not an object'],
    ['/codes', { 'value-to-long': 'DATA008' }, '/codes/value-to-long', 'no such issue code'],
    ['/codes', { 'value-too-long': 8 }, '/codes/value-too-long', 'not a text'],
    [`${PATIENT}/conditions`, ['old'], `${PATIENT}/conditions`, 'not an object'],
    [`${PATIENT}/conditions/old`, { column: 'DOB' }, `${PATIENT}/conditions/old`, 'no list of conditions'],
    [`${PATIENT}/conditions/old`, [], `${PATIENT}/conditions/old`, 'no list of conditions'],
    [CONDITION, 'DOB', CONDITION, 'not an object'],
    [CONDITION, { column: 'DOB' }, CONDITION, 'asks nothing'],
    [CONDITION, { column: 'DOB', is: ['x'], filled: true }, CONDITION, 'asks several things'],
    [CONDITION, { is: ['x'] }, `${CONDITION}/column`, 'missing'],
    [CONDITION, { column: 'Born', filled: true }, `${CONDITION}/column`, 'no such column'],
    [CONDITION, { column: 'DOB', is: 'x' }, `${CONDITION}/is`, 'not a list of texts'],
    [CONDITION, { column: 'DOB', isNot: [] }, `${CONDITION}/isNot`, 'no values'],
    [CONDITION, { column: 'DOB', filled: 'yes' }, `${CONDITION}/filled`, 'not true or false'],
    [CONDITION, { column: 'DOB', filed: true }, `${CONDITION}/filed`, 'unknown property'],
    [CONDITION, { any: 'x' }, `${CONDITION}/any`, 'no list of conditions'],
    [CONDITION, { any: [{ any: [{ column: 'DOB', filled: true }] }] }, `${CONDITION}/any/0/any`, 'unknown property'],
    [CONDITION, { any: [{ column: 'DOB', filled: true }], column: 'DOB' }, `${CONDITION}/column`, 'unknown property'],
    [`${PATIENT}/notLoaded`, 'young', `${PATIENT}/notLoaded`, 'no such condition'],
    [`${PATIENT}/notLoaded`, ['old', 'young'], `${PATIENT}/notLoaded/1`, 'no such condition'],
    [`${PATIENT}/notLoaded`, [], `${PATIENT}/notLoaded`, 'no name of a condition'],
    [`${PATIENT}/blanks`, 'trimmed', `${PATIENT}/blanks`, 'not a known value'],
    [`${PATIENT}/retired`, 'Suffix', `${PATIENT}/retired`, 'not a list of texts'],
    [`${LAST}/rules`, { required: true }, `${LAST}/rules`, 'not a list of rules'],
    [`${LAST}/rules`, ['required'], RULE, 'not an object'],
    [`${LAST}/rules`, [{}], RULE, 'asks nothing'],
    [`${LAST}/rules`, [{ code: 'X' }], RULE, 'asks nothing'],
    [`${LAST}/rules`, [{ required: true, set: 'answers' }], RULE, 'asks several things: required, set'],
    [`${LAST}/rules`, [{ requird: true }], `${RULE}/requird`, 'unknown property'],
    [`${LAST}/rules`, [{ required: 'yes' }], `${RULE}/required`, 'not true'],
    [`${LAST}/rules`, [{ notToSend: false }], `${RULE}/notToSend`, 'not true'],
    [`${LAST}/rules`, [{ fixed: '' }], `${RULE}/fixed`, 'not a text'],
    [`${LAST}/rules`, [{ pattern: 7 }], `${RULE}/pattern`, 'not a text'],
    [`${LAST}/rules`, [{ pattern: '(a' }], `${RULE}/pattern`, 'not a pattern: ( is not closed'],
    [`${LAST}/rules`, [{ pattern: '(a)\\1' }], `${RULE}/pattern`, 'not a pattern: \\1 is not known'],
    [`${LAST}/rules`, [{ set: 'colours' }], `${RULE}/set`, 'no such set'],
    [`${LAST}/rules`, [{ set: ['YES'] }], `${RULE}/set`, 'not a text'],
    [`${LAST}/rules`, [{ longest: '20' }], `${RULE}/longest`, 'not a number of characters'],
    [`${LAST}/rules`, [{ longest: 2.5 }], `${RULE}/longest`, 'not a number of characters'],
    [`${LAST}/rules`, [{ dates: [] }], `${RULE}/dates`, 'no date format'],
    [`${LAST}/rules`, [{ dates: ['DD.MM.YYYY'] }], `${RULE}/dates/0`, 'not a known value'],
    [`${LAST}/rules`, [{ needs: 'First' }], `${RULE}/needs`, 'no such column'],
    [`${LAST}/rules`, [{ notAfter: 'Died' }], `${RULE}/notAfter`, 'no such column'],
    [`${LAST}/rules`, [{ notAfter: true }], `${RULE}/notAfter`, 'not a text'],
    [`${LAST}/rules`, [{ prefixes: 'zips' }], `${RULE}/of`, 'missing'],
    [`${LAST}/rules`, [{ prefixes: 'areas', of: 'DOB' }], `${RULE}/prefixes`, 'no such table of prefixes'],
    [`${LAST}/rules`, [{ prefixes: 'zips', of: 'State' }], `${RULE}/of`, 'no such column'],
    [`${LAST}/rules`, [{ prefixes: 'zips', of: 'DOB', unlisted: 'ignored' }], `${RULE}/unlisted`, 'not a known value'],
    [`${LAST}/rules`, [{ set: 'answers', of: 'DOB' }], `${RULE}/of`, 'means nothing here'],
    [`${LAST}/rules`, [{ set: 'answers', evenBlank: true }], `${RULE}/evenBlank`, 'means nothing here'],
    [`${LAST}/rules`, [{ dates: ['YYYY-MM-DD'], asText: true }], `${RULE}/asText`, 'means nothing here'],
    [`${LAST}/rules`, [{ notInFuture: true, asText: 'yes' }], `${RULE}/asText`, 'not true or false'],
    [`${LAST}/rules`, [{ unique: true, evenBlank: 'yes' }], `${RULE}/evenBlank`, 'not true or false'],
    [`${LAST}/rules`, [{ required: true, when: 'young' }], `${RULE}/when`, 'no such condition'],
    [`${LAST}/rules`, [{ required: true, when: [] }], `${RULE}/when`, 'no name of a condition'],
    [`${LAST}/rules`, [{ required: true, code: 1 }], `${RULE}/code`, 'not a text'],
    [`${LAST}/example`, 7, `${LAST}/example`, 'not a text'],
    [`${PATIENT}/fields/0/example`, 'C-1', `${PATIENT}/fields/0/example`, 'the same in every record'],
    [
      LAST,
      { name: 'Last', field: 'last_name', example: 'x', rules: [{ unique: true }] },
      `${LAST}/example`,
      'the same in every record',
    ],
    [
      '/layouts/immunization/fields/2/example',
      '1234',
      '/layouts/immunization/fields/2/example',
      'longer than the column',
    ],
  ])('%s = %j', (pointer, value, path, message) => {
    expect(problemsOf(pointer, value)).toEqual([[path, message]]);
    for (const { remedy } of checkSpec(withValue(pointer, value, withNames())))
      expect(remedy).toMatch(/^[A-Z].*[.…}?)]/);
  });

  test('blanks cannot be kept where quotes or escapes have a meaning', () => {
    expect(problemsOf(`${PATIENT}/blanks`, 'kept', smallest())).toEqual([
      [`${PATIENT}/blanks`, 'kept where quotes have a meaning'],
    ]);
    const unquoted = smallest();
    Object.assign((unquoted['layouts'] as { patient: object }).patient, { quote: null, escape: '\\' });
    expect(problemsOf(`${PATIENT}/blanks`, 'kept', unquoted)).toEqual([
      [`${PATIENT}/blanks`, 'kept where an escape has a meaning'],
    ]);
  });

  test('what belongs to delimited files means nothing in files of fixed width', () => {
    for (const name of ['blanks', 'retired']) {
      expect(problemsOf(`/layouts/immunization/${name}`, name === 'blanks' ? 'kept' : ['x'])).toEqual([
        [`/layouts/immunization/${name}`, 'unknown property'],
      ]);
    }
  });

  test('where records have several doses', () => {
    const spec = (): { [key: string]: Json } => {
      const made = smallestCombined();
      const { combined } = made['layouts'] as { combined: { [key: string]: Json } };
      combined['conditions'] = { given: [{ column: 'Date {n}', filled: true }] };
      return made;
    };
    const vaccine = '/layouts/combined/fields/4/fields/1/rules';
    expect(problemsOf(vaccine, [{ unique: true }], spec())).toEqual([[`${vaccine}/0/unique`, 'in a repeated group']]);
    const last = '/layouts/combined/fields/1/rules';
    expect(problemsOf(last, [{ required: true, when: 'given' }], spec())).toEqual([
      [`${last}/0/when`, 'asks about the columns of a dose'],
    ]);
    expect(problemsOf(last, [{ needs: 'Date {n}' }], spec())).toEqual([[`${last}/0/needs`, 'no such column']]);
    expect(problemsOf('/layouts/combined/notLoaded', 'given', spec())).toEqual([
      ['/layouts/combined/notLoaded', 'asks about the columns of a dose'],
    ]);
  });

  test.each<[string, Json, string, string]>([
    [`${LAST}/rules`, [{ set: 'anwsers' }], `${RULE}/set`, 'Did you mean answers? Use one of answers, sexes.'],
    [`${LAST}/rules`, [{ needs: 'Chrt' }], `${RULE}/needs`, 'Did you mean Chart? Use one of Chart, Last, DOB.'],
    [`${LAST}/rules`, [{ requird: true }], `${RULE}/requird`, 'Did you mean required? Known here: required, '],
    [`${LAST}/rules`, [{ required: true, when: 'odl' }], `${RULE}/when`, 'Did you mean old? Use one of old.'],
  ])('with what was probably meant: %s = %j', (pointer, value, path, remedy) => {
    const problems = checkSpec(withValue(pointer, value, withNames()));
    expect(problems.find((each) => each.path === path)?.remedy.slice(0, remedy.length)).toBe(remedy);
  });
});

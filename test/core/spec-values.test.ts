/** What a spec says of a column's values can all be true, or it is told what cannot. */
import { describe, expect, test } from 'vitest';
import { checkSpec } from '../../src/core/spec.js';
import { checkSpecCodes } from '../../src/core/spec-codes.js';
import { CODES } from '../support/fixtures.js';
import { type Json, smallest, smallestCombined, withValue } from '../support/small-spec.js';

const ADDED = '/layouts/patient/fields/3';

/** The smallest spec with words for no value, sets and conditions. */
function withNames(): { [key: string]: Json } {
  const spec = smallest();
  spec['nulls'] = ['NULL', 'n/a'];
  spec['sets'] = { answers: ['YES', 'NO'], sexes: { table: 'sex' } };
  const patient = (spec['layouts'] as { patient: { [key: string]: Json } }).patient;
  patient['conditions'] = { old: [{ column: 'DOB', filled: true }], young: [{ column: 'DOB', filled: false }] };
  return spec;
}

/** What is found of a column, as `where in it: message`. */
function problemsOf(column: { [key: string]: Json }): string[] {
  const spec = withValue(ADDED, { name: 'Added', field: null, ...column }, withNames());
  const problems = [...checkSpec(spec), ...checkSpecCodes(spec, CODES)];
  for (const { remedy } of problems) expect(remedy).toMatch(/^[A-Z].*[.…}]/);
  return problems.map(({ path, message }) => `${path.slice(ADDED.length)}: ${message}`);
}

describe('the column’s own values', () => {
  test.each<[string, { [key: string]: Json }, string[]]>([
    ['differ', { A: '1', B: '2', ä: '3', ö: '4' }, []],
    ['differ in case alone', { f: '1', F: '2' }, ['/values/F: the same as "f"']],
    ['differ in case alone beyond ASCII', { ä: '1', Ä: '2' }, ['/values/Ä: the same as "ä"']],
    ['have blanks around them', { 'x ': '1' }, ['/values/x : never met']],
    ['are blank', { '': '1' }, ['/values/: a blank']],
    ['are no value, and say so', { 'N/A': '' }, []],
    ['are no value by the spec', { null: '1' }, ['/values/null: also a word for "no value"']],
    ['stand for a word for no value', { '9': 'N/A' }, ['/values/9: stands for a word for "no value"']],
  ])('%s', (_, values, expected) => {
    expect(problemsOf({ values })).toEqual(expected);
  });
});

describe('rules of one column', () => {
  test.each<[string, { [key: string]: Json }, string[]]>([
    ['ask for a value, or for none', { rules: [{ required: true }, { notToSend: true }] }, ['/rules/1/notToSend: not to send, and required by rule 0']],
    ['do so under one condition', { rules: [{ required: true, when: ['old', 'young'] }, { notToSend: true, when: 'old' }] }, ['/rules/1/notToSend: not to send, and required by rule 0']],
    ['do so under two', { rules: [{ required: true, when: 'young' }, { notToSend: true, when: 'old' }] }, []],
    ['forbid what the column requires', { use: 'required', rules: [{ notToSend: true }] }, ['/rules/0/notToSend: not to send, and required by "use"']],
    ['forbid it sometimes', { use: 'required', rules: [{ notToSend: true, when: 'old' }] }, []],
    ['fix a value and forbid it', { rules: [{ fixed: 'YES' }, { notToSend: true }] }, ['/rules/1/notToSend: not to send, and fixed by rule 0']],
    ['fix what is in the set', { rules: [{ fixed: 'yes' }, { set: 'answers' }] }, []],
    ['fix what is not in the set', { rules: [{ fixed: 'Q' }, { set: 'answers' }] }, ['/rules/0/fixed: breaks rule 1 of its column']],
    ['fix it under another condition', { rules: [{ fixed: 'Q', when: 'old' }, { set: 'answers', when: 'young' }] }, []],
    ['fix what is not in the table', { rules: [{ fixed: 'Q' }, { set: 'sexes' }] }, ['/rules/1/set: does not have the value that is fixed']],
    ['fix what is in the table', { rules: [{ fixed: 'f' }, { set: 'sexes' }] }, []],
    ['fix what has no room', { width: 2, rules: [{ fixed: 'YES' }] }, ['/rules/0/fixed: longer than the column']],
    ['fix a word for no value', { rules: [{ fixed: 'null' }] }, ['/rules/0/fixed: a word for "no value"']],
    ['fix what is too long', { rules: [{ fixed: 'YES' }, { longest: 2 }] }, ['/rules/0/fixed: breaks rule 1 of its column']],
    ['fix what is no date', { rules: [{ fixed: 'YES' }, { dates: ['YYYY-MM'] }] }, ['/rules/0/fixed: breaks rule 1 of its column']],
    ['fix two values', { rules: [{ fixed: 'A' }, { fixed: 'B' }] }, ['/rules/0/fixed: breaks rule 1 of its column', '/rules/1/fixed: breaks rule 0 of its column']],
    ['fix what has another form', { rules: [{ fixed: 'A' }, { pattern: '\\d+' }] }, ['/rules/0/fixed: breaks rule 1 of its column']],
  ])('%s', (_, column, expected) => {
    expect(problemsOf(column)).toEqual(expected);
  }); // biome-ignore format: a table
});

describe('an example', () => {
  test.each<[string, { [key: string]: Json }, string[]]>([
    ['keeps the rules', { example: 'yes', rules: [{ set: 'answers' }, { longest: 3 }, { pattern: '[a-z]+' }] }, []],
    ['is not in the set', { example: 'Q', rules: [{ set: 'answers' }] }, ['/example: breaks rule 0 of its column']],
    ['is not in the table', { example: 'Q', rules: [{ set: 'sexes' }] }, [`/example: breaks rule 0 of its column`]],
    ['is not to be sent', { example: 'Q', rules: [{ notToSend: true }] }, ['/example: breaks rule 0 of its column']],
    ['breaks a rule that is not always asked', { example: 'Q', rules: [{ set: 'answers', when: 'old' }] }, []],
    ['has numbers', { example: 'Q{n}', rules: [{ pattern: 'Q\\d{4}' }] }, []],
    ['is no value', { example: 'N/A' }, ['/example: a word for "no value"']],
  ])('%s', (_, column, expected) => {
    expect(problemsOf(column)).toEqual(expected);
  }); // biome-ignore format: a table
});

test('of a dose it is told once, where it is written', () => {
  const dose = { name: 'Route {n}', field: 'route', values: { a: 'IM', A: 'SC' } };
  const spec = withValue('/layouts/combined/fields/4/fields/2', dose, smallestCombined());
  expect(checkSpec(spec).map(({ path }) => path)).toEqual(['/layouts/combined/fields/4/fields/2/values/A']);
});

test('of what several columns carry, the first has the default', () => {
  const flags = ['a', 'b'].map((name) => ({ name, field: 'race', values: { Y: '1002-5' }, default: 'Y' }));
  const spec = withValue('/layouts/patient/fields/4', flags[1]!, withValue(ADDED, flags[0]!) as never);
  expect(checkSpec(spec).map(({ path, message }) => [path, message])).toEqual([
    ['/layouts/patient/fields/4/default', 'not read here'],
  ]);
});

/** What changes for a sender from one specification to another. */
import { describe, expect, test } from 'vitest';
import { completeSpec, type Spec } from '../../src/core/spec.js';
import { diffSpecs } from '../../src/docs/spec-diff.js';
import { builtInSpecIds, loadSpec } from '../../src/files/specs.js';
import {
  type Json,
  smallest,
  smallestCombined,
  smallestGlued,
  smallestTagged,
  withValue,
} from '../support/small-spec.js';

const OLD = completeSpec(smallest());
const DELIMITED = '/layouts/patient';
const FIXED = '/layouts/immunization';

/** The changes to the smallest spec with another value somewhere, each as `! layout column: message`. */
function changesTo(pointer: string, value: Json): string[] {
  return changesBetween(OLD, completeSpec(withValue(pointer, value)));
}

function changesBetween(before: Spec, after: Spec): string[] {
  return diffSpecs(before, after).map(({ mustChange, layout, column, message }) => {
    const place = [layout, column].filter((part) => part !== null).join(' ');
    return `${mustChange ? '!' : '-'} ${place === '' ? '' : `${place}: `}${message}`;
  });
}

const [CHART, LAST, BIRTH] = OLD.layouts.patient.fields as unknown as Json[];
const [DOSE_CHART, DOSE_DATE, DOSE_VACCINE] = OLD.layouts.immunization.fields as unknown as Json[];
const LOT = { name: 'Lot', field: 'lot_number', width: 20 };
const COMMENTS = {
  format: 'fixed',
  fields: [
    { name: 'Chart', field: 'source_patient_id', width: 10 },
    { name: 'Code', field: 'comment_code', width: 2 },
  ],
};
const ZIP = { name: 'Zip', field: 'zip', width: 5 };

describe('a sender is told', () => {
  test.each<[string, Json, string[]]>([
    ['/dates/formats', ['MM/DD/YYYY', 'YYYYMMDD'], ['- dates are now read as YYYYMMDD']],
    ['/dates/formats', ['YYYYMMDD'], ['! dates are no longer read as MM/DD/YYYY', '- dates are now read as YYYYMMDD', '- dates should be written as YYYYMMDD, not MM/DD/YYYY']],
    ['/dates/twoDigitYears', 'latest-past', ['- years of two digits are now read']],
    ['/nulls', ['N/A'], ['- N/A now stands for "no value"']],
    ['/severities', { 'birth-date-invalid': 'warning' }, ['- birth-date-invalid is now a warning (it was an error): the birth date is a day of the calendar']],
    ['/severities', { 'first-name-missing': 'error', 'zip-invalid': 'error' }, []],
    ['/severities', { 'cvx-padded': 'off' }, ['- cvx-padded is no longer reported (it was a warning): a CVX code is written as CDC publishes it']],
    ['/layouts/comment', COMMENTS, ['- comment: this file is new, and may be left out']],
    [`${DELIMITED}/delimiter`, '\t', ['! patient: its delimiter is now a tab, not ,']],
    [`${DELIMITED}/quote`, null, ['! patient: quotes have no meaning any more']],
    [`${DELIMITED}/escape`, '\\', ['! patient: \\ now stands before quotes, delimiters and line ends of values, and before itself']],
    [`${DELIMITED}/header`, 'optional', ['- patient: it may now begin with a header, or without']],
    [`${DELIMITED}/header`, 'absent', ['! patient: it must now begin without a header']],
    [`${DELIMITED}/fields/3`, ZIP, ['- patient Zip: new, optional, column 4, after DOB']],
    [`${DELIMITED}/fields/3`, { ...ZIP, use: 'required' }, ['! patient Zip: new, required, column 4, after DOB']],
    [`${DELIMITED}/fields`, [CHART!, BIRTH!, LAST!], ['- patient Last: stands elsewhere: column 3, not 2']],
    [`${DELIMITED}/fields/1/name`, 'Family', ['! patient Family: the new name of Last']],
    [`${DELIMITED}/fields/1/name`, 'LAST', []],
    [`${DELIMITED}/fields/1/aliases`, ['Surname', 'Family'], ['- patient Last: may now be called Family']],
    [`${DELIMITED}/fields/1/aliases`, [], ['! patient Last: no longer called Surname']],
    [`${DELIMITED}/fields/1`, { name: 'Surname', field: 'last_name', aliases: ['Last'] }, ['- patient Surname: the new name of Last, which is still understood']],
    [`${DELIMITED}/fields/1/width`, 20, ['! patient Last: may have 20 characters at most']],
    [`${DELIMITED}/fields/1/use`, 'required', ['! patient Last: now required, not optional']],
    [`${DELIMITED}/fields/1/use`, 'preferred', ['- patient Last: now preferred, not optional']],
    [`${DELIMITED}/fields/2/dates`, ['MM/DD/YYYY', 'YYYYMMDD'], ['- patient DOB: its dates are now read as YYYYMMDD']],
    [`${DELIMITED}/fields/1/values`, { X: '' }, ['- patient Last: X now stands for "no value"']],
    [`${DELIMITED}/fields/1/default`, 'NONE', ['- patient Last: a blank now means NONE']],
    [`${DELIMITED}/fields/1/store`, false, ['- patient Last: no longer stored']],
    [`${DELIMITED}/fields/1/note`, 'in full', ['- patient Last: has another note: in full']],
    [`${FIXED}/fields/2/width`, 4, ['! immunization Vaccine: has 4 bytes, not 3']],
    [`${DELIMITED}/comments`, '#', ['! patient: lines that begin with # are now comments, and not read']],
    [`${DELIMITED}/titleRows`, 10, []],
    [`${DELIMITED}/titleRows`, 20, ['- patient: 20 lines may stand above the header']],
    [`${DELIMITED}/titleRows`, 0, ['! patient: nothing may stand above the header']],
    [`${DELIMITED}/headerRecord`, { tag: 'H', use: 'optional' }, ['- patient: it may now have a header record, whose first column is H']],
    [`${DELIMITED}/trailerRecord`, { tag: 'T', totals: [{ counts: 'records', field: 2 }] }, ['! patient: it must now have a trailer record, whose first column is T']],
    [`${FIXED}/trailerRecord`, { prefix: 'T' }, ['! immunization: it must now have a trailer record, whose line begins with T']],
    [`${DELIMITED}/shortRows`, 'reject', []],
    [`${DELIMITED}/shortRows`, 'pad', ['- patient: records that end before the last column are now read as if blanks followed']],
    [`${DELIMITED}/longRows`, 'cut', ['- patient: records that go on behind the last column are now read without the rest']],
    [`${FIXED}/shortRows`, 'reject', ['! immunization: records that end before the last column are now rejected']],
    [`${FIXED}/longRows`, 'reject', ['! immunization: records that go on behind the last column are now rejected']],
    [`${FIXED}/widths`, 'auto', []],
    [`${FIXED}/widths`, 'bytes', ['! immunization: its columns are now counted in bytes']],
    [`${FIXED}/widths`, 'characters', ['! immunization: its columns are now counted in characters']],
    [`${FIXED}/fields/0/width`, 12, ['! immunization Date: moves with all columns to Vaccine, 2 bytes to the right: 11-23 is now 13-25', '! immunization Chart: has 12 bytes, not 10']],
    [`${FIXED}/fields/3`, LOT, ['- immunization Lot: new, optional, bytes 24-43, after Vaccine']],
    [`${FIXED}/fields`, [DOSE_CHART!, LOT, DOSE_DATE!, DOSE_VACCINE!], ['! immunization Lot: new, optional, bytes 11-30, after Chart', '! immunization Date: moves with all columns to Vaccine, 20 bytes to the right: 11-23 is now 31-43']],
    [`${FIXED}/fields`, [DOSE_VACCINE!, DOSE_CHART!, DOSE_DATE!], ['! immunization Vaccine: moves 20 bytes to the left: 21-23 is now 1-3', '! immunization Chart: moves with all columns to Date, 3 bytes to the right: 1-20 is now 4-23']],
  ])('%s = %j', (pointer, value, expected) => {
    expect(changesTo(pointer, value)).toEqual(expected);
  }); // biome-ignore format: a table

  test('what was taken away, when the old is the new', () => {
    const zip = completeSpec(withValue(`${DELIMITED}/fields/3`, { ...ZIP, values: { A: '1', B: '2' }, default: '0' }));
    const other = completeSpec(
      withValue(`${DELIMITED}/fields/3`, { name: 'Zip', field: null, values: { A: '3' }, width: 9, use: 'required' }),
    );
    expect(changesBetween(zip, OLD)).toEqual(['! patient Zip: gone; leave it out']);
    expect(changesBetween(zip, other)).toEqual([
      '- patient Zip: may have 9 characters, not only 5',
      '! patient Zip: now required, not optional',
      '- patient Zip: no longer loaded (it was zip)',
      '! patient Zip: A stands for 3, not 1',
      '! patient Zip: B no longer stands for 2',
      '! patient Zip: a blank no longer means 0',
    ]);
  });

  test('which column decides about the vaccine, where there are several', () => {
    const withCpt = withValue(`${FIXED}/fields/3`, { name: 'CPT', field: 'cpt', width: 5 }) as { [key: string]: Json };
    const [before, after] = [completeSpec(withCpt), completeSpec({ ...withCpt, vaccineOrder: ['cpt'] })];
    expect(changesBetween(before, after)).toEqual(['- cpt now decides about the vaccine, then cvx']);
    expect(changesTo('/vaccineOrder', ['cpt'])).toEqual([]);
  });

  test('that records are divided in another way', () => {
    const fixed = completeSpec(
      withValue(DELIMITED, {
        format: 'fixed',
        fields: [CHART!, LAST!, BIRTH!].map((field) => ({ ...(field as object), width: 10 })) as Json[],
      }),
    );
    const unquoted = completeSpec(withValue(`${DELIMITED}/quote`, null));
    expect(changesBetween(unquoted, OLD)).toEqual(['- patient: values may now stand between " and "']);
    expect(changesBetween(OLD, fixed)).toContain('! patient: its records are now of fixed width');
    expect(changesBetween(fixed, OLD)).toContain('! patient: its records are now divided by a character');
  });

  test('that quotes are doubled again', () => {
    expect(changesBetween(completeSpec(withValue(`${DELIMITED}/escape`, '\\')), OLD)).toEqual([
      '! patient: \\ is a character like any other; quotes within quotes are doubled',
    ]);
  });

  test('of records that are no data', () => {
    const withTrailer = (trailer: Json): Spec => completeSpec(withValue(`${DELIMITED}/trailerRecord`, trailer));
    const old = withTrailer({ tag: 'T', totals: [{ counts: 'records', field: 2 }] });
    const changes = (trailer: Json): string[] => changesBetween(old, withTrailer(trailer));
    expect(changesBetween(old, OLD)).toEqual(['! patient: it has no trailer record any more']);
    expect(changes({ tag: 'T', totals: [{ counts: 'records', field: 2 }], use: 'required' })).toEqual([]);
    expect(changes({ prefix: 'T,', totals: [{ counts: 'records', field: 2 }] })).toEqual([
      '! patient: its trailer record is one whose line begins with T,',
    ]);
    expect(changes({ tag: 'T', use: 'optional', totals: [{ counts: 'all', start: 5, width: 6 }] })).toEqual([
      '- patient: its trailer record may be left out',
      '! patient: its trailer record must now hold the number of records with header and trailer at 5-10',
      '- patient: its trailer record needs no longer hold the number of records in column 2',
    ]);
    expect(changesBetween(completeSpec(withValue(`${DELIMITED}/comments`, '#')), OLD)).toEqual([
      '! patient: lines that begin with # are no comments any more',
    ]);
  });

  test('of widths by what they count', () => {
    const inCharacters = completeSpec(withValue(`${FIXED}/widths`, 'characters'));
    expect(changesBetween(inCharacters, OLD)).toEqual([
      '- immunization: its columns may now be counted in bytes or in characters',
    ]);
    const wider = withValue(`${FIXED}/fields/0/width`, 11, withValue(`${FIXED}/widths`, 'characters') as never);
    expect(changesBetween(inCharacters, completeSpec(wider))).toEqual([
      '! immunization Date: moves with all columns to Vaccine, 1 character to the right: 11-23 is now 12-24',
      '! immunization Chart: has 11 characters, not 10',
    ]);
  });

  test('that another column carries what one carried', () => {
    const swapped = completeSpec(withValue(`${DELIMITED}/fields/1/field`, 'alias_last_name'));
    const fields = [...swapped.layouts.patient.fields, { name: 'Legal', field: 'last_name', use: 'optional' } as const];
    const after = { ...swapped, layouts: { ...swapped.layouts, patient: { ...swapped.layouts.patient, fields } } };
    expect(changesBetween(OLD, after as Spec)).toEqual([
      '- patient Last: new, optional, column 2, after Chart',
      '- patient Legal: stands elsewhere: column 4, not 2',
      '! patient Legal: the new name of Last',
      '! patient Legal: no longer called Surname',
    ]);
  });
});

describe('where records are combined, a sender is told', () => {
  const combined = completeSpec(smallestCombined());
  const changes = (pointer: string, value: Json): string[] =>
    changesBetween(combined, completeSpec(withValue(pointer, value, smallestCombined())));

  test('of a change of each dose', () => {
    expect(changes('/layouts/combined/fields/4/fields/1/use', 'required')).toEqual([
      '! combined CVX 1: now required, not optional',
      '! combined CVX 2: now required, not optional',
      '! combined CVX 3: now required, not optional',
    ]);
  });

  test('of doses that a record may have more', () => {
    expect(changes('/layouts/combined/fields/4/repeat', 4)).toEqual([
      '- combined Date 4: new, optional, column 11, after CVX 3',
      '- combined CVX 4: new, optional, column 12, after Date 4',
    ]);
  });

  test('of a field that is now the dose’s', () => {
    expect(changes('/layouts/combined/fields/3/field', 'immunization.eligibility')).toEqual([
      '! combined VFC: carries eligibility of the immunization, not eligibility of the patient',
    ]);
  });

  test('that there were two files before', () => {
    expect(changesBetween(OLD, combined)).toEqual([
      '! patient: this file is no longer sent',
      '! immunization: this file is no longer sent',
      '! combined: this file is new',
    ]);
  });
});

describe('where each line is a patient or a dose, a sender is told', () => {
  const tagged = completeSpec(smallestTagged());
  const changes = (pointer: string, value: Json, make = smallestTagged): string[] =>
    changesBetween(completeSpec(make()), completeSpec(withValue(pointer, value, make())));

  test.each<[string, Json, string[]]>([
    ['/layouts/tagged/patient/tag', 'PAT', ['! patient: its lines now begin with PAT, not P']],
    ['/layouts/tagged/others', [{ tag: 'C' }], ['- patient: lines that begin with C are known, and not loaded', '- immunization: lines that begin with C are known, and not loaded']],
    ['/layouts/tagged/delimiter', '^', ['! patient: its delimiter is now ^, not |', '! immunization: its delimiter is now ^, not |']],
    ['/layouts/tagged/immunization/fields/3', LOT, ['! immunization Lot: new, optional, column 4, after Vaccine']],
  ])('%s = %j', (pointer, value, expected) => {
    expect(changes(pointer, value)).toEqual(expected);
  }); // biome-ignore format: a table

  test('that lines are glued together, or no longer', () => {
    expect(changes('/layouts/tagged/glued', false, smallestGlued)).toEqual([
      '! patient: each of its lines now stands by itself',
      '! immunization: each of its lines now stands by itself',
    ]);
  });

  test('that there were two files before', () => {
    const files = completeSpec(
      withValue('/layouts/immunization', {
        ...(tagged.layouts.immunization as object),
        tag: undefined,
        lines: undefined,
      } as never),
    );
    expect(changesBetween(files, tagged).filter((each) => each.includes('one file'))).toEqual([
      '! patient: now comes in one file with the other, each line beginning with P',
      '! immunization: now comes in one file with the other, each line beginning with I',
    ]);
    expect(changesBetween(tagged, files).filter((each) => each.includes('own'))).toEqual([
      '! patient: now comes in a file of its own, without a tag',
      '! immunization: now comes in a file of its own, without a tag',
    ]);
  });
});

describe('nothing changes', () => {
  test.each(builtInSpecIds())('from %s to itself', (id) => {
    expect(diffSpecs(loadSpec(id), loadSpec(id))).toEqual([]);
  });

  test('for a sender when the words about a specification change', () => {
    for (const part of ['/title', '/version', '/id', '/provenance/source'])
      expect(changesTo(part, 'other')).toEqual([]);
  });
});

test('every change between any two built-in specifications has its words', () => {
  for (const from of builtInSpecIds()) {
    for (const to of builtInSpecIds()) {
      for (const { message } of diffSpecs(loadSpec(from), loadSpec(to))) {
        expect(message).not.toMatch(/undefined|null|\[object|NaN/);
      }
    }
  }
});

describe('of the rules of columns, a sender is told', () => {
  const ruled = (): { [key: string]: Json } => {
    const spec = smallest();
    spec['sets'] = { answers: ['YES', 'NO'] };
    spec['prefixes'] = { zips: { MA: ['01', '02'], PW: [] } };
    spec['codes'] = { 'value-not-in-set': 'DATA007' };
    const { patient } = spec['layouts'] as { patient: { [key: string]: Json } };
    patient['quote'] = null;
    patient['conditions'] = { old: [{ column: 'DOB', is: ['01/01/1900'] }] };
    const [, last] = patient['fields'] as { [key: string]: Json }[];
    last!['rules'] = [{ set: 'answers' }, { required: true, when: 'old', code: 'R1' }];
    return spec;
  };
  const before = completeSpec(ruled());
  const RULES = `${DELIMITED}/fields/1/rules`;

  test.each<[string, Json, string[]]>([
    ['/sets/answers', ['YES', 'MAYBE'], ['! the set answers has no longer NO', '- the set answers now has MAYBE']],
    ['/sets/answers', { table: 'yes_no' }, ['! the set answers has no longer YES, NO', '- the set answers now has the codes of yes_no']],
    ['/prefixes/zips', { MA: ['01'], PW: [''], NH: ['03'] }, ['! zips: MA now asks for 01', '! zips: PW now asks for anything', '! zips: NH now asks for 03']],
    ['/prefixes/zips', { MA: ['01', '02'] }, ['! zips does not list PW any more']],
    ['/codes', { 'value-not-in-set': 'D7', 'value-too-long': 'D8' }, ['- value-not-in-set is now called D7', '- value-too-long is now called D8']],
    ['/codes', undefined, ['- value-not-in-set is no longer called DATA007']],
    [`${DELIMITED}/blanks`, 'kept', ['! patient: blanks around values now belong to them']],
    [`${DELIMITED}/retired`, ['Suffix'], ['- patient: Suffix is now known as a column of an earlier version']],
    [`${DELIMITED}/notLoaded`, 'old', ['! patient: records where DOB is 01/01/1900 are judged and not loaded']],
    [`${DELIMITED}/conditions/old`, [{ column: 'DOB', filled: false }], ['! patient: old now means that DOB is blank', '- patient Last: it is no longer asked that it has a value where DOB is 01/01/1900', '! patient Last: it is now asked that it has a value where DOB is blank']],
    [RULES, [{ set: 'answers' }], ['- patient Last: it is no longer asked that it has a value where DOB is 01/01/1900']],
    [RULES, [{ set: 'answers' }, { required: true, when: 'old', code: 'R2' }], ['- patient Last: that it has a value where DOB is 01/01/1900 is now called R2']],
    [RULES, [{ set: 'answers' }, { required: true, when: 'old' }], ['- patient Last: that it has a value where DOB is 01/01/1900 is no longer called R1']],
    [RULES, [{ set: 'answers' }, { required: true, when: 'old', code: 'R1' }, { longest: 9 }, { pattern: '\\d+' }], ['! patient Last: it is now asked that it has 9 characters at most', '! patient Last: it is now asked that it is of the form \\d+']],
    [`${DELIMITED}/fields/1/example`, 'YES', ['- patient Last: has another example: YES']],
  ])('%s = %j', (pointer, value, expected) => {
    const after = completeSpec(withValue(pointer, value, ruled()));
    const messages = changesBetween(before, after).filter((message) => !/is (?:now|no longer) .*\(it was/.test(message));
    expect(messages).toEqual(expected);
  }); // biome-ignore format: a table

  test('what was taken away, when the old is the new', () => {
    const after = completeSpec(
      withValue(
        `${DELIMITED}/blanks`,
        'kept',
        withValue(`${DELIMITED}/notLoaded`, 'old', ruled()) as { [key: string]: Json },
      ),
    );
    expect(changesBetween(after, before)).toEqual([
      '- patient: blanks around values no longer matter',
      '- patient: all its records are loaded',
    ]);
  });

  test('codes that records can now break', () => {
    const plain = completeSpec(withValue(RULES, [], ruled()));
    expect(changesBetween(plain, before)).toEqual([
      '! patient Last: it is now asked that it is one of the set answers',
      '! patient Last: it is now asked that it has a value where DOB is 01/01/1900',
    ]);
  });
});

test('a sender is told that comments are no longer sent, and what changes in them', () => {
  const grits = loadSpec('grits-fixed');
  const { comment, ...layouts } = grits.layouts;
  expect(changesBetween(grits, { ...grits, layouts })).toContain('! comment: this file is no longer sent');
  const wider = { ...comment!, fields: comment!.fields.map((field) => ({ ...field, width: field.width! + 1 })) };
  const changes = changesBetween(grits, { ...grits, layouts: { ...layouts, comment: wider as typeof comment & {} } });
  expect(changes).toContain('! comment Comment Code: has 3 bytes, not 2');
});

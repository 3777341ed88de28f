/** Which specification files follow: recognised by what is in them, never guessed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseSpec, type FileBeginning, type NoChoice, type SpecChoice } from '../../src/core/choose-spec.js';
import type { FileRole } from '../../src/core/model.js';
import { makeSamples, type SampleFiles } from '../../src/core/samples/samples.js';
import { completeSpec, isCombined, type Spec } from '../../src/core/spec.js';
import { builtInSpecIds, loadSpec } from '../../src/files/specs.js';
import { CODES, TODAY } from '../support/fixtures.js';
import { smallestGlued, smallestTagged } from '../support/small-spec.js';

const SPECS = builtInSpecIds().map((id) => loadSpec(id));
const SITE = 'MA123';

/** The text of a spec's perfect sample. */
function sample(id: string, role: FileRole): string {
  return new TextDecoder().decode(makeSamples(loadSpec(id), CODES).perfect.get(role)!.bytes);
}

function file(name: string, content: string | Uint8Array, role: FileBeginning['role'] = null): FileBeginning {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { name, head: { bytes, isWhole: true }, encoding: null, role };
}

const filesOf = (files: SampleFiles): FileBeginning[] =>
  [...files.values()].map(({ name, bytes }) => file(name, bytes));

function choose(files: readonly FileBeginning[], specs: readonly Spec[] = SPECS): SpecChoice | NoChoice {
  return chooseSpec(files, specs, { codes: CODES, today: TODAY, site: SITE });
}

/** The id of what is chosen; why not, if nothing is. */
function chosen(...files: readonly FileBeginning[]): string {
  const choice = choose(files);
  return choice.spec === null ? `${choice.about}: ${choice.problem}; ${choice.remedy}` : choice.spec.id;
}

const withoutHeader = (text: string): string => text.slice(text.indexOf('\n') + 1);
const everyLine = (text: string, change: (line: string) => string): string =>
  text
    .split('\r\n')
    .map((line) => (line === '' ? '' : change(line)))
    .join('\r\n');
const trimmed = (text: string): string => everyLine(text, (line) => line.trimEnd());
const EQUAL = /(?:fits?|do not agree).*wir-fixed.*; say which it is with --spec \S+-fixed or --spec \S+-fixed$/;

describe.each(SPECS.map((spec) => [spec.id, spec] as const))('%s', (id, spec) => {
  const samples = makeSamples(spec, CODES);

  test('is recognised in its perfect sample, all files together and each by itself', () => {
    const files = filesOf(samples.perfect);
    // Comments look the same in both families.
    const alone = files.filter(({ name }) => name !== 'comments.txt').map((each) => [each]);
    for (const given of [files, ...alone]) {
      const choice = choose(given) as SpecChoice;
      expect(choice.spec.id).toBe(id);
      // Rows of which the blanks are cut off would be as wide: nobody can be sure of a layout that another one begins with.
      expect(choice.certainty).toBe(id === 'wir-fixed' ? 'likely' : 'sure');
      expect(choice.score).toBe(1);
      expect(choice.files.map((each) => each.file)).toEqual(given.map(({ name }) => name));
    }
    const roles = (choose(files) as SpecChoice).files.map(({ role }) => role);
    const comments = spec.layouts.comment === undefined ? [] : ['comment'];
    expect(roles).toEqual([...(isCombined(spec) ? ['combined'] : ['patient', 'immunization']), ...comments]);
  });

  test('is recognised in its faulty samples, or nothing is', () => {
    for (const { code, files } of samples.faulty) {
      const choice = choose(filesOf(files));
      if (choice.spec !== null) expect([code, choice.spec.id]).toEqual([code, id]);
      else
        expect([code, id, choice.problem]).toEqual([
          'row-longer-than-layout',
          'wir-fixed',
          expect.stringMatching(/grits/),
        ]);
    }
  });

  test('is recognised whatever the order of the specifications', () => {
    const files = filesOf(samples.perfect);
    expect(choose(files, [...SPECS].reverse())).toEqual(choose(files));
  });
});

describe('without a header', () => {
  test.each<[string, FileRole]>([
    ['miis-legacy', 'patient'],
    ['miis-legacy', 'immunization'],
    ['alert-csv', 'patient'],
    ['alert-csv', 'immunization'],
    ['esp-caret', 'patient'],
    ['esp-caret', 'immunization'],
  ])('%s is recognised by its columns and values: %s', (id, role) => {
    expect(chosen(file('x.txt', withoutHeader(sample(id, role))))).toBe(id);
  });

  test('what needs one is not taken for another that has as many columns', () => {
    const doses = withoutHeader(sample('immunet-csv', 'immunization'));
    expect(chosen(file('d.csv', doses))).toBe(
      'd.csv: is of immunet-csv, but has no header that fits the specification; begin it with the column names of immunet-csv',
    );
  });
});

/** Every third column name spoiled, beginning with the given one. */
function damaged(text: string, from: number): string {
  let count = from;
  const [header, ...rest] = text.split('\n');
  return [header!.replace(/[A-Za-z][\w' ]+/g, (name) => (++count % 3 === 0 ? `x${name}` : name)), ...rest].join('\n');
}

describe('with a damaged header', () => {
  test.each(['miis-legacy', 'immunet-csv', 'alert-csv', 'esp-caret', 'cvrs-tsv'])(
    '%s is never taken for another',
    (id) => {
      for (const [role, { bytes }] of makeSamples(loadSpec(id), CODES).perfect) {
        for (const from of [0, 1, 2]) {
          const choice = choose([file('x.txt', damaged(new TextDecoder().decode(bytes), from))]);
          if (choice.spec !== null)
            expect([role, from, choice.spec.id, choice.certainty]).toEqual([role, from, id, 'likely']);
          else expect([role, from, choice.problem]).toEqual([role, from, expect.stringContaining(id)]);
        }
      }
    },
  );

  test('it is recognised, and no longer for sure', () => {
    expect(choose([file('x.txt', damaged(sample('miis-legacy', 'patient'), 2))])).toMatchObject({
      certainty: 'likely',
      files: [{ reasons: expect.arrayContaining(['26 of 40 column names are known']) }],
    });
  });
});

describe('the two families of fixed width', () => {
  const wir = { patients: sample('wir-fixed', 'patient'), doses: sample('wir-fixed', 'immunization') };
  const grits = { patients: sample('grits-fixed', 'patient'), doses: sample('grits-fixed', 'immunization') };

  test('are told apart by the width of their rows', () => {
    const choice = choose([file('c.txt', wir.patients)]) as SpecChoice;
    expect(choice.runnersUp[0]).toEqual({
      spec: 'grits-fixed',
      score: 0.72,
      against: ['c.txt: 0 of 3 rows have 585 bytes'],
    });
    expect(chosen(file('d.txt', grits.doses))).toBe('grits-fixed');
  });

  test('are told apart by what stands where only one has columns', () => {
    expect(chosen(file('c.txt', trimmed(grits.patients)), file('d.txt', trimmed(grits.doses)))).toBe('grits-fixed');
  });

  test.each<[string, string]>([
    ['rows that end before either does', trimmed(wir.patients.replaceAll(SITE, '     '))],
    ['rows that go on behind both', everyLine(grits.patients, (line) => `${line}${'X'.repeat(15)}`)],
    ['rows between the two', everyLine(wir.patients, (line) => `${line}XXXX`)],
  ])('%s are refused', (_, text) => {
    expect(chosen(file('c.txt', text))).toMatch(EQUAL);
  });

  test('one file of each is refused', () => {
    expect(chosen(file('c.txt', wir.patients), file('d.txt', grits.doses))).toBe(
      'c.txt, d.txt: do not agree: d.txt looks more like grits-fixed, and c.txt like wir-fixed; say which it is with --spec grits-fixed or --spec wir-fixed',
    );
  });

  test('comments go with the files of their patients, and are refused by themselves', () => {
    const comments = file('r.txt', sample('grits-fixed', 'comment'));
    expect(chosen(comments)).toMatch(EQUAL);
    expect(chosen(file('c.txt', wir.patients), comments)).toBe('wir-fixed');
    expect(chosen(file('c.txt', grits.patients), comments)).toBe('grits-fixed');
    const withoutDate = file('r.txt', `${'1002'.padEnd(24)}A1\r\n`, 'comment');
    expect(chosen(file('c.txt', grits.patients), withoutDate)).toBe('grits-fixed');
    expect(chosen(file('c.txt', grits.patients, 'comment'))).toBe(
      'c.txt: is of grits-fixed, but looks like the patient file, and was given as the comment file; give the patient file with --patients and the immunization file with --immunizations, and comments with --comments',
    );
    const given = file('r.txt', sample('grits-fixed', 'comment'), 'comment');
    expect(chosen(file('p.txt', PATIENTS), given)).toBe(
      'p.txt, r.txt: are of two specifications, p.txt of miis-legacy and r.txt of grits-fixed or wir-fixed; load the files of each by themselves',
    );
  });

  test('a file that says nothing goes with one that does', () => {
    const silent = trimmed(wir.patients.replaceAll(SITE, '     '));
    expect(chosen(file('c.txt', silent), file('d.txt', grits.doses))).toBe('grits-fixed');
    expect(chosen(file('c.txt', silent), file('d.txt', wir.doses))).toBe('wir-fixed');
  });
});

const PATIENTS = sample('miis-legacy', 'patient');
const DOSES = sample('miis-legacy', 'immunization');

describe('what fits no specification is told with the nearest one, and what is wrong', () => {
  test.each<[string, FileBeginning[], string]>([
    ['a CSV of something else', [file('x.csv', 'name,age,city\nAnn,3,Boston\nBob,4,Lynn\n')], 'x.csv: fits no specification; in alert-csv, the nearest, it has 3 fields a record where alert-csv has 18 (delimiter ,); choose the right --spec, or add a header that names the columns'],
    ['a CSV with names that some know', [file('x.csv', 'ID,First Name,Last Name,Phone\n1,Ann,Lee,6175550100\n')], 'x.csv: fits no specification; in immunet-csv, the nearest, it has no column Record Identifier; add it, or name it as immunet-csv does, or give another --spec'],
    ['another delimiter', [file('p.csv', PATIENTS.replaceAll('|', ','))], 'p.csv: fits no specification; in miis-legacy, the nearest, it has , between its columns where miis-legacy has |; export it so, or give a copy of that specification with the other delimiter as --spec'],
    ['tabs, without a header', [file('p.tsv', withoutHeader(PATIENTS).replaceAll('|', '\t'))], 'p.tsv: fits no specification; in miis-legacy, the nearest, it has tabs between its columns where miis-legacy has |; export it so, or give a copy of that specification with the other delimiter as --spec'],
    ['other dates, where nothing else tells', [file('c.txt', sample('wir-fixed', 'patient').replaceAll('05142015', '20150514').replaceAll('03091948', '19480309').replaceAll('11232019', '20191123'))], 'c.txt: fits no specification; in wir-fixed, the nearest, it makes little sense (0 of 3 birth dates are in their place); check the export, or give --spec wir-fixed to read it all the same'],
    ['an empty file', [file('p.txt', PATIENTS), file('e.txt', '')], 'e.txt: is empty; check the export'],
    ['a picture', [file('p.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10))], 'p.png: is a PNG picture, not a text file; export the records as text'],
    ['swapped files', [file('d.txt', DOSES, 'patient'), file('p.txt', PATIENTS, 'immunization')], 'd.txt: is of miis-legacy, but looks like the immunization file, and was given as the patient file; give the patient file with --patients and the immunization file with --immunizations'],
    ['files of two specifications', [file('p.txt', PATIENTS), file('d.csv', sample('immunet-csv', 'immunization'))], 'p.txt, d.csv: are of two specifications, p.txt of miis-legacy and d.csv of immunet-csv; load the files of each by themselves'],
  ])('%s', (_, files, words) => {
    expect(chosen(...files)).toBe(words);
  }); // biome-ignore format: a table
});

test('files that are said to be patients and doses are recognised as such', () => {
  const choice = choose([file('d.txt', DOSES, 'immunization'), file('p.txt', PATIENTS, 'patient')]) as SpecChoice;
  expect(choice.files.map(({ role }) => role)).toEqual(['immunization', 'patient']);
});

test('a file with both may be given as either', () => {
  const history = sample('cocasa-tab', 'combined');
  for (const role of ['patient', 'immunization', null] as const)
    expect(chosen(file('h.txt', history, role))).toBe('cocasa-tab');
});

test('a file whose lines are patients and doses is recognised by their tags', () => {
  for (const json of [smallestTagged(), smallestGlued()]) {
    const spec = completeSpec(json);
    const files = filesOf(makeSamples(spec, CODES).perfect);
    for (const role of ['patient', 'immunization', null] as const) {
      const given = files.map((each) => ({ ...each, role }));
      const choice = choose(given, [...SPECS, spec]);
      expect(choice).toMatchObject({ spec, certainty: 'sure', files: [{ role: 'combined', score: 1 }] });
      expect(choose(given).spec).toBeNull();
    }
    expect(choose([file('p.txt', PATIENTS)], [...SPECS, spec]).spec?.id).toBe('miis-legacy');
  }
});

test('a submission is recognised by all of its files: the reasons of each are told, and none of its values', () => {
  const choice = choose([file('p.txt', PATIENTS), file('d.txt', DOSES)]) as SpecChoice;
  expect(choice.files).toEqual([
    { file: 'p.txt', role: 'patient', score: 1, reasons: ['40 of 40 column names are known', '40 of 40 columns are there', '45 of 45 dates and codes make sense'] },
    { file: 'd.txt', role: 'immunization', score: 1, reasons: ['33 of 33 column names are known', '33 of 33 columns are there', '20 of 20 dates and codes make sense'] },
  ]); // biome-ignore format: a table
});

test('whatever the files hold, a choice is made or words are said', () => {
  const text = fc.string({ unit: fc.constantFrom('1', 'a', '|', ',', '\t', '^', ' ', '"', '\n', '\r\n', '05142015', 'birth_date'), maxLength: 60 }); // biome-ignore format: a list
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    text.map((each) => new TextEncoder().encode(each)),
  );
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 2 }), (contents) => {
      const choice = choose(contents.map((each, i) => file(`${i}.txt`, each)));
      if (choice.spec === null) expect([choice.about, choice.problem, choice.remedy]).not.toContain('');
      else expect(choice.files).toHaveLength(contents.length);
    }),
    { numRuns: 60 },
  );
});

/** What stands for words and days: of their shape, the same for the same, and never one of the report. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldKey, isReplaced, pickAlike, replaceEach, splitWords } from '../../../src/core/redact/alike.js';
import { SyntheticDays } from '../../../src/core/redact/days.js';
import { SyntheticWords } from '../../../src/core/redact/synthetic.js';
import { TODAY } from '../../support/fixtures.js';
import { secretOf } from '../../support/seeded-secret.js';

const shapeOf = (text: string): string =>
  text
    .replace(/\p{Nd}/gu, '0')
    .replace(/\p{Lu}/gu, 'A')
    .replace(/\p{Ll}/gu, 'a')
    .replace(/[^\P{L}Aa]/gu, 'o');

describe('a character', () => {
  test.each(['a', 'Z', '7', 'é', 'Ñ', 'ß', 'š', 'Ж', 'я', '٣', '名'])(
    '%s is replaced by another one of its kind',
    (character) => {
      expect(isReplaced(character)).toBe(true);
      for (let random = 0; random < 256; random++) {
        const other = pickAlike(character, random);
        if (character !== 'ß') expect(other).not.toBe(character);
        expect(shapeOf(other)).toBe(shapeOf(character));
        expect(Buffer.byteLength(other)).toBe(Buffer.byteLength(character));
      }
    },
  );

  test.each(["'", '-', ' ', '.', '@', '́', '�', '½'])('%j stays', (character) => {
    expect(isReplaced(character)).toBe(false);
  });
});

describe('a word', () => {
  test('keeps its shape, and is the same throughout a report, whatever its case', () => {
    const words = new SyntheticWords(secretOf('a'));
    expect(shapeOf(words.replace("O'Brien-3"))).toBe("A'Aaaaa-0");
    expect(words.replace('Smith')).toBe(words.replace('Smith'));
    expect(words.replace('SMITH')).toBe(words.replace('Smith').toUpperCase());
    expect(words.replace('617-555-0123').replaceAll('-', '')).toBe(words.replace('6175550123'));
  });

  test('is another one by another secret', () => {
    const [a, b] = [new SyntheticWords(secretOf('a')), new SyntheticWords(secretOf('b'))];
    const names = ['Smith', 'Johnson', 'Williams', 'Garcia', 'Rodriguez'];
    expect(names.map((name) => a.replace(name))).not.toEqual(names.map((name) => b.replace(name)));
  });

  test('becomes none of the report, holds none, and no two become one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-e]{3,5}$/), { minLength: 2, maxLength: 12 }), (originals) => {
        const words = new SyntheticWords(secretOf('c'));
        for (const word of originals) words.avoid(word);
        const made = originals.map((word) => words.replace(word));
        expect(new Set(made).size).toBe(originals.length);
        for (const word of made) for (const original of originals) expect(word).not.toContain(original);
      }),
    );
  });

  test('can be changed to another one', () => {
    const words = new SyntheticWords(secretOf('d'));
    const before = words.replace('Smith');
    words.change('SMITH');
    expect(words.replace('Smith')).not.toBe(before);
  });

  test('is found in a text with all that stands between', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        expect(splitWords(text).join('')).toBe(text);
        const count = [...text].filter(isReplaced).length;
        expect([...replaceEach(text, new Uint8Array(count))].length).toBe([...text].length);
        expect([...foldKey(text)].length).toBe(count);
      }),
    );
  });
});

describe('a day', () => {
  const days = new SyntheticDays(secretOf('e'), TODAY);
  test.each([
    ['20150514', /^2015\d{4}$/],
    ['2015-05-14', /^2015-0\d-[123]\d$/],
    ['05/14/2015', /^0\d\/[123]\d\/2015$/],
    ['5/4/2015', /^\d\/\d\/2015$/],
    ['12/31/2015', /^1[012]\/3[01]\/2015$/],
    ['14-MAY-2015', /^[123]\d-[A-Z]{3}-2015$/],
    ['05/01/2015', /^0\d\/01\/2015$/],
    ['05/15/2015', /^0\d\/15\/2015$/],
    ['01/01/2015', /^01\/01\/20\d\d$/],
    ['13/40/2009', /^\d\d\/\d\d\/\d{4}$/],
    ['43831', /^\d{5}$/],
    ['2015-05', /^\d{4}-\d\d$/],
  ])('%s becomes one of its kind', (text, form) => {
    const made = days.replace(text, 0, () => true)!;
    expect(made).not.toBe(text);
    expect(made).toMatch(form);
    expect(days.replace(text, 0, () => true)).toBe(made);
    expect(days.replace(text, 1, () => true)).not.toBe(made);
  });

  test('is the same day in each form', () => {
    expect(days.replace('05/14/2015', 0, () => true)!.replace(/^(..)\/(..)\/(....)$/, '$3$1$2')).toBe(
      days.replace('20150514', 0, () => true),
    );
  });

  test('stays in the future, or in the past', () => {
    for (const text of ['20260630', '20260702', '20261230']) {
      for (let from = 0; from < 12; from++) {
        const made = days.replace(text, from, () => true)!;
        expect(made > '20260701').toBe(text > '20260701');
      }
    }
  });

  test('that nothing acceptable stands for is told', () => {
    expect(days.replace('05/14/2015', 0, () => false)).toBeNull();
    expect(days.replace('none', 0, () => true)).toBeNull();
  });
});

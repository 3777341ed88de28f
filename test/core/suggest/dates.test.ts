/** Suggestions for days: never sure of what a slip of another kind explains as well. */
import { describe, expect, test } from 'vitest';
import { SURE } from '../../../src/core/suggest/proposal.js';
import {
  evidence,
  factsOfDose,
  propose,
  proposeForBirth,
  proposeForEarlyDoses,
  type SentDose,
} from '../../support/suggestions.js';

/** A child born on 2008-05-01, as most are vaccinated. */
const BORN = '2008-05-01';
const DOSES: readonly SentDose[] = [
  { cvx: '110', day: '2008-07-05' },
  { cvx: '110', day: '2008-09-06' },
  { cvx: '110', day: '2008-11-07' },
  { cvx: '03', day: '2009-05-20' },
  { cvx: '20', day: '2012-05-28' },
];
const later = (day: string, years: number): string => `${Number(day.slice(0, 4)) + years}${day.slice(4)}`;

describe('birth date and date of a dose are never surely exchanged', () => {
  test.each([1, 2, 3, 10])('where the birth year is %i late', (years) => {
    const found = proposeForEarlyDoses(later(BORN, years), DOSES);
    expect(found.length).toBeGreaterThan(0);
    for (const each of found) expect(each?.confidence ?? 0).toBeLessThan(SURE);
    // The dose stands soon after the birthday: that the year is wrong is as likely.
    for (const each of found) expect(each?.confidence ?? 0).toBeLessThanOrEqual(0.5);
  });

  test('where the doses are those of an elder sister', () => {
    const found = proposeForEarlyDoses('2012-02-11', DOSES);
    expect(found.filter((each) => (each?.confidence ?? 0) >= SURE)).toEqual([]);
  });

  test('though it is suggested where it is likely', () => {
    const swapped = [{ cvx: '03', day: '2008-05-01' }, ...DOSES.filter(({ cvx }) => cvx !== '03')];
    const [first] = proposeForEarlyDoses('2009-05-20', swapped);
    expect(first).toMatchObject({
      fixes: [
        { field: 'administered_on', value: '2009-05-20' },
        { field: 'birth_date', value: '2008-05-01' },
      ],
    });
    expect(first!.confidence).toBeGreaterThan(0.5);
  });
});

describe('a birth year is surely of another century', () => {
  test('where the first doses follow it', () => {
    const doses = [
      { cvx: '08', day: '2016-10-16' },
      { cvx: '116', day: '2016-12-20' },
    ];
    const found = proposeForBirth('2116-10-15', doses);
    expect(found).toMatchObject({ fixes: [{ field: 'birth_date', value: '2016-10-15' }] });
    expect(found!.confidence).toBeGreaterThanOrEqual(SURE);
  });

  test.each([
    [
      'the doses are those of a child',
      '2066-10-15',
      [
        { cvx: '08', day: '2016-10-16' },
        { cvx: '116', day: '2016-12-20' },
      ],
    ],
    ['the first dose is years later', '2066-10-15', [{ cvx: '33', day: '2016-12-20' }]],
    ['no dose is known', '2066-10-15', []],
    ['no dose is known, and no other digit is possible', '2115-10-15', []],
  ])('but not where %s', (_, birth, doses) => {
    const found = proposeForBirth(birth, doses);
    expect(found?.confidence ?? 0).toBeLessThan(SURE);
  });

  test('and never with a wrong decade, by the doses of a child', () => {
    for (const decade of ['3', '4', '5', '6', '7', '8', '9']) {
      const found = proposeForBirth(`20${decade}6-10-15`, [{ cvx: '116', day: '2016-12-20' }]);
      expect(found).toMatchObject({ fixes: [{ field: 'birth_date', value: '2016-10-15' }] });
      expect(found!.confidence).toBeLessThan(SURE);
    }
  });
});

describe('the day of a dose is never surely in another century', () => {
  test.each([
    ['208', '2099-10-15', '1999-10-15'],
    ['187', '2066-10-15', '1966-10-15'],
    ['133', '2077-10-15', '1977-10-15'],
    ['115', '2055-10-15', '1955-10-15'],
    ['03', '2096-10-15', '1996-10-15'],
  ])('for CVX %s on %s', (cvx, day, other) => {
    const facts = factsOfDose({ cvx, day }, '1940-03-02');
    const found = propose('dose-date-in-future', 'administered_on', facts, evidence());
    expect(found?.confidence ?? 0).toBeLessThan(SURE);
    // Since when these are used is known.
    if (cvx === '133' || cvx === '115') expect(found?.fixes[0]?.value).not.toBe(other);
  });

  test('but where no other year is possible and the vaccine was there', () => {
    const facts = factsOfDose({ cvx: '133', day: '2115-10-15' }, '2014-03-02');
    const found = propose('dose-date-in-future', 'administered_on', facts, evidence());
    expect(found).toMatchObject({ fixes: [{ field: 'administered_on', value: '2015-10-15' }] });
    expect(found!.confidence).toBeGreaterThanOrEqual(SURE);
  });
});

test('thirty thousand doses under one id before its birth are asked about one by one', () => {
  const by = evidence();
  const days = Array.from({ length: 28 }, (_, i) => `2008-05-${String(i + 1).padStart(2, '0')}`);
  const all = Array.from({ length: 30_000 }, (_, i) => factsOfDose({ cvx: '03', day: days[i % 28]! }, '2012-05-01'));
  for (const facts of all) by.add({ code: 'dose-date-before-birth' }, facts);
  const found = all.map((facts) => propose('dose-date-before-birth', 'administered_on', facts, by));
  // Each of the earliest day may have the birth date in it, and so none has.
  expect(found.filter((each) => each?.fixes.length === 2).length).toBe(0);
});

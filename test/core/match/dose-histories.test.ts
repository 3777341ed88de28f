/** How well made-up histories, of which the truth is known, are put together. `npm run bench:doses` does it at large. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WholeRow } from '../../../src/core/columns.js';
import { groupDoses } from '../../../src/core/match/dose-groups.js';
import { DoseNeighbours, dayNumber } from '../../../src/core/match/dose-neighbours.js';
import { judgeDaysApart, judgeSameDay } from '../../../src/core/match/dose-table.js';
import { DOSE, packRow, type Row } from '../../../src/core/model.js';
import { type History, makeHistories } from '../../support/dose-histories.js';
import { MATCHER } from '../../support/dose-registry.js';
import { dosesOf, scoreDoses } from '../../support/dose-score.js';
import { VACCINES } from '../../support/fixtures.js';
import { doseRow } from '../../support/persons.js';

const putTogether = (rows: readonly Row[]): number[] => dosesOf(MATCHER.decide(rows, []).outcomes);

function* histories(patients: number, ...seeds: number[]): Generator<History> {
  for (const seed of seeds) yield* makeHistories({ seed, patients });
}

describe('made-up histories', () => {
  test('are put together as their truth says', () => {
    const score = scoreDoses(histories(1_500, 11, 12), putTogether);
    expect(score.records).toBeGreaterThan(100_000);
    expect(score.f1).toBeGreaterThanOrEqual(0.998);
    // At most 20 in a million. One record that is a month off makes one false merge, and several false pairs at once.
    expect(score.falseMerges).toBeLessThanOrEqual(2);
    expect(score.falsePairs).toBeLessThanOrEqual(6);
    expect(score.rabiesMerged).toBe(0);
  });

  test('are hard: vaccine and date alone find seven in ten of the pairs', () => {
    const bySameness = (rows: readonly Row[]): number[] => {
      const keys = rows.map((row) =>
        packRow([row[DOSE.cvx]!, row[DOSE.administered_on]!, row[DOSE.completion_status]!]),
      );
      return keys.map((key) => keys.indexOf(key));
    };
    const { recall } = scoreDoses(histories(200, 11), bySameness);
    expect(recall).toBeGreaterThan(0.6);
    expect(recall).toBeLessThan(0.75);
  });

  test('are the same for the same seed', () => {
    const text = (seed: number): string =>
      [...histories(5, seed)].flatMap(({ records }) => records.map(({ row }) => packRow(row))).join('\n');
    expect(text(3)).toBe(text(3));
    expect(text(3)).not.toBe(text(4));
  });
});

test('a rabies series that each of three sites tells stays what it is', () => {
  const dateOf = (day: number): string => new Date(Date.UTC(2024, 1, 20 + day)).toISOString().slice(0, 10);
  const vaccines = fc.constantFrom('175', '18', '90');
  const told = fc.record({
    information_source: fc.constantFrom('00', '01', '05'),
    lot_number: fc.constantFrom(null, 'K012345'),
  });
  fc.assert(
    fc.property(
      fc.constantFrom([0, 3, 7, 14], [0, 3, 7, 14, 28], [0, 7, 21]),
      fc.array(fc.tuple(told, vaccines), { minLength: 15, maxLength: 15 }),
      (days, details) => {
        const rows = days.flatMap((day, shot) =>
          ['F1', 'F2', 'F3'].map((site_id, site) => {
            const [detail, cvx] = details[(shot * 3 + site) % details.length]!;
            return doseRow({ site_id, administered_on: dateOf(day), cvx, completion_status: 'CP', ...detail });
          }),
        );
        const doses = putTogether(rows);
        for (let i = 0; i < rows.length; i++) {
          for (let j = 0; j < rows.length; j++) {
            if (rows[i]![DOSE.administered_on] !== rows[j]![DOSE.administered_on]) expect(doses[i]).not.toBe(doses[j]);
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('no record is passed over that the table has something to say about', () => {
  const neighbours = new DoseNeighbours(VACCINES);
  for (const { records } of histories(60, 21, 22, 23)) {
    const rows = records.map(({ row }) => row);
    const { reports } = groupDoses(rows, VACCINES);
    const near = new Set(
      neighbours.find(
        rows.map((row) => new WholeRow(row)),
        [],
      )?.places,
    );
    for (let i = 0; i < rows.length; i++) {
      for (let j = i + 1; j < rows.length; j++) {
        const [a, b] = [reports[i]!, reports[j]!];
        const judge = a.day === b.day ? judgeSameDay : judgeDaysApart;
        if (judge(a, b, VACCINES).verdict !== 'different') expect([near.has(i), near.has(j)]).toEqual([true, true]);
      }
    }
  }
});

test('days are numbered as the calendar counts them', () => {
  const day = fc.date({ min: new Date('1880-01-01'), max: new Date('2199-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(day, day, (a, b) => {
      const [one, other] = [a, b].map((date) => date.toISOString().slice(0, 10)) as [string, string];
      expect(dayNumber(other) - dayNumber(one)).toBe((Date.parse(other) - Date.parse(one)) / 86_400_000);
    }),
  );
});

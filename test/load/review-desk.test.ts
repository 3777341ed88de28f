/** What a reviewer's decisions do to the registry, and what later runs make of them. */
import { describe, expect, test } from 'vitest';
import type { ReviewDecision } from '../../src/db/match-history.js';
import { type DecisionOutcome, decideReview, splitPatient } from '../../src/decide-review.js';
import { CODES } from '../support/fixtures.js';
import { KINDS, TestRegistry } from '../support/registries.js';
import { allTables, findDamage } from '../support/review-families.js';
import { miis, type SandboxLoad, type TableRow } from '../support/sandbox.js';

const COLUMNS =
  'facility_id|patient_id|last_name|first_name|birth_date|sex|street|city|state|zip|phone|sharing_objection|suffix';
const DOSE_COLUMNS = 'facility_id|patient_id|vaccination_id|cvx|admin_date|info_source|lot_number';
const HOME = '12 Elm St|Salem|MA|01970|6175550123';

const load = (patients: readonly string[], doses: readonly string[] = [], more: SandboxLoad = {}): SandboxLoad => ({
  ...(patients.length > 0 && { patients: { 'p.txt': miis(COLUMNS, ...patients) } }),
  ...(doses.length > 0 && { immunizations: { 'd.txt': miis(DOSE_COLUMNS, ...doses) } }),
  matchModel: 'fixed',
  ...more,
});

const NORA = `F1|1|Walsh|Nora|20150514|F|${HOME}||`;
const ELENA = `F2|7|Walsh|Elena|20150514|F|${HOME}|Y|`;
const BABY = `F3|9|Walsh|BABY GIRL|20150514|F|${HOME}||`;
const OTHER = `F4|4|Osei|Kwame|20120611|M|4 Oak Rd|Lynn|MA|01901|||`;

const AT = '2026-11-22T10:00:00.000Z';
const decide = (
  registry: TestRegistry,
  reviewId: number,
  decision: ReviewDecision,
  despiteConflicts = false,
): Promise<DecisionOutcome> =>
  registry.withStore((store) =>
    decideReview(
      store,
      CODES,
      { reviewId, decision, by: 'Ann', at: AT, reason: 'birth certificate' },
      { despiteConflicts },
    ),
  );
const split = (registry: TestRegistry, patientId: number, ...numbers: number[]): Promise<DecisionOutcome> =>
  registry.withStore((store) =>
    splitPatient(store, CODES, patientId, numbers, { by: 'Ann', at: AT, reason: 'cousins' }),
  );

const sources = async (registry: TestRegistry): Promise<string[]> => {
  const rows = await registry.ask(
    'SELECT site_id, source_patient_id, patient_id, decision FROM patient_sources ORDER BY id',
  );
  return rows.map((row) => Object.values(row).join(' '));
};
const doses = async (registry: TestRegistry): Promise<string[]> => {
  const rows = await registry.ask('SELECT id, patient_id, cvx, administered_on FROM immunizations ORDER BY id');
  return rows.map((row) => Object.values(row).join(' '));
};
const reviews = (registry: TestRegistry): Promise<TableRow[]> =>
  registry.ask('SELECT id, patient_id_a AS a, patient_id_b AS b, decision FROM match_reviews ORDER BY id');

describe.each(KINDS)('in %s', (kind) => {
  describe('the decision that two patients are one', () => {
    test('joins their records, doses and keys; the sharing objection and the real name survive', async () => {
      await using registry = await TestRegistry.create(kind);
      await registry.load(
        load([NORA, ELENA], ['F1|1|v1|20|20160505|00|', 'F2|7|w1|20|20160505|01|', 'F2|7|w2|03|20160605|01|']),
      );
      expect(await reviews(registry)).toEqual([{ id: 1, a: 1, b: 2, decision: null }]);
      const before = await allTables(registry);
      expect((await decide(registry, 1, 'same')).effect).toBe('patients 1 and 2 are one: patient 1');
      expect(await sources(registry)).toEqual(['F1 1 1 new', 'F2 7 1 merged']);
      expect(await registry.ask('SELECT id, sharing_objection FROM patients')).toEqual([
        { id: 1, sharing_objection: 'Y' },
      ]);
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05', '3 1 03 2016-06-05']);
      expect(
        await registry.ask('SELECT immunization_id, source_immunization_id, reason FROM immunization_duplicates'),
      ).toEqual([{ immunization_id: 1, source_immunization_id: 'w1', reason: 'same vaccine and date (row 2)' }]);
      expect(await findDamage(registry)).toEqual([]);
      expect((await decide(registry, 1, 'later')).effect).toBe('patients 1 and 2 are two again');
      expect(await allTables(registry)).toEqual(before);
      expect(
        await registry.ask('SELECT decision, decided_by, reason, effect FROM review_decisions ORDER BY id'),
      ).toEqual([
        {
          decision: 'same',
          decided_by: 'Ann',
          reason: 'birth certificate',
          effect: 'patients 1 and 2 are one: patient 1',
        },
        { decision: 'later', decided_by: 'Ann', reason: 'birth certificate', effect: 'patients 1 and 2 are two again' },
      ]);
    });

    test('closes the pairs that it settles, lets others follow, and opens them again when it is taken back', async () => {
      await using registry = await TestRegistry.create(kind);
      await registry.load(load([NORA, ELENA, BABY]));
      expect((await reviews(registry)).map(({ a, b }) => `${a} ${b}`)).toEqual(['1 3', '2 3', '1 2']);
      await decide(registry, 2, 'same');
      // Patient 3 is patient 2 by now.
      expect(await reviews(registry)).toEqual([
        { id: 1, a: 1, b: 2, decision: null },
        { id: 2, a: 2, b: 3, decision: 'same' },
        { id: 3, a: 1, b: 2, decision: null },
      ]);
      await decide(registry, 3, 'same');
      expect((await reviews(registry))[0]).toEqual({ id: 1, a: 1, b: 1, decision: 'same' });
      await expect(decide(registry, 1, 'different')).rejects.toThrow(
        'R1: the two are patient 1 by R2 and R3; decide one of these instead',
      );
      await decide(registry, 3, 'different');
      expect(await reviews(registry)).toEqual([
        // The same two patients.
        { id: 1, a: 1, b: 2, decision: 'different' },
        { id: 2, a: 2, b: 3, decision: 'same' },
        { id: 3, a: 1, b: 2, decision: 'different' },
      ]);
      expect(await sources(registry)).toEqual(['F1 1 1 new', 'F2 7 2 new', 'F3 9 2 merged']);
    });

    test('is refused where another decision stands against it, by its name, unless the reviewer insists', async () => {
      await using registry = await TestRegistry.create(kind);
      await registry.load(load([NORA, ELENA, BABY]));
      await decide(registry, 3, 'different');
      await decide(registry, 2, 'same');
      // The pair of 1 and 3 is one of 1 and 2 by now, and settled with it.
      expect((await reviews(registry))[0]).toEqual({ id: 1, a: 1, b: 2, decision: 'different' });
      const refused = decide(registry, 1, 'same');
      await expect(refused).rejects.toThrow(
        'R1: patients 1 and 2 stay two: against it stands R3, decided different by Ann on 2026-11-22',
      );
      await expect(refused).rejects.toThrow('decide again with --despite-conflicts');
      expect(await registry.ask('SELECT count(*) AS n FROM patients')).toEqual([{ n: 2 }]);
      const { despite } = await decide(registry, 1, 'same', true);
      expect(despite[0]).toBe('R3, decided different by Ann on 2026-11-22');
      expect(await registry.ask('SELECT count(*) AS n FROM patients')).toEqual([{ n: 1 }]);
      expect(await findDamage(registry)).toEqual([]);
    });

    test('is refused where records of the two cannot be one person, and says which', async () => {
      await using registry = await TestRegistry.create(kind);
      const junior = `F5|5|Walsh|Nora|20150514|F|${HOME}||JR`;
      const senior = `F6|6|Walsh|Elena|20150514|F|${HOME}||SR`;
      await registry.load(load([NORA, ELENA, junior, senior]));
      const asked = await registry.ask(
        `SELECT m.id FROM match_reviews m JOIN patient_sources a ON a.patient_id = m.patient_id_a
       JOIN patient_sources b ON b.patient_id = m.patient_id_b ORDER BY m.id LIMIT 1`,
      );
      const conflict = decide(registry, Number(asked[0]!['id']), 'same');
      await expect(conflict).rejects.toThrow(
        /p\.txt, line \d with p\.txt, line \d: another suffix or birth order: two persons/,
      );
      await expect(conflict).rejects.not.toThrow(/walsh|nora|elena|2015/i);
    });
  });

  describe('a run that comes later', () => {
    test('brings rows of a patient that became part of another to the one that went on, also under the other name', async () => {
      await using registry = await TestRegistry.create(kind);
      await registry.load(load([NORA, ELENA]));
      await decide(registry, 1, 'same');
      const moved = ELENA.replace('12 Elm St', '9 Ash Rd');
      const { patients, totals } = await registry.load(load([moved, OTHER], ['F2|7|w1|20|20160505|01|']));
      expect(patients).toEqual({ new: 1, merged: 1, review: 0 });
      expect(totals.patient.rejected).toBe(0);
      expect(await sources(registry)).toEqual(['F1 1 1 new', 'F2 7 1 merged', 'F2 7 1 merged', 'F4 4 3 new']);
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05']);
      // What it brought goes with the id under which it came.
      await decide(registry, 1, 'different');
      expect(await sources(registry)).toEqual(['F1 1 1 new', 'F2 7 2 new', 'F2 7 2 merged', 'F4 4 3 new']);
      expect(await doses(registry)).toEqual(['1 2 20 2016-05-05']);
      expect(await findDamage(registry)).toEqual([]);
    });

    test('neither joins nor asks about two that were split', async () => {
      await using registry = await TestRegistry.create(kind);
      const walch = `F2|7|Walch|Nora|20150514|F|${HOME}||`;
      const rows = ['F1|1|v1|20|20160505|00|', 'F2|7|v1|20|20160505|01|', 'F2|7|v2|03|20160605|01|'];
      await registry.load(load([NORA, walch], rows));
      expect(await sources(registry)).toEqual(['F1 1 1 new', 'F2 7 1 merged']);
      const before = await allTables(registry);
      const { effect, reviewId } = await split(registry, 1, 2);
      expect(effect).toBe('patient 1 is two: its record 2 is patient 2');
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05', '2 2 03 2016-06-05', '3 2 20 2016-05-05']);
      expect(await findDamage(registry)).toEqual([]);
      const again = await registry.load(load([NORA, walch], rows));
      expect(again.patients).toEqual({ new: 0, merged: 0, review: 0 });
      expect(again.doses).toMatchObject({ new: 0, merged: 0, duplicate: 3 });
      expect((await sources(registry)).slice(2)).toEqual(['F1 1 1 duplicate', 'F2 7 2 duplicate']);
      await decide(registry, reviewId, 'same');
      expect(await registry.ask('SELECT id FROM patients')).toEqual(before['patients']!.map(({ id }) => ({ id: id! })));
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05', '2 1 03 2016-06-05']);
      expect(await findDamage(registry)).toEqual([]);
    });

    test('does not give the number of a patient again that became part of another', async () => {
      await using registry = await TestRegistry.create(kind);
      await registry.load(load([NORA, ELENA], ['F1|1|v1|20|20160505|00|', 'F2|7|w1|20|20160505|01|']));
      await decide(registry, 1, 'same');
      await registry.load(load([OTHER], ['F4|4|x1|20|20160505|00|']));
      expect(await registry.ask('SELECT id FROM patients ORDER BY id')).toEqual([{ id: 1 }, { id: 3 }]);
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05', '3 3 20 2016-05-05']);
      await decide(registry, 1, 'different');
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05', '2 2 20 2016-05-05', '3 3 20 2016-05-05']);
    });

    test('applies what an immload wrote down that did not apply it', async () => {
      await using registry = await TestRegistry.create(kind);
      await registry.load(load([NORA, ELENA]));
      await registry.change(
        "UPDATE match_reviews SET decision = 'same', decided_by = 'Bob', decided_at = '2026-01-01', decision_reason = 'so'",
      );
      const notices: string[] = [];
      const { patients } = await registry.load(
        load([NORA, ELENA, OTHER], [], { onNotice: (notice) => notices.push(notice) }),
      );
      expect(notices).toEqual(['R1 was decided before: patients 1 and 2 are one: patient 1']);
      expect(patients).toEqual({ new: 1, merged: 0, review: 0 });
      await registry.load(load([NORA, ELENA, OTHER], [], { onNotice: (notice) => notices.push(notice) }));
      expect(notices).toHaveLength(1);
    });
  });

  describe('splitting a patient', () => {
    test('takes all records of an id along, and refuses what would leave nobody', async () => {
      await using registry = await TestRegistry.create(kind);
      const walch = `F2|7|Walch|Nora|20150514|F|${HOME}||`;
      await registry.load(load([NORA, walch, walch.replace('12 Elm St', '14 Elm St')]));
      await registry.load(load([ELENA.replace('F2|7', 'F8|8')]));
      await expect(split(registry, 1, 4)).rejects.toThrow('patient 1 has no record 4; `immload why 1` numbers them');
      await expect(split(registry, 1, 1)).rejects.toThrow(
        'record 1 made the patient; name the records that are to leave it',
      );
      await expect(split(registry, 2, 1)).rejects.toThrow('all of its records have the id of those');
      expect((await split(registry, 1, 3)).effect).toBe('patient 1 is two: its records 2, 3 are patient 3');
      const joined = await registry.ask('SELECT id FROM match_reviews WHERE patient_id_a = 1 AND patient_id_b = 2');
      await decide(registry, Number(joined[0]!['id']), 'same');
      await expect(split(registry, 1, 2)).rejects.toThrow('R1 joined these; decide R1 different instead');
    });
  });

  describe('a patient that was split and is one again', () => {
    test('is not split by a word, and its number is given to nobody else', async () => {
      await using registry = await TestRegistry.create(kind);
      await registry.load(load([NORA, `F2|7|Walch|Nora|20150514|F|${HOME}||`]));
      const { reviewId } = await split(registry, 1, 2);
      await decide(registry, reviewId, 'same');
      await expect(decide(registry, reviewId, 'different')).rejects.toThrow(
        'there is no patient 2 any more; take patient 1 apart with `immload review split 1`',
      );
      await registry.load(load([OTHER]));
      expect(await registry.ask('SELECT id FROM patients ORDER BY id')).toEqual([{ id: 1 }, { id: 3 }]);
    });
  });

  describe('two doubtful doses', () => {
    const vague = ['F1|1|v1|20|20160505|01|', 'F1|1|v2|107|20160508|01|'];

    test('are one when a reviewer says so, in later runs, too, and two again to the letter', async () => {
      await using registry = await TestRegistry.create(kind);
      const { doses: counts } = await registry.load(load([NORA], vague));
      expect(counts.review).toBe(1);
      const before = await allTables(registry);
      expect((await decide(registry, 1, 'same')).effect).toBe('dose 2 of patient 1 is a duplicate of dose 1');
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05']);
      expect(await registry.ask('SELECT immunization_id, reason FROM immunization_duplicates')).toEqual([
        { immunization_id: 1, reason: 'one dose, as a reviewer decided; other administered_on, cvx' },
      ]);
      await decide(registry, 1, 'later');
      expect(await allTables(registry)).toEqual(before);
      await decide(registry, 1, 'same');
      const again = await registry.load(load([], vague));
      expect(again.doses).toEqual({ new: 0, merged: 0, duplicate: 2, review: 0 });
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05']);
      await decide(registry, 1, 'different');
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05', '2 1 107 2016-05-08']);
      expect(await findDamage(registry)).toEqual([]);
    });

    test('are not asked again, and stay two whatever comes', async () => {
      await using registry = await TestRegistry.create(kind);
      await registry.load(load([NORA], vague));
      await decide(registry, 1, 'different');
      const again = await registry.load(load([], [...vague, 'F1|1|v3|20|20160505|00|']));
      expect(again.doses.review).toBe(0);
      // The table takes the history of the 8th to be that of the administered dose of the 5th.
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05', '2 1 107 2016-05-08']);
      await decide(registry, 1, 'later');
      const later = await registry.load(load([], vague));
      expect(later.doses.review).toBe(0);
      expect(await doses(registry)).toEqual(['1 1 20 2016-05-05']);
      expect(await findDamage(registry)).toEqual([]);
    });
  });

  test('nothing is decided while a run is alive', async () => {
    await using registry = await TestRegistry.create(kind);
    await registry.load(load([NORA, ELENA]));
    await registry.change(
      "UPDATE runs SET status = 'running', heartbeat_at = '2999-01-01T00:00:00.000Z', host = 'elsewhere'",
    );
    await registry.change("INSERT INTO runs (status, started_at) VALUES ('completed', '2026-01-01')");
    await registry.change('UPDATE match_reviews SET run_id = 2');
    await expect(decide(registry, 1, 'same')).rejects.toThrow(/run 1 is loading; decide when it is done/);
  });
});

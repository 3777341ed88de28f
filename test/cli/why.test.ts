/** `why` and `review`: what a reviewer sees, and what becomes of a decision. */
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../support/program.js';
import { KINDS, TestRegistry } from '../support/registries.js';
import { miis } from '../support/sandbox.js';

const PATIENTS = miis(
  'facility_id|patient_id|last_name|first_name|birth_date|sex|street|city|state|zip|phone',
  'F1|1|Walsh|Nora|20150514|F|12 Elm Street|Salem|MA|01970|6175550123',
  'F2|7|Walch|Nora|20150514|F|12 Elm St|Salem|MA|01970|6175550123',
  'F1|3|Walsh|Elena|20150514|F|12 Elm St|Salem|MA|01970|6175550123',
);
const VALUES = /walsh|walch|nora|elena|2015|elm|salem|01970|6175550123/i;

describe.each(KINDS)('in %s', (kind) => {
  const withRegistry = async (work: (run: (...args: string[]) => Promise<Outcome>) => Promise<void>): Promise<void> => {
    await using registry = await TestRegistry.create(kind);
    registry.write('p.txt', PATIENTS);
    const run = (...args: string[]): Promise<Outcome> => registry.run(...args);
    expect((await run('load', 'p.txt', '--match-model', 'fixed')).code).toBe(0);
    await work(run);
  };

  describe('why', () => {
    test('shows the weight of each field, and no value', async () => {
      await withRegistry(async (run) => {
        const { stdout, stderr, code } = await run('why', '1');
        expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
        expect(stdout).toContain('Patient 1, from 2 records');
        expect(stdout).toMatch(/p\.txt, line 3 \(run 1\) +merged/);
        expect(stdout).toMatch(/ birth date equal +\+12\.8 +█+/);
        expect(stdout).toMatch(/ before anything is compared +−20\.0 +░+/);
        expect(stdout).toContain('No guard speaks against it.');
        expect(stdout).toContain('May be patient 2: review R1, not decided');
        expect(stdout).not.toMatch(VALUES);
      });
    });

    test('of a review names the guard, and shows values only if asked', async () => {
      await withRegistry(async (run) => {
        const { stdout } = await run('why', 'R1');
        expect(stdout).toContain('Review R1: patients 1 and 2, from run 1');
        expect(stdout).toContain('At most a question: born on the same day with another first name: may be twins');
        expect(stdout).toContain('one person from +1.0, a question from −5.0');
        expect(stdout).not.toMatch(VALUES);
        const shown = await run('review', 'show', '1', '--values');
        expect(shown.stdout.startsWith(stdout.trimEnd())).toBe(true);
        expect(shown.stdout).toMatch(/ First name +Nora +Elena\n/);
      });
    });

    test('of a pair that weighs enough names what keeps the two apart', async () => {
      await using registry = await TestRegistry.create(kind);
      const header =
        'facility_id|patient_id|last_name|first_name|middle_name|birth_date|sex|street|city|state|zip|phone';
      const twin = (id: string, first: string, middle: string): string =>
        `F${id}|${id}|Walsh|${first}|${middle}|20150514|F|12 Elm Street|Salem|MA|01970|6175550123`;
      registry.write(
        'p.txt',
        miis(header, twin('1', 'Lillian', 'R'), twin('2', 'Lily', 'C'), twin('3', 'Lillian', '')),
      );
      expect((await registry.run('load', 'p.txt')).code).toBe(0);
      const { stdout } = await registry.run('review', 'list', '--json');
      const refused = (JSON.parse(stdout) as { reviewId: number; explanation: { isRefused: boolean } }[]).filter(
        ({ explanation }) => explanation.isRefused,
      );
      expect(refused).toHaveLength(1);
      expect((await registry.run('why', `R${refused[0]!.reviewId}`)).stdout).toContain(
        'A question: enough by itself, but records of theirs say otherwise: born on the same day with a first name that ' +
          'only looks alike, no equal middle name and no equal number: may be twins',
      );
    });

    test('as JSON has parts that add up to the weight', async () => {
      await withRegistry(async (run) => {
        const { stdout } = await run('why', 'R1', '--json');
        const { weight, explanation } = JSON.parse(stdout) as {
          weight: number;
          explanation: { parts: { weight: number }[]; between: unknown };
        };
        expect(explanation.parts.reduce((sum, part) => sum + part.weight, 0)).toBeCloseTo(weight, 1);
        expect(explanation.between).toEqual([
          { runId: 1, file: 'p.txt', line: 2 },
          { runId: 1, file: 'p.txt', line: 4 },
        ]);
      });
    });

    test('of what is not there says so', async () => {
      await withRegistry(async (run) => {
        const said = async (...args: string[]): Promise<unknown> => {
          const { code, stderr } = await run(...args);
          return [code, stderr];
        };
        expect(await said('why', '9')).toEqual([2, 'immload: there is no patient 9\n']);
        expect(await said('why', 'R9')).toEqual([
          2,
          'immload: there is no review R9; `immload review list` lists them\n',
        ]);
        expect(await said('why', 'Nora')).toEqual([
          2,
          'immload: give the number of a patient, such as 12, or of a review, such as R12\n',
        ]);
      });
    });
  });

  describe('review', () => {
    test('lists what waits, takes a decision, and lists it no more', async () => {
      await withRegistry(async (run) => {
        expect((await run('review', 'list')).stdout).toMatch(/R1 +3\.7 +1 and 2 +1 +born on the same day/);
        const decide = ['review', 'decide', 'R1', 'different', '--by', 'Ann', '--because', 'birth certificates'];
        expect((await run(...decide)).stdout).toBe('R1: two persons; the pair is not asked again.\n');
        expect((await run('review', 'list')).stdout).toBe('Nothing is left to review.\n');
        expect((await run('review', 'list', '--all')).stdout).toMatch(/R1 +3\.7 +1 and 2 +1 +different/);
        expect((await run('why', 'R1')).stdout).toMatch(
          /Decided: different, by Ann on \d{4}-\d\d-\d\d: birth certificates/,
        );
        const again = await run('load', '--again', 'p.txt', '--match-model', 'fixed');
        expect(again.stdout).toContain('0 new, 0 merged, 0 pairs left to review');
        const later = [...decide];
        later[3] = 'later';
        await run(...later);
        expect((await run('review', 'list')).stdout).toMatch(/R1 .* later /);
      });
    });

    test('refuses a decision that is none, or that nobody takes', async () => {
      await withRegistry(async (run) => {
        const maybe = await run('review', 'decide', '1', 'maybe', '--by', 'Ann', '--because', 'so');
        expect([maybe.code, maybe.stderr]).toEqual([2, 'immload: decide same, different, later\n']);
        const nobody = await run('review', 'decide', '1', 'same', '--because', 'so');
        expect([nobody.code, nobody.stderr]).toEqual([
          2,
          'immload: Missing required argument: by; see `immload --help`\n',
        ]);
      });
    });

    test('joins two patients, and `why` tells who decided it, when, why and against which guard', async () => {
      await withRegistry(async (run) => {
        const decide = (decision: string, because: string): Promise<Outcome> =>
          run('review', 'decide', 'R1', decision, '--by', 'Ann', '--because', because);
        expect(await decide('same', 'one child')).toMatchObject({
          code: 0,
          stdout: 'R1: patients 1 and 2 are one: patient 1.\n',
          stderr: '',
        });
        const { stdout } = await run('why', '1');
        expect(stdout).toMatch(/ 3 +p\.txt, line 4 \(run 1\) +merged +see below/);
        expect(stdout).toMatch(/Decided: same, by Ann on \d{4}-\d\d-\d\d: one child\n +R1: patients 1 and 2 are one/);
        expect(stdout).toContain('At most a question: born on the same day with another first name: may be twins');
        expect(stdout).toContain('Joined by what was decided by a reviewer (R1).');
        expect(stdout).not.toMatch(VALUES);
        expect((await run('why', '2')).stdout).toMatch(/^Patient 2 became part of another\n\n +Decided: same, by Ann/);
        expect((await decide('same', 'again')).stdout).toBe('R1: one person already; this is written down.\n');
        expect((await decide('different', 'twins after all')).stdout).toBe('R1: patients 1 and 2 are two again.\n');
        const shown = (await run('review', 'show', 'R1')).stdout;
        expect(shown.match(/Decided: \w+/g)).toEqual(['Decided: same', 'Decided: same', 'Decided: different']);
        expect((await run('why', '2')).stdout).toContain(
          'Is not patient 1: review R1, decided different by Ann; born on the same day with another first name: may be twins',
        );
        const { decisions } = JSON.parse((await run('why', 'R1', '--json')).stdout) as { decisions: unknown[] };
        expect(decisions).toHaveLength(3);
      });
    });

    test('splits a patient by the numbers that `why` shows', async () => {
      await withRegistry(async (run) => {
        const split = (...records: string[]): Promise<Outcome> =>
          run('review', 'split', '1', ...records, '--by', 'Ann', '--because', 'cousins');
        expect(await split('--record', '2')).toMatchObject({
          code: 0,
          stdout: 'R2: patient 1 is two: its record 2 is patient 3.\n',
          stderr: '',
        });
        const { stdout } = await run('why', '3');
        expect(stdout).toMatch(/Patient 3, from 1 record\n\n +1 +p\.txt, line 3 \(run 1\) +made the patient/);
        expect(stdout).toMatch(
          /Decided: different, by Ann on \S+: cousins\n +R2: patient 1 is two: its record 2 is patient 3/,
        );
        expect((await run('why', 'R2')).stdout).toMatch(/ birth date equal +\+12\.8 /);
        const said = async (...records: string[]): Promise<unknown> => {
          const { code, stderr } = await split(...records);
          return [code, stderr];
        };
        expect(await said('--record', '7')).toEqual([
          1,
          'immload: patient 1 has no record 7; `immload why 1` numbers them\n',
        ]);
        expect(await said('--record', 'x')).toEqual([
          2,
          'immload: --record: give the number of a record, such as 2, as `immload why PATIENT` shows it\n',
        ]);
        const nobody = await run('review', 'split', '8', '--record', '2', '--by', 'Ann', '--because', 'so');
        expect([nobody.code, nobody.stderr]).toEqual([2, 'immload: there is no patient 8\n']);
      });
    });

    test('of doses are listed, shown with the rule, and decided like those of patients', async () => {
      await using registry = await TestRegistry.create(kind);
      registry.write('p.txt', PATIENTS);
      const columns = 'facility_id|patient_id|vaccination_id|cvx|admin_date|info_source|lot_number';
      registry.write('d.txt', miis(columns, 'F1|1|v1|20|20160505|01|', 'F1|1|v2|107|20160508|01|'));
      const run = (...args: string[]): Promise<Outcome> => registry.run(...args);
      await run('load', 'p.txt', 'd.txt', '--match-model', 'fixed');
      expect((await run('review', 'list')).stdout).toMatch(
        /R2 +1: doses 1 and 2 +1 +two historical doses of one group/,
      );
      const shown = await run('review', 'show', 'R2');
      expect(shown.stdout).toMatch(
        /^Review R2: doses 1 and 2 of patient 1, from run 1\n\n +two historical doses .*row 12/,
      );
      expect(shown.stdout).not.toContain('2016');
      expect((await run('why', 'R2', '--values')).stdout).toMatch(
        /Vaccination date +2016-05-05 +2016-05-08|2016-05-05 +2016-05-08/,
      );
      expect((await run('why', '1')).stdout).toContain(
        'Doses 1 and 2 may be one: review R2, not decided; two historical',
      );
      const decide = ['review', 'decide', 'R2', 'same', '--by', 'Ann', '--because', 'one visit'];
      expect((await run(...decide)).stdout).toBe('R2: dose 2 of patient 1 is a duplicate of dose 1.\n');
      expect((await run('review', 'list')).stdout).not.toContain('doses');
    });
  });

  describe('review simulate', () => {
    test('tells what other thresholds would change, in numbers alone, and changes nothing', async () => {
      await using registry = await TestRegistry.create(kind);
      registry.write('p.txt', PATIENTS);
      const run = (...args: string[]): Promise<Outcome> => registry.run(...args);
      await run('load', '--again', 'p.txt', '--match-model', 'fixed');
      await run('review', 'decide', 'R1', 'same', '--by', 'Ann', '--because', 'so');
      const before = await registry.rows();
      const { stdout, stderr, code } = await run('review', 'simulate', '--thresholds', '20,4', '--output', 'l.csv');
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(stdout).toContain('One person from weight +20.0, a question from +4.0. Nothing is changed by this.');
      expect(stdout).toMatch(/ one +question +1 +1 +0 +0 +0\n/);
      // What was decided to be one person would not even be asked about.
      expect(stdout).toMatch(/ question +two +1 +0 +1 +0 +1\n/);
      expect(stdout).not.toMatch(VALUES);
      const list = readFileSync(registry.path('l.csv'), 'utf8');
      expect(list).toMatch(
        /^was,would_be,weight,.*\none,question,16\.2,,1,,1,3,,0\nquestion,two,3\.7,1,1,2,1,,same,1\n$/,
      );
      expect(statSync(registry.path('l.csv')).mode & 0o777).toBe(0o600);
      expect(await registry.rows()).toEqual(before);
      const again = await run('review', 'simulate', '--thresholds', '20,4', '--output', 'l.csv');
      expect([again.code, again.stderr]).toEqual([
        1,
        'immload: l.csv: cannot be written (EEXIST); it is there already; give a new file with --output, or take that one away\n',
      ]);
    });

    test.each(['1', '1,x', '1,2', ','])('refuses %s as thresholds', async (text) => {
      await withRegistry(async (run) => {
        const { code, stderr } = await run('review', 'simulate', '--thresholds', text);
        expect(code).toBe(2);
        expect(stderr).toMatch(/^immload: --thresholds: /);
      });
    });
  });
});

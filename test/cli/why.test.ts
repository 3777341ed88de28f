/** `why` and `review`: what a reviewer sees, and what becomes of a decision. */
import { describe, expect, test } from 'vitest';
import { type Outcome, runProgram } from '../support/program.js';
import { miis, Sandbox } from '../support/sandbox.js';

const PATIENTS = miis(
  'facility_id|patient_id|last_name|first_name|birth_date|sex|street|city|state|zip|phone',
  'F1|1|Walsh|Nora|20150514|F|12 Elm Street|Salem|MA|01970|6175550123',
  'F2|7|Walch|Nora|20150514|F|12 Elm St|Salem|MA|01970|6175550123',
  'F1|3|Walsh|Elena|20150514|F|12 Elm St|Salem|MA|01970|6175550123',
);
const VALUES = /walsh|walch|nora|elena|2015|elm|salem|01970|6175550123/i;

async function withRegistry(work: (run: (...args: string[]) => Promise<Outcome>) => Promise<void>): Promise<void> {
  using sandbox = new Sandbox();
  sandbox.write('p.txt', PATIENTS);
  const run = (...args: string[]): Promise<Outcome> => runProgram(sandbox.folder, args);
  expect((await run('load', 'p.txt', '--match-model', 'fixed')).code).toBe(0);
  await work(run);
}

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
      const again = await run('load', 'p.txt', '--match-model', 'fixed');
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
});

/** Loads that match patients by weight: within a submission, against the registry, and what is told of it. */
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { miis, Sandbox, type SandboxLoad } from '../support/sandbox.js';

const COLUMNS =
  'facility_id|patient_id|last_name|first_name|birth_date|sex|street|city|state|zip|phone|mother_maiden_name|ssn|suffix|multiple_birth|birth_order';

/** What is known of a record; what is not given is blank. */
type Person = Partial<Record<string, string>>;

const NORA: Person = {
  facility_id: 'F1',
  patient_id: '1',
  last_name: 'Walsh',
  first_name: 'Nora',
  birth_date: '20150514',
  sex: 'F',
  street: '12 Elm Street',
  city: 'Salem',
  state: 'MA',
  zip: '01970',
  phone: '6175550123',
};

function file(...persons: Person[]): string {
  const rows = persons.map((person) =>
    COLUMNS.split('|')
      .map((column) => person[column] ?? '')
      .join('|'),
  );
  return miis(COLUMNS, ...rows);
}

const nora = (more: Person = {}): Person => ({ ...NORA, ...more });
/** The same person, as another site knows her. */
const elsewhere = (more: Person = {}): Person => nora({ facility_id: 'F2', patient_id: '7', ...more });

const fixed = (persons: readonly Person[], more: SandboxLoad = {}): SandboxLoad => ({
  patients: { 'p.txt': file(...persons) },
  matchModel: 'fixed',
  ...more,
});

async function load(persons: readonly Person[], more: SandboxLoad = {}): ReturnType<Sandbox['load']> {
  using sandbox = new Sandbox();
  return await sandbox.load(fixed(persons, { mode: 'validate', ...more }));
}

/** What becomes of two records: how many persons, and how many pairs for a reviewer. */
const PAIRS: readonly (readonly [string, Person, Person, { readonly persons: number; readonly reviews: number }])[] = [
  ['a letter mistyped in the last name', {}, { last_name: 'Walch' }, { persons: 1, reviews: 0 }],
  ['day and month exchanged', { birth_date: '20150504' }, { birth_date: '20150405' }, { persons: 1, reviews: 0 }],
  ['a pet name', { first_name: 'Elizabeth' }, { first_name: 'Liz' }, { persons: 1, reviews: 0 }],
  ['a move', {}, { street: '4 Oak Road', city: 'Lynn', zip: '01901', phone: '' }, { persons: 1, reviews: 0 }],
  ['another year of birth, another home', { mother_maiden_name: 'Costa' }, { mother_maiden_name: 'Costa', birth_date: '20140514', street: '4 Oak Road', city: 'Lynn', zip: '01901', phone: '' }, { persons: 1, reviews: 0 }],
  ['twins', {}, { first_name: 'Elena' }, { persons: 2, reviews: 1 }],
  ['twins with birth orders', { birth_order: '1' }, { first_name: 'Elena', birth_order: '2' }, { persons: 2, reviews: 0 }],
  ['Jr and Sr', { suffix: 'JR' }, { suffix: 'SR' }, { persons: 2, reviews: 0 }],
  ['a newborn before and after', { first_name: 'BABY GIRL' }, {}, { persons: 1, reviews: 0 }],
  ['a newborn with an equal number', { first_name: 'BABY GIRL', ssn: '234567891' }, { ssn: '234567891' }, { persons: 1, reviews: 0 }],
  ['a stranger', {}, { last_name: 'Osei', first_name: 'Kwame', birth_date: '20120611', sex: 'M', phone: '' }, { persons: 2, reviews: 0 }],
]; // biome-ignore format: a table

describe('the fixed model', () => {
  test.each(PAIRS)('decides about %s', async (_, first, second, expected) => {
    const { patients } = await load([nora(first), elsewhere(second)]);
    expect({ persons: patients.new, reviews: patients.review }).toEqual(expected);
  });

  test.each(PAIRS)('decides about %s in the registry as within a submission', async (_, first, second, expected) => {
    using sandbox = new Sandbox();
    await sandbox.load(fixed([nora(first)]));
    const { patients } = await sandbox.load(fixed([elsewhere(second)]));
    expect({ persons: 1 + patients.new, reviews: patients.review }).toEqual(expected);
  });

  test('keeps what records of one id are: one person, or a conflict', async () => {
    const { patients, totals } = await load([
      nora(),
      nora({ last_name: 'Costa' }),
      nora({ patient_id: '2', first_name: 'Kwame' }),
      nora({ patient_id: '2', first_name: 'Elena' }),
    ]);
    expect(patients).toEqual({ new: 1, merged: 1, review: 0 });
    expect(totals.patient.rejected).toBe(2);
  });

  test('never joins two persons of the registry: the pair goes to a reviewer, and is not asked again', async () => {
    using sandbox = new Sandbox();
    await sandbox.load(fixed([nora(), nora({ patient_id: '2', last_name: 'Walch' })], { matchModel: 'exact' }));
    const bridge = fixed([elsewhere()]);
    const { patients } = await sandbox.load(bridge);
    expect(patients).toEqual({ new: 0, merged: 1, review: 1 });
    expect(sandbox.query('SELECT patient_id_a, patient_id_b FROM match_reviews')).toEqual([
      { patient_id_a: 2, patient_id_b: 1 },
    ]);
    const again = await sandbox.load(bridge);
    expect(again.patients).toEqual({ new: 0, merged: 0, review: 0 });
  });

  test('finds patients by a number of which sixteen bits are stored', async () => {
    using sandbox = new Sandbox();
    await sandbox.load(fixed([nora({ ssn: '234567891', birth_date: '20150514' })]));
    const moved = { last_name: 'Costa', street: '', city: '', zip: '', phone: '', birth_date: '20150517' };
    const { patients } = await sandbox.load(fixed([elsewhere({ ...moved, ssn: '234567891' })]));
    expect(patients).toEqual({ new: 0, merged: 1, review: 0 });
    const stored = JSON.stringify(sandbox.query('SELECT * FROM patients, patient_parts'));
    expect(stored).not.toContain('234567891');
  });

  test('finds patients that were loaded with the exact model, whose keys are added once', async () => {
    using sandbox = new Sandbox();
    await sandbox.load(fixed([nora()], { matchModel: 'exact' }));
    const [{ n }] = sandbox.query('SELECT count(*) AS n FROM match_keys') as [{ n: number }];
    expect(n).toBe(1);
    const notices: string[] = [];
    const onNotice = (notice: string): void => {
      notices.push(notice);
    };
    const { patients } = await sandbox.load(fixed([elsewhere({ last_name: 'Walch' })], { onNotice, mode: 'dry-run' }));
    expect(patients).toEqual({ new: 0, merged: 1, review: 0 });
    await sandbox.load(fixed([elsewhere({ last_name: 'Walch' })], { onNotice }));
    await sandbox.load(fixed([elsewhere({ facility_id: 'F3', last_name: 'Walhs' })], { onNotice }));
    const once = 'adding match keys for 1 patients that were loaded without them; this is done once';
    expect(notices).toEqual([once, once]);
    expect(sandbox.query('SELECT count(*) AS n FROM patients')).toEqual([{ n: 1 }]);
  });

  test('finds patients of a registry whose keys are of an earlier program', async () => {
    using sandbox = new Sandbox();
    const year = { mother_maiden_name: 'Costa', street: '', city: '', zip: '', phone: '' };
    await sandbox.load(fixed([nora(year)]));
    // As such a program left it, and as the migration finds it.
    const connection = new Database(sandbox.database);
    connection.exec(`UPDATE match_key_packs SET pass = 'first and last name' WHERE pass LIKE 'first and last name%';
      DELETE FROM knex_migrations WHERE name = '0015_match_keys_by_day'`);
    connection.close();
    const { patients } = await sandbox.load(fixed([elsewhere({ ...year, birth_date: '20140514' })]));
    expect(patients).toEqual({ new: 0, merged: 1, review: 0 });
    expect(sandbox.query("SELECT id FROM match_key_packs WHERE pass = 'first and last name'")).toEqual([]);
  });

  test('finds patients of a registry that has no keys of what many have in common', async () => {
    using sandbox = new Sandbox();
    const bare = { first_name: 'Eleanora', street: '', city: '', phone: '' };
    await sandbox.load(fixed([nora(bare)]));
    const connection = new Database(sandbox.database);
    connection.exec(`DELETE FROM match_key_packs WHERE births IS NOT NULL; ALTER TABLE match_key_packs DROP COLUMN births;
      DELETE FROM knex_migrations WHERE name = '0017_wide_match_keys'`);
    connection.close();
    const uses = sandbox.query('SELECT * FROM name_uses ORDER BY name_key, run_id');
    const { patients } = await sandbox.load(
      fixed([elsewhere({ ...bare, last_name: 'Palsh', birth_date: '20150512' })]),
    );
    expect(patients).toEqual({ new: 0, merged: 1, review: 0 });
    // What the first run counted is as it was.
    expect(sandbox.query('SELECT * FROM name_uses WHERE run_id = 1 ORDER BY name_key, run_id')).toEqual(uses);
  });

  test('does not take the name that another site gave a patient for what the site says of its id', async () => {
    using sandbox = new Sandbox();
    const marie = elsewhere({ first_name: 'Marie', ssn: '234567891' });
    await sandbox.load(fixed([nora({ first_name: 'Anne Marie', ssn: '234567891' }), marie]));
    await sandbox.load(fixed([nora({ first_name: 'Marie', ssn: '234567891' })]));
    expect(sandbox.query('SELECT count(*) AS n FROM patient_sources')).toEqual([{ n: 2 }]);
  });

  test('knows the id of a site again that calls a patient otherwise than the patient is called', async () => {
    using sandbox = new Sandbox();
    const marie = (more: Person): Person => elsewhere({ first_name: 'Marie', ssn: '234567891', ...more });
    await sandbox.load(fixed([nora({ first_name: 'Anne Marie', ssn: '234567891' }), marie({})]));
    expect(sandbox.query('SELECT first_name FROM patients')).toEqual([{ first_name: 'Anne Marie' }]);
    const { patients } = await sandbox.load(fixed([marie({ phone: '6175550199' })]));
    expect(patients).toEqual({ new: 0, merged: 1, review: 0 });
    expect(sandbox.query('SELECT count(*) AS n FROM patient_sources')).toEqual([{ n: 3 }]);
  });

  test('finds a patient of the registry by what many have in common, as it does in one file', async () => {
    using sandbox = new Sandbox();
    // They are compared for the sound of the first name and the ZIP code alone.
    const bare = { first_name: 'Eleanora', street: '', city: '', phone: '', mother_maiden_name: '' };
    const [one, other] = [nora(bare), elsewhere({ ...bare, last_name: 'Palsh', birth_date: '20150512' })];
    const together = await load([one, other]);
    await sandbox.load(fixed([one]));
    const { patients } = await sandbox.load(fixed([other]));
    expect(together.patients).toEqual({ new: 1, merged: 1, review: 0 });
    expect(patients).toEqual({ new: 0, merged: 1, review: 0 });
  });

  test('joins by the thresholds that are given, and stands with them in the run', async () => {
    using sandbox = new Sandbox();
    const persons = [nora(), elsewhere({ last_name: 'Walch' })];
    const summary = await sandbox.load(fixed(persons, { thresholds: { match: 90, review: 5 } }));
    expect(summary.patients).toEqual({ new: 2, merged: 0, review: 1 });
    expect(summary.matching).toEqual({ model: 'fixed', match_threshold: 90, review_threshold: 5 });
    expect(sandbox.query('SELECT match_model, match_threshold, review_threshold FROM runs')).toEqual([
      { match_model: 'fixed', match_threshold: 90, review_threshold: 5 },
    ]);
  });

  test('says why in one line, and stores what the weight is made of', async () => {
    using sandbox = new Sandbox();
    await sandbox.load(fixed([nora(), elsewhere({ last_name: 'Walch' })]));
    const [, joined] = sandbox.query('SELECT reason, explanation FROM patient_sources ORDER BY id');
    expect(joined!['reason']).toMatch(
      /^fixed model, weight \+\d+\.\d \(\+1\.0 is enough\): birth date equal \+12\.8, .*last name alike \+3\.0/,
    );
    const explanation = JSON.parse(joined!['explanation'] as string) as Record<string, unknown>;
    const parts = explanation['parts'] as { weight: number }[];
    const sum = parts.reduce((total, { weight }) => total + weight, 0);
    expect(sum).toBeCloseTo(explanation['weight'] as number, 1);
    expect(explanation).toMatchObject({
      model: 'fixed',
      thresholds: { match: 1, review: -5 },
      pass: 'birth date and last name by sound',
      guards: [],
      between: [
        { file_id: 1, line: 2 },
        { file_id: 1, line: 3 },
      ],
    });
  });

  test('ranks the pairs for a reviewer by weight', async () => {
    using sandbox = new Sandbox();
    const { folder } = await sandbox.load(
      fixed([nora(), elsewhere({ first_name: 'Elena', phone: '' }), nora({ patient_id: '3', first_name: 'Zoe' })]),
    );
    const reviews = await sandbox.report(folder, 'review.csv');
    const weights = reviews.map(({ weight }) => Number(weight));
    expect(weights.length).toBeGreaterThan(1);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
    expect(reviews.map(({ review }) => review)).toEqual(reviews.map((_, i) => String(i + 1)));
  });
});

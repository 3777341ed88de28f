/** An undoing or a decision that the database refuses half-way leaves everything as it was, and can be done later. */
import { expect, test } from 'vitest';
import { decideReview } from '../../src/decide-review.js';
import { undoRun } from '../../src/undo-run.js';
import { CODES } from '../support/fixtures.js';
import { KINDS, type RegistryKind, TestRegistry } from '../support/registries.js';
import { miis } from '../support/sandbox.js';

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|sex|street|zip|phone';
const DOSES = 'facility_id|patient_id|vaccination_id|cvx|admin_date|info_source';
const patient = (id: string, first: string): string => `${id}|Walsh|${first}|20150514|F|12 Elm St|01970|6175550123`;

/** A rule of somebody else's by which no patient may go, and what takes it away. */
const RULES: Readonly<Record<RegistryKind, { readonly on: string; readonly off: string }>> = {
  SQLite: {
    on: "CREATE TRIGGER stays BEFORE DELETE ON patients BEGIN SELECT RAISE(ABORT, 'stays'); END",
    off: 'DROP TRIGGER stays',
  },
  PostgreSQL: {
    on: `CREATE FUNCTION stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stays'; END $$;
      CREATE TRIGGER stays BEFORE DELETE ON patients FOR EACH ROW EXECUTE FUNCTION stays()`,
    off: 'DROP TRIGGER stays ON patients',
  },
};

const AT = '2026-11-22T10:00:00.000Z';
const CHANGES: Readonly<Record<string, (registry: TestRegistry) => Promise<unknown>>> = {
  'undoing a run': (registry) =>
    registry.withStore((store) => undoRun(store, 1, { isPlan: false, at: AT, by: 'Ann', codes: CODES })),
  'joining two patients': (registry) =>
    registry.withStore((store) => {
      const made = { reviewId: 1, decision: 'same', by: 'Ann', at: AT, reason: 'so' } as const;
      return decideReview(store, CODES, made, { despiteConflicts: true });
    }),
};

test.each(KINDS.flatMap((kind) => Object.entries(CHANGES).map(([what, change]) => [kind, what, change] as const)))(
  'in %s, %s',
  async (kind, _, change) => {
    await using registry = await TestRegistry.create(kind);
    await registry.load({
      patients: { 'p.txt': miis(PATIENTS, patient('F1|1', 'Nora'), patient('F1|2', 'Elena')) },
      immunizations: { 'd.txt': miis(DOSES, 'F1|1|v1|20|20160505|00', 'F1|2|w1|20|20160505|01') },
      matchModel: 'fixed',
    });
    await registry.load({
      patients: { 'p.txt': miis(PATIENTS, patient('F2|7', 'Nora')) },
      immunizations: { 'd.txt': miis(DOSES, 'F2|7|x1|03|20160605|01') },
      matchModel: 'fixed',
    });
    await registry.change(RULES[kind].on);
    const before = await registry.rows();
    await expect(change(registry)).rejects.toMatchObject({ name: 'StoreError', code: 'failed' });
    expect(await registry.rows()).toEqual(before);
    await registry.change(RULES[kind].off);
    await change(registry);
    expect(await registry.rows()).not.toEqual(before);
  },
);

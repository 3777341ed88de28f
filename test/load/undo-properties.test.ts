/** What holds of every run that is undone, whatever came before and after it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { undoRun } from '../../src/undo-run.js';
import { withoutOrder } from '../support/content.js';
import { CODES } from '../support/fixtures.js';
import { KINDS, type RegistryKind, TestRegistry } from '../support/registries.js';
import { type FamilyRecord, family, familyRecord, filesOf, findDamage } from '../support/review-families.js';
import type { SandboxLoad, TableRow } from '../support/sandbox.js';

/** How many registries are tried; `UNDO_RUNS=500` looks further. */
const RUNS: Readonly<Record<RegistryKind, number>> = {
  SQLite: Number(process.env['UNDO_RUNS'] ?? 12),
  PostgreSQL: Number(process.env['UNDO_RUNS'] ?? 4),
};

const AT = '2026-11-22T10:00:00.000Z';
const undo = (registry: TestRegistry, run: number, isPlan = false): ReturnType<typeof undoRun> =>
  registry.withStore((store) => undoRun(store, run, { isPlan, at: AT, by: 'Ann', codes: CODES }));

/** All rows of all tables but for the runs themselves, their files, their reports and what was done when. */
const allTables = (registry: TestRegistry): Promise<Record<string, TableRow[]>> =>
  registry.rows(/^(runs|run_files|run_reports|journal.*)$/);

/** The lines of a submission that were not rejected. */
async function withoutRejects(
  registry: TestRegistry,
  folder: string,
  files: Pick<SandboxLoad, 'patients' | 'immunizations'>,
): Promise<Pick<SandboxLoad, 'patients' | 'immunizations'>> {
  const rejected = new Set(
    (await registry.report(folder, 'issues.csv'))
      .filter(({ fate }) => fate === 'rejected')
      .map(({ file, line }) => `${file} ${line}`),
  );
  const keep = (given: SandboxLoad['patients']): Record<string, string> =>
    Object.fromEntries(
      Object.entries((given ?? {}) as Record<string, string>)
        .map(([name, text]) => {
          const lines = text.trimEnd().split('\n');
          return [name, lines.filter((_, i) => !rejected.has(`${name} ${i + 1}`))] as const;
        })
        .filter(([, lines]) => lines.length > 1)
        .map(([name, lines]) => [name, `${lines.join('\n')}\n`]),
    );
  return { patients: keep(files.patients), immunizations: keep(files.immunizations) };
}

/** Some of the ids come again, with what they said or with something new. */
function overlapping(first: readonly FamilyRecord[], second: readonly FamilyRecord[], from: number): FamilyRecord[] {
  return second.map((record, i) => {
    const known = first[from + i];
    return known === undefined
      ? record
      : { ...known, phone: record.phone, suffix: record.suffix, doses: [...known.doses, ...record.doses] };
  });
}

describe.each(KINDS)('undoing the last run, in %s,', (kind) => {
  test.each(['exact', 'fixed'] as const)(
    'leaves all tables as they were: %s',
    async (matchModel) => {
      await fc.assert(
        fc.asyncProperty(
          family,
          fc.array(familyRecord, { minLength: 1, maxLength: 6 }),
          fc.nat({ max: 5 }),
          async (first, second, overlap) => {
            await using registry = await TestRegistry.create(kind);
            const from = Math.max(0, first.length - overlap);
            await registry.load({ ...filesOf(first), matchModel });
            const before = await allTables(registry);
            await registry.load({ ...filesOf(overlapping(first, second, from), from), matchModel });
            const after = await allTables(registry);
            await undo(registry, 2, true);
            expect(await allTables(registry)).toEqual(after);
            await undo(registry, 2);
            expect(await allTables(registry)).toEqual(before);
            await undo(registry, 1);
            for (const rows of Object.values(await allTables(registry))) expect(rows).toEqual([]);
          },
        ),
        { numRuns: RUNS[kind], endOnFailure: true },
      );
    },
    3_600_000,
  );
});

describe.each(KINDS)('undoing a run that others followed, in %s,', (kind) => {
  test('leaves what the others would have loaded alone', async () => {
    let rebuilt = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(familyRecord, { maxLength: 4 }),
        family,
        fc.array(familyRecord, { minLength: 1, maxLength: 6 }),
        fc.array(familyRecord, { minLength: 1, maxLength: 4 }),
        fc.nat({ max: 5 }),
        fc.boolean(),
        async (base, first, second, third, overlap, hasThird) => {
          await using registry = await TestRegistry.create(kind);
          await using alone = await TestRegistry.create(kind);
          // A base, the run that is undone, and one or two after it.
          const from = base.length + Math.max(0, first.length - overlap);
          const all = [...base, ...first];
          const files = [
            ...(base.length > 0 ? [filesOf(base)] : []),
            filesOf(overlapping(base, first, base.length - 1), Math.max(0, base.length - 1)),
            filesOf(overlapping(all, second, from), from),
            ...(hasThird ? [filesOf(overlapping(all, third, from + 1), from + 1)] : []),
          ];
          const undone = base.length > 0 ? 2 : 1;
          for (const [i, submission] of files.entries()) {
            const { folder } = await registry.load(submission);
            if (i + 1 === undone) continue;
            await alone.load(await withoutRejects(registry, folder, submission));
          }
          const { laterRuns, staying } = await undo(registry, undone);
          rebuilt += laterRuns.length;
          expect(staying).toEqual([]);
          expect((await findDamage(registry)).filter(({ what }) => what !== 'dose records')).toEqual([]);
          expect(withoutOrder(await registry.content())).toEqual(withoutOrder(await alone.content()));
          // And all of them can be undone after that.
          for (const run of files.keys()) if (run + 1 !== undone) await undo(registry, run + 1);
          for (const rows of Object.values(await allTables(registry))) expect(rows).toEqual([]);
        },
      ),
      { numRuns: RUNS[kind], endOnFailure: true },
    );
    expect(rebuilt).toBeGreaterThan(RUNS[kind] / 4);
  }, 3_600_000);

  test('leaves a patient the keys that a later run added, once, where both matched by weight', async () => {
    await using registry = await TestRegistry.create(kind);
    const nora = {
      site: 'F1',
      first: 'Nora',
      last: 'Walsh',
      phone: '6175550123',
      suffix: '',
      objects: false,
      doses: [],
    };
    const weighed = { matchModel: 'fixed', thresholds: { match: 5, review: -90 } } as const;
    await registry.load({ ...filesOf([nora, nora]), ...weighed });
    await registry.load({ ...filesOf([{ ...nora, last: 'Walch' }], 2), ...weighed });
    const { patients } = await undo(registry, 1);
    expect(patients).toEqual({ removed: 0, changed: 0, passedOn: 1 });
    expect(await registry.ask('SELECT id, last_name FROM patients')).toEqual([{ id: 1, last_name: 'Walch' }]);
    expect(await findDamage(registry)).toEqual([]);
  });
});

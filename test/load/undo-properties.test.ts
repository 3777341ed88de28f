/** What holds of every run that is undone, whatever came before and after it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { undoRun } from '../../src/undo-run.js';
import { CODES } from '../support/fixtures.js';
import { type FamilyRecord, family, familyRecord, filesOf, findDamage, withStore } from '../support/review-families.js';
import { contentOf, Sandbox, type SandboxLoad, type TableRow } from '../support/sandbox.js';

/** How many registries are tried; `UNDO_RUNS=500` looks further. */
const RUNS = Number(process.env['UNDO_RUNS'] ?? 25);

const AT = '2026-11-22T10:00:00.000Z';
const undo = (sandbox: Sandbox, run: number, isPlan = false): ReturnType<typeof undoRun> =>
  withStore(sandbox, (store) => undoRun(store, run, { isPlan, at: AT, by: 'Ann', codes: CODES }));

/** All rows of all tables but for the runs themselves, their files and what was done when. */
function allTables(sandbox: Sandbox): Record<string, TableRow[]> {
  const tables = sandbox.query(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'knex_%'
       AND name NOT LIKE 'journal%' AND name NOT IN ('runs', 'run_files', 'run_reports') ORDER BY name`,
  );
  return Object.fromEntries(
    tables.map(({ name }) => [String(name), sandbox.query(`SELECT * FROM ${name} ORDER BY 1, 2`)]),
  );
}

/** The lines of a submission that were not rejected. */
async function withoutRejects(
  sandbox: Sandbox,
  folder: string,
  files: Pick<SandboxLoad, 'patients' | 'immunizations'>,
): Promise<Pick<SandboxLoad, 'patients' | 'immunizations'>> {
  const rejected = new Set(
    (await sandbox.report(folder, 'issues.csv'))
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

/** What a registry says; which of several records of one dose gave it its id is left out, and so is why two are one. */
function saidBy(sandbox: Sandbox): Record<string, TableRow[]> {
  const { duplicates, immunizations, immunizationParts, reviews, ...content } = contentOf(sandbox);
  const sorted = (rows: readonly TableRow[]): TableRow[] =>
    rows
      .map((row) => JSON.stringify(row))
      .sort()
      .map((text) => JSON.parse(text) as TableRow);
  return {
    ...content,
    reviews: reviews!,
    records: sorted(
      [...immunizations!, ...duplicates!].map(({ person, source_immunization_id: id }) => ({
        person: person!,
        id: id!,
      })),
    ),
    duplicates: sorted(duplicates!.map(({ reason, source_immunization_id, ...duplicate }) => duplicate)),
    immunizations: sorted(immunizations!.map(({ source_immunization_id, ...dose }) => dose)),
    immunizationParts: sorted(
      immunizationParts!.map((part) => ({
        ...part,
        record: String(part['record']).replace(/"source_immunization_id":"[^"]*",?/, ''),
      })),
    ),
  };
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

describe('undoing the last run', () => {
  test.each(['exact', 'fixed'] as const)(
    'leaves all tables as they were: %s',
    async (matchModel) => {
      await fc.assert(
        fc.asyncProperty(
          family,
          fc.array(familyRecord, { minLength: 1, maxLength: 6 }),
          fc.nat({ max: 5 }),
          async (first, second, overlap) => {
            using sandbox = new Sandbox();
            const from = Math.max(0, first.length - overlap);
            await sandbox.load({ ...filesOf(first), matchModel });
            const before = allTables(sandbox);
            await sandbox.load({ ...filesOf(overlapping(first, second, from), from), matchModel });
            const after = allTables(sandbox);
            await undo(sandbox, 2, true);
            expect(allTables(sandbox)).toEqual(after);
            await undo(sandbox, 2);
            expect(allTables(sandbox)).toEqual(before);
            await undo(sandbox, 1);
            for (const rows of Object.values(allTables(sandbox))) expect(rows).toEqual([]);
          },
        ),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
    3_600_000,
  );
});

describe('undoing a run that others followed', () => {
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
          using sandbox = new Sandbox();
          using alone = new Sandbox();
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
            const { folder } = await sandbox.load(submission);
            if (i + 1 === undone) continue;
            await alone.load(await withoutRejects(sandbox, folder, submission));
          }
          const { laterRuns, staying } = await undo(sandbox, undone);
          rebuilt += laterRuns.length;
          expect(staying).toEqual([]);
          expect(findDamage(sandbox).filter(({ what }) => what !== 'dose records')).toEqual([]);
          expect(saidBy(sandbox)).toEqual(saidBy(alone));
          // And all of them can be undone after that.
          for (const run of files.keys()) if (run + 1 !== undone) await undo(sandbox, run + 1);
          for (const rows of Object.values(allTables(sandbox))) expect(rows).toEqual([]);
        },
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(rebuilt).toBeGreaterThan(RUNS / 2);
  }, 3_600_000);
});

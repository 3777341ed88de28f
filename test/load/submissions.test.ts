/** Several submissions in one command come to what loading them one after the other comes to. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Certificate } from '../../src/core/certificate.js';
import type { LoadOptions } from '../../src/load.js';
import { loadSubmissions, type SubmissionToLoad } from '../../src/load-submissions.js';
import { verifyRun } from '../../src/verify-run.js';
import { Dirt } from '../support/dirt.js';
import { CODES, MIIS, TODAY } from '../support/fixtures.js';
import { KINDS, TestRegistry } from '../support/registries.js';
import { miis } from '../support/sandbox.js';
import { storeTables } from '../support/store-tables.js';
import { writeSubmission } from '../support/submission.js';

/** What is loaded of a clinic: all clinics of a seed know the same people. */
function optionsOf(registry: TestRegistry, seed: number, clinic: number): LoadOptions {
  const patients = registry.path(`p${clinic}.txt`);
  const immunizations = registry.path(`d${clinic}.txt`);
  const dirt = new Dirt(MIIS, { seed: seed + clinic, errors: 0.1, remarks: 0.2, duplicates: 0.2 });
  writeSubmission({ seed, patients: 10 + 5 * clinic, dosesPerPatient: 4 }, MIIS, { patients, immunizations }, dirt);
  return {
    patients: [patients],
    immunizations: [immunizations],
    spec: MIIS,
    codes: CODES,
    mode: 'load',
    database: registry.database,
    report: registry.path(`report-${clinic}`),
    site: null,
    today: TODAY,
    again: false,
  };
}

const inTurn = async (submissions: readonly SubmissionToLoad[]): Promise<string[]> => {
  const kinds: string[] = [];
  for (const each of submissions) kinds.push((await loadSubmissions([each]))[0]!.kind);
  return kinds;
};

/** All reports but the certificate, which seals times. */
const reports = (registry: TestRegistry, clinic: number): Record<string, string> => {
  const folder = registry.path(`report-${clinic}`);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(csv|txt)$/.test(name) && name !== 'certificate.txt',
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(`${folder}/${name}`, 'latin1')]));
};

describe.each(KINDS)('in %s', (kind) => {
  test('several submissions leave the tables and reports that they leave one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(10_000), fc.integer({ min: 2, max: 7 }), async (seed, clinics) => {
        await using together = await TestRegistry.create(kind);
        await using apart = await TestRegistry.create(kind);
        const all = (registry: TestRegistry): SubmissionToLoad[] =>
          Array.from({ length: clinics }, (_, i) => ({ name: `${i}`, options: optionsOf(registry, seed, i) }));
        const told: string[] = [];
        const outcomes = await loadSubmissions(all(together), {
          onStart: (name, place) => told.push(`${name} begins, ${place}`),
          onOutcome: ({ name }) => told.push(`${name} ends`),
        });
        expect(await inTurn(all(apart))).toEqual(outcomes.map((outcome) => outcome.kind));
        expect(told).toEqual(Array.from({ length: clinics }, (_, i) => [`${i} begins, ${i + 1}`, `${i} ends`]).flat());
        expect(await storeTables((sql) => together.ask(sql))).toEqual(await storeTables((sql) => apart.ask(sql)));
        for (let i = 0; i < clinics; i++) expect(reports(together, i)).toEqual(reports(apart, i));
      }),
      { numRuns: 3 },
    );
  });

  test('one that fails leaves nothing behind and stops no other, unless that is wanted', async () => {
    await using registry = await TestRegistry.create(kind);
    const [first, third] = [optionsOf(registry, 1, 0), optionsOf(registry, 1, 1)];
    const submissions: SubmissionToLoad[] = [
      { name: 'first', options: first },
      { name: 'failing', options: { ...optionsOf(registry, 2, 2), rejectLimit: { count: 0 } } },
      { name: 'gone', options: { ...first, patients: ['gone.txt'], report: registry.path('gone') } },
      { name: 'third', options: third },
      { name: 'again', options: { ...first, report: registry.path('again') } },
    ];
    const kinds = async (failFast: boolean): Promise<string[]> =>
      (await loadSubmissions(submissions, { failFast })).map((outcome) => outcome.kind);
    expect(await kinds(true)).toEqual(['loaded', 'failed', 'not started', 'not started', 'not started']);
    expect(await registry.ask('SELECT status FROM runs ORDER BY id')).toEqual([
      { status: 'completed' },
      { status: 'failed' },
    ]);
    // The very same that a submission before it has loaded is known, too.
    expect(await kinds(false)).toEqual(['loaded before', 'failed', 'failed', 'loaded', 'loaded before']);
    expect(await registry.ask("SELECT count(*) AS runs FROM runs WHERE status = 'completed'")).toEqual([{ runs: 2 }]);
  });

  test('each is certified by itself, with the totals of its own sender', async () => {
    await using registry = await TestRegistry.create(kind);
    const expected = [1, 5, 3];
    const submissions = expected.map((patients, i): SubmissionToLoad => {
      const folder = registry.path(`in-${i}`);
      mkdirSync(folder);
      const rows = Array.from({ length: i + 1 }, (_, n) => `F${i}|${n}|Smith${i}|Anna${n}|2015050${n + 1}`);
      registry.write(`in-${i}/p.txt`, miis('facility_id|patient_id|last_name|first_name|birth_date', ...rows));
      registry.write(`in-${i}/totals.json`, JSON.stringify({ patients }));
      return {
        name: `${i}`,
        options: { ...optionsOf(registry, 4, i), patients: [], immunizations: [], files: [folder] },
      };
    });
    const outcomes = await loadSubmissions(submissions);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['loaded', 'failed', 'loaded']);
    for (const outcome of outcomes) {
      if (outcome.kind !== 'loaded') continue;
      const { run, report } = outcome.summary;
      const certificate = JSON.parse(readFileSync(`${report}/certificate.json`, 'utf8')) as Certificate;
      const count = expected[Number(outcome.name)];
      expect(certificate).toMatchObject({ run, totals: { agrees: true, patients: { expected: count } } });
      const { parts } = await registry.withStore((store) => verifyRun(store, run!, report));
      expect(parts.filter(({ verdict }) => verdict !== 'agrees')).toEqual([]);
    }
  });

  test('those that wait are not begun once the command is stopped', async () => {
    await using registry = await TestRegistry.create(kind);
    const stop = new AbortController();
    const submissions = [0, 1, 2].map((i) => {
      return { name: `${i}`, options: { ...optionsOf(registry, 3, i), signal: stop.signal } };
    });
    const outcomes = await loadSubmissions(submissions, { onOutcome: () => stop.abort() });
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['loaded', 'not started', 'not started']);
  });
});

/** Certificates of loads: what they say, and that whatever is not as they say is found. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Certificate, renderCertificate } from '../../src/core/certificate.js';
import { completeTotals } from '../../src/core/totals/expected.js';
import { decideReview, ReviewError } from '../../src/decide-review.js';
import { findCertificateFault, sealCertificate } from '../../src/files/certificates.js';
import { openForReading } from '../../src/open-store.js';
import { undoRun } from '../../src/undo-run.js';
import { type Verification, VerifyError, verifyRun } from '../../src/verify-run.js';
import { Dirt } from '../support/dirt.js';
import { CODES, MIIS } from '../support/fixtures.js';
import { KINDS, type RegistryKind, TestRegistry } from '../support/registries.js';
import { ALL_ASKED, family, familyRecord, filesOf } from '../support/review-families.js';
import { miis, Sandbox, type SandboxLoad } from '../support/sandbox.js';
import { writeSubmission } from '../support/submission.js';

async function verify(sandbox: Sandbox, run: number, folder: string | null = null): Promise<Verification> {
  const store = await openForReading(sandbox.database);
  try {
    return await verifyRun(store, run, folder);
  } finally {
    await store.close();
  }
}

/** How many histories are tried; `VERIFY_RUNS=500` looks further. */
const RUNS: Readonly<Record<RegistryKind, number>> = {
  SQLite: Number(process.env['VERIFY_RUNS'] ?? 12),
  PostgreSQL: Number(process.env['VERIFY_RUNS'] ?? 4),
};

/** What does not agree: `what: verdict`. */
function disagreeing({ parts }: Verification): string[] {
  return parts.filter(({ verdict }) => verdict !== 'agrees').map(({ what, verdict }) => `${what}: ${verdict}`);
}

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date';
const DOSES = 'facility_id|patient_id|vaccination_id|cvx|admin_date|information_source';
const FIRST = {
  patients: { 'p.txt': miis(PATIENTS, 'F1|1|Smith|Anna|20150504', 'F1|2|Jones|Ben|20150504', 'F1|3||Carl|20150504') },
  immunizations: {
    'd.txt': miis(
      DOSES,
      'F1|1|a|03|20160505|01',
      'F1|1|b|03|20160505|01',
      'F1|2|c|94|20170505|01',
      'F1|3|d|94|20170505|01',
    ),
  },
};

const certificateOf = (folder: string): string => readFileSync(join(folder, 'certificate.json'), 'utf8');

test('a certificate says what was received, what became of it, and by which rules', async () => {
  using sandbox = new Sandbox();
  const totals = { totals: completeTotals({ patients: 3 }), name: 'totals.json', sha256: 'ab' };
  const rules = { 'last-name-missing': 'error', 'zip-invalid': 'off' } as const;
  const { folder, files, run } = await sandbox.load({ ...FIRST, totals, rules });
  const certificate = JSON.parse(certificateOf(folder)) as Certificate;
  expect(certificate).toMatchObject({
    form: 1,
    run,
    spec: { id: 'miis-legacy', version: MIIS.version },
    changed_rules: { 'zip-invalid': { after: 'off' } },
    matching: { model: 'fixed' },
    files: [
      { name: 'p.txt', sha256: files[0]!.sha256, records: 3, loaded: 2, rejected: 1, kept: { patients: { new: 2 } } },
      { name: 'd.txt', records: 4, loaded: 2, duplicate: 1, rejected: 1, kept: { doses: { new: 2, duplicate: 1 } } },
    ],
    at_load: {
      persons: { new: 2, merged: 0, duplicate: 0 },
      doses: { stored: 2, further: 1 },
      by_vaccine: { '03': 1, '94': 1 },
      by_year: { '2016': 1, '2017': 1 },
    },
    totals: { agrees: true, totals_file: { name: 'totals.json' }, patients: { expected: 3, received: 3 } },
  });
  expect(certificate.code_tables.length).toBe(CODES.tables.length);
  expect(certificate.reports.map(({ name }) => name)).toEqual([
    'README.txt', 'changes.csv', 'issues.csv', 'rejects/d.txt', 'rejects/p.txt', 'summary.json',
  ]); // biome-ignore format: one line
  const { digest, ...content } = certificate;
  expect(sealCertificate(content)).toEqual(certificate);
  const [stored] = sandbox.query('SELECT * FROM run_reports');
  expect(stored).toMatchObject({ run_id: run, digest, certificate: certificateOf(folder), folder, purged_at: null });
  const [entry] = sandbox.query("SELECT details FROM journal WHERE action = 'load'");
  expect(JSON.parse(String(entry!['details']))).toMatchObject({ certificate: digest });
  expect(disagreeing(await verify(sandbox, 1, folder))).toEqual([]);
  for (const name of ['certificate.json', 'certificate.txt']) {
    expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  }
});

test('a certificate counts doses as they are when late records of the same run have changed them', async () => {
  using sandbox = new Sandbox();
  const immunizations = {
    'd.txt': miis(
      `${DOSES}|lot_number`,
      'F1|1|a|03|20160505|01|',
      'F1|1|e|20|20150705|01|',
      'F1|2|c|94|20170505|01|',
      // Says more of the first dose, and brings another vaccine and year.
      'F1|1|b|03|20160505|00|A123',
      'F1|1|f|10|20180606|00|B456',
    ),
  };
  const { folder } = await sandbox.load({ ...FIRST, immunizations });
  const certificate = JSON.parse(certificateOf(folder)) as Certificate;
  expect(certificate.at_load).toMatchObject({
    doses: { stored: 4, further: 1 },
    by_vaccine: { '03': 1, '10': 1, '20': 1, '94': 1 },
    by_year: { '2015': 1, '2016': 1, '2017': 1, '2018': 1 },
  });
  expect(sandbox.query("SELECT lot_number FROM doses WHERE cvx = '03'")).toEqual([{ lot_number: 'A123' }]);
  expect(disagreeing(await verify(sandbox, 1, folder))).toEqual([]);
});

test('its page is one page, and says the same without a value of a record', async () => {
  using sandbox = new Sandbox();
  const { folder } = await sandbox.load(FIRST);
  const page = readFileSync(join(folder, 'certificate.txt'), 'utf8');
  const { digest, files } = JSON.parse(certificateOf(folder)) as Certificate;
  for (const text of ['CERTIFICATE OF RUN 1', digest, files[0]!.sha256, 'by vaccine 03 1, 94 1', 'immload verify 1'])
    expect(page).toContain(text);
  expect(page.split('\n').length).toBeLessThan(66);
  expect(Math.max(...page.split('\n').map((line) => line.length))).toBeLessThan(110);
  for (const value of ['Smith', 'Anna', '20150504']) {
    expect(page).not.toContain(value);
    expect(certificateOf(folder)).not.toContain(value);
  }
});

test('loads that store nothing have none', async () => {
  using sandbox = new Sandbox();
  for (const mode of ['validate', 'dry-run'] as const) {
    const { folder } = await sandbox.load({ ...FIRST, mode });
    expect(readdirSync(folder)).not.toContain('certificate.json');
  }
});

test('a flipped byte anywhere in a certificate is found', async () => {
  using sandbox = new Sandbox();
  const { folder } = await sandbox.load(FIRST);
  const bytes = readFileSync(join(folder, 'certificate.json'));
  expect(findCertificateFault(bytes.toString('utf8'))).toBeNull();
  let missed = 0;
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= [0x01, 0x20, 0x80][at % 3]!;
    if (findCertificateFault(flipped.toString('utf8')) === null) missed++;
  }
  expect(missed).toBe(0);
  for (const at of [0, 5, bytes.length >> 1, bytes.length - 1]) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 0x80;
    writeFileSync(join(folder, 'certificate.json'), flipped);
    expect(disagreeing(await verify(sandbox, 1, folder))).toEqual(['certificate.json: wrong']);
  }
  for (const other of [bytes.subarray(1), Buffer.concat([bytes, Buffer.from('\n')]), Buffer.alloc(0)])
    expect(findCertificateFault(other.toString('utf8'))).not.toBeNull();
});

describe.each(KINDS)('what was changed beside the program is found, in %s:', (kind) => {
  test.each([
    ['a dose that is gone', 'DELETE FROM doses WHERE id = 1', ['d.txt: records kept', 'doses that the run made', 'doses by vaccine', 'doses by year']],
    ['a dose of another vaccine', "UPDATE doses SET cvx = '21' WHERE id = 1", ['doses by vaccine']],
    ['a dose of another year', "UPDATE doses SET administered_on = '2011-01-01' WHERE id = 1", ['doses by year']],
    ['a dose that was added', 'INSERT INTO doses SELECT 99, patient_id, administered_on, cvx, source_immunization_id, cpt, ndc, vaccine_name, lot_number, lot_expiration, vis_given_date, reaction, comment, detail_id, file_id, 9 FROM doses WHERE id = 1', ['d.txt: records kept', 'doses that the run made', 'doses by vaccine', 'doses by year']],
    ['a duplicate that is gone', 'DELETE FROM immunization_duplicates', ['d.txt: records kept']],
    ['a patient record that is gone', 'DELETE FROM patient_sources WHERE id = 1', ['p.txt: records kept', 'patient records, new, merged and duplicate']],
    ['a person that is gone', 'DELETE FROM patients WHERE id = 1', ['persons that the run made']],
  ])('%s', async (_, sql, parts) => {
    await using registry = await TestRegistry.create(kind);
    await registry.load(FIRST);
    await registry.change(sql);
    expect(disagreeing(await verify(registry, 1))).toEqual(parts.map((part) => `${part}: wrong`));
  }); // biome-ignore format: a table
});

describe('so is what was changed of the run itself and its certificate:', () => {
  test.each([
    ['a fate', 'UPDATE run_files SET rejected = 0, loaded = 3 WHERE id = 1', ['p.txt: file and fates']],
    ['the hash of a file', "UPDATE run_files SET sha256 = 'x' WHERE id = 2", ['d.txt: file and fates']],
    ['the day', "UPDATE runs SET today = '2011-01-01'", ['what the run was judged by']],
    ['rules that were changed', "UPDATE runs SET rule_changes = '{}'", ['what the run was judged by']],
    ['a code table', `UPDATE code_tables SET content = (SELECT content FROM code_tables WHERE table_id = 'mvx') WHERE table_id = 'cvx'`, ['code tables']],
    ['a code table that is gone', "DELETE FROM run_code_tables WHERE code_table_id = 3", ['code tables']],
    ['the head of the journal', "UPDATE journal_head SET hash = 'x'", ['journal']],
    ['the certificate', "UPDATE run_reports SET certificate = replace(certificate, '\"loaded\": 2', '\"loaded\": 3')", ['certificate in the registry']],
    ['its digest', "UPDATE run_reports SET digest = 'x'", ['certificate in the registry']],
  ])('%s', async (_, sql, parts) => {
    await using registry = await TestRegistry.create('SQLite');
    await registry.load(FIRST);
    await registry.change(sql);
    expect(disagreeing(await verify(registry, 1))).toEqual(parts.map((part) => `${part}: wrong`));
  }); // biome-ignore format: a table

  test('a certificate that was sealed anew, by the entry of the journal', async () => {
    await using registry = await TestRegistry.create('SQLite');
    const { folder } = await registry.load(FIRST);
    const { digest: _, ...content } = JSON.parse(certificateOf(folder)) as Certificate;
    const forged = sealCertificate({ ...content, immload: '9.9.9' });
    await registry.change(
      `UPDATE run_reports SET certificate = '${renderCertificate(forged)}', digest = '${forged.digest}'`,
    );
    expect(disagreeing(await verify(registry, 1, folder))).toEqual([
      'entry of the load in the journal: wrong',
      'what the run was judged by: wrong',
      'certificate.json: wrong',
      'certificate.txt: wrong',
    ]);
  });

  test('in the report', async () => {
    await using registry = await TestRegistry.create('SQLite');
    const { folder } = await registry.load(FIRST);
    const copy = registry.path('copy');
    const spoil = async (work: () => void): Promise<string[]> => {
      rmSync(copy, { recursive: true, force: true });
      cpSync(folder, copy, { recursive: true });
      work();
      return disagreeing(await verify(registry, 1, copy));
    };
    expect(await spoil(() => {})).toEqual([]);
    expect(await spoil(() => writeFileSync(join(copy, 'issues.csv'), 'x'))).toEqual(['files of the report: wrong']);
    expect(await spoil(() => rmSync(join(copy, 'rejects/p.txt')))).toEqual(['files of the report: wrong']);
    expect(await spoil(() => writeFileSync(join(copy, 'certificate.txt'), 'x'))).toEqual(['certificate.txt: wrong']);
    expect(await spoil(() => rmSync(copy, { recursive: true }))).toEqual([
      'certificate.json: wrong',
      'certificate.txt: wrong',
      'files of the report: wrong',
    ]);
  });
});

describe.each(KINDS)('what later runs and reviewers changed as they may, in %s,', (kind) => {
  const AT = '2026-11-22T10:00:00.000Z';
  const undo = (registry: TestRegistry, run: number): Promise<unknown> =>
    registry.withStore((store) => undoRun(store, run, { isPlan: false, at: AT, by: 'Ann', codes: CODES }));
  const load = (registry: TestRegistry, doses: readonly string[]): Promise<unknown> =>
    registry.load({
      patients: { 'p.txt': miis(PATIENTS, 'F1|1|Smith|Anna|20150504') },
      immunizations: { 'd.txt': miis(DOSES, ...doses) },
      matchModel: 'exact',
    });

  test('is told as such: a dose that a later run made the duplicate of another', async () => {
    await using registry = await TestRegistry.create(kind);
    await load(registry, ['F1|1|a|17|20160505|01', 'F1|1|b|21|20160505|01']);
    await load(registry, ['F1|1|c|48|20160505|00', 'F1|1|d|21|20190505|00']);
    const { parts } = await verify(registry, 1);
    expect(parts.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
    const changed = parts.find(({ what }) => what === 'doses by vaccine')!;
    expect(changed).toMatchObject({ verdict: 'changed' });
    expect(changed.detail).toMatch(/^as certified at the load; changed since by run 2: 17: 1 certified, 0 now; 48: 0/);
    // What was not changed by it is found all the same.
    await registry.change("UPDATE doses SET cvx = '94' WHERE cvx = '21' AND administered_on = '2016-05-05'");
    expect(disagreeing(await verify(registry, 1))).toContain('doses by vaccine: wrong');
  });

  test('is told as such: a run that was undone', async () => {
    await using registry = await TestRegistry.create(kind);
    await load(registry, ['F1|1|a|03|20160505|01']);
    await load(registry, ['F1|1|b|94|20170505|01', 'F1|1|c|03|20160505|01']);
    await undo(registry, 1);
    const first = await verify(registry, 1);
    expect(disagreeing(first)).toEqual(['code tables: changed', 'records in the registry: changed']);
    expect(first.parts.at(-1)!.detail).toBe('the run was undone on 2026-11-22; nothing of it is there');
    const second = await verify(registry, 2);
    expect(second.parts.find(({ what }) => what === 'doses that the run made')).toMatchObject({
      verdict: 'changed',
      detail: 'put together anew since by undoing run 1: doses: 1 certified, 2 now',
    });
    expect(second.parts.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
  });

  test('never is wrong, whatever is loaded, decided and undone', async () => {
    const step = fc.oneof(
      fc.record({ load: fc.array(familyRecord, { minLength: 1, maxLength: 5 }), from: fc.nat({ max: 4 }) }),
      fc.record({ decide: fc.constantFrom('same', 'different', 'later'), review: fc.nat({ max: 8 }) }),
      fc.record({ undo: fc.nat({ max: 3 }) }),
    );
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(
        family,
        fc.array(step, { minLength: 1, maxLength: 4 }),
        fc.constantFrom<SandboxLoad>(ALL_ASKED, { matchModel: 'exact' }, {}),
        async (first, steps, matching) => {
          await using registry = await TestRegistry.create(kind);
          let last = 1;
          await registry.load({ ...filesOf(first), ...matching });
          for (const each of steps) {
            if ('load' in each) {
              await registry.load({ ...filesOf(each.load, each.from), ...matching });
              last++;
            } else if ('decide' in each) {
              const made = {
                reviewId: each.review + 1,
                decision: each.decide as 'same',
                by: 'Ann',
                at: AT,
                reason: 'x',
              };
              await registry
                .withStore((store) => decideReview(store, CODES, made, { despiteConflicts: true }))
                .catch((error: unknown) => expect(error).toBeInstanceOf(ReviewError));
            } else {
              await undo(registry, 1 + (each.undo % last)).catch((error: unknown) =>
                expect((error as Error).name).toBe('UndoError'),
              );
            }
          }
          for (let run = 1; run <= last; run++) {
            const { parts } = await verify(registry, run);
            expect(parts.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
            if (parts.some(({ verdict }) => verdict === 'changed')) changed++;
          }
        },
      ),
      { numRuns: RUNS[kind], endOnFailure: true },
    );
    expect(changed).toBeGreaterThan(0);
  }, 3_600_000);
});

test('doses in disorder, which are put together when all have come, are counted as they are stored', async () => {
  using sandbox = new Sandbox();
  const doses = ['F1|1|a|17|20160505|01', 'F1|2|b|94|20170505|01', 'F1|1|c|48|20160505|01', 'F1|2|d|94|20190505|01'];
  const patients = miis(PATIENTS, 'F1|1|Smith|Anna|20150504', 'F1|2|Jones|Ben|20150504');
  const { folder } = await sandbox.load({
    patients: { 'p.txt': patients },
    immunizations: { 'd.txt': miis(DOSES, ...doses) },
  });
  const { at_load } = JSON.parse(certificateOf(folder)) as Certificate;
  expect(at_load).toMatchObject({ doses: { stored: 3, further: 1 }, by_vaccine: { '48': 1, '94': 2 } });
  expect(disagreeing(await verify(sandbox, 1, folder))).toEqual([]);
});

test('a dirty submission is certified and verified alike in either database', async () => {
  const certificates: Certificate[] = [];
  for (const kind of KINDS) {
    await using registry = await TestRegistry.create(kind);
    const paths = { patients: registry.path('p.txt'), immunizations: registry.path('d.txt') };
    writeSubmission(
      { patients: 30, dosesPerPatient: 6, seed: 7 },
      MIIS,
      paths,
      new Dirt(MIIS, { seed: 7, errors: 0.1, remarks: 0.1, duplicates: 0.1 }),
    );
    const submission = { patients: [paths.patients], immunizations: [paths.immunizations] };
    const { folder } = await registry.load(submission);
    await registry.load(submission);
    certificates.push(JSON.parse(certificateOf(folder)) as Certificate);
    expect(disagreeing(await verify(registry, 1, folder))).toEqual([]);
  }
  const [file, server] = certificates;
  expect(server).toMatchObject({
    files: file!.files,
    at_load: file!.at_load,
    spec: file!.spec,
    code_tables: file!.code_tables,
  });
});

test('what cannot be verified is told', async () => {
  using sandbox = new Sandbox();
  await sandbox.load(FIRST);
  await expect(verify(sandbox, 9)).rejects.toThrow(/^there is no run 9/);
  const database = new Database(sandbox.database);
  database.exec('DELETE FROM run_reports');
  database.close();
  await expect(verify(sandbox, 1)).rejects.toThrow(VerifyError);
  await expect(verify(sandbox, 1)).rejects.toThrow(
    /^run 1 has no certificate: it was loaded by an immload that wrote none/,
  );
});

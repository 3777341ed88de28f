/** Small families with doses, loaded so that most of their records are questions for a reviewer; and what must hold of them. */
import fc from 'fast-check';
import { SPLIT } from '../../src/db/match-history.js';
import { findKeys, type KeyTables } from './found-keys.js';
import type { TestRegistry } from './registries.js';
import { miis, type SandboxLoad, type TableRow } from './sandbox.js';

const PATIENT_COLUMNS =
  'facility_id|patient_id|last_name|first_name|birth_date|sex|street|city|state|zip|phone|ssn|suffix|sharing_objection';
const DOSE_COLUMNS = 'facility_id|patient_id|vaccination_id|cvx|admin_date|info_source|lot_number|mvx';

/** A record of a patient, with the doses that came under its id. */
export interface FamilyRecord {
  readonly site: string;
  readonly first: string;
  readonly last: string;
  readonly phone: string;
  readonly suffix: string;
  readonly objects: boolean;
  readonly doses: readonly FamilyDose[];
}

interface FamilyDose {
  readonly cvx: string;
  readonly day: number;
  readonly source: string;
  readonly lot: string;
}

const dose: fc.Arbitrary<FamilyDose> = fc.record({
  cvx: fc.constantFrom('20', '107', '110', '10', '03', '94'),
  day: fc.integer({ min: 1, max: 14 }),
  source: fc.constantFrom('00', '01', '01'),
  lot: fc.constantFrom('', '', 'K012345', 'Z99999'),
});

export const familyRecord: fc.Arbitrary<FamilyRecord> = fc.record({
  site: fc.constantFrom('F1', 'F2'),
  first: fc.constantFrom('Nora', 'Nora', 'Norah', 'Elena', 'BABY GIRL'),
  last: fc.constantFrom('Walsh', 'Walsh', 'WALSH', 'Walch'),
  phone: fc.constantFrom('6175550123', ''),
  suffix: fc.constantFrom('', '', '', 'JR', 'SR'),
  objects: fc.boolean(),
  doses: fc.array(dose, { maxLength: 4 }),
});

export const family = fc.array(familyRecord, { minLength: 3, maxLength: 6 });

/** The files of a family: record `i` has the id `i`, counted from `from`. */
export function filesOf(records: readonly FamilyRecord[], from = 0): Pick<SandboxLoad, 'patients' | 'immunizations'> {
  const patients = records.map(({ site, first, last, phone, suffix, objects }, i) =>
    [site, `p${from + i}`, last, first, '20150514', 'F', '12 Elm St', 'Salem', 'MA', '01970', phone, '', suffix, objects ? 'Y' : ''].join('|'),
  ); // biome-ignore format: the columns in their order
  const doses = records.flatMap(({ site, doses: own }, i) =>
    own.map(({ cvx, day, source, lot }, n) => {
      const date = `201605${String(day).padStart(2, '0')}`;
      return [site, `p${from + i}`, `v${from + i}-${n}`, cvx, date, source, lot, ''].join('|');
    }),
  );
  return {
    patients: { 'p.txt': miis(PATIENT_COLUMNS, ...patients) },
    ...(doses.length > 0 && { immunizations: { 'd.txt': miis(DOSE_COLUMNS, ...doses) } }),
  };
}

/** Every pair that is compared is a question. */
export const ALL_ASKED: SandboxLoad = { matchModel: 'fixed', thresholds: { match: 90, review: -90 } };

/** Tables of what was decided and done, and when. */
const HISTORY = /^(review_decisions|journal.*)$/;

/** All rows of all tables, but for what was decided and when. */
export async function allTables(registry: TestRegistry): Promise<Record<string, TableRow[]>> {
  const tables = await registry.rows(HISTORY);
  const decision = new Set(['decision', 'decided_by', 'decided_at', 'decision_reason']);
  const match_reviews = tables['match_reviews']! // Splitting a patient makes a review, which stays when it is joined again.
    .filter(({ reasons }) => reasons !== SPLIT)
    .map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !decision.has(name))));
  return { ...tables, match_reviews };
}

/** What is wrong with a registry: nothing may be lost, doubled or belong to nobody. */
export async function findDamage(registry: TestRegistry): Promise<TableRow[]> {
  const damage: TableRow[] = [];
  for (const sql of [
    // Each source row of a dose is one dose, or one duplicate.
    `SELECT 'dose records' AS what, id, expected, found FROM (SELECT f.id, f.loaded + f.merged + f.duplicate AS expected,
       (SELECT count(*) FROM doses d WHERE d.file_id = f.id) + (SELECT count(*) FROM immunization_duplicates u WHERE u.file_id = f.id) AS found
     FROM run_files f WHERE f.role = 'immunization') AS counted WHERE expected <> found`,
    `SELECT 'record twice' AS what, file_id, line FROM (SELECT file_id, line FROM doses UNION ALL SELECT file_id, line FROM immunization_duplicates) AS records
     GROUP BY file_id, line HAVING count(*) > 1`,
    `SELECT 'duplicate of nothing' AS what, id FROM immunization_duplicates WHERE immunization_id NOT IN (SELECT id FROM doses)`,
    `SELECT 'duplicate of no part' AS what, u.id FROM immunization_duplicates u
     WHERE u.part > 0 AND u.part >= (SELECT count(*) FROM immunization_parts p WHERE p.immunization_id = u.immunization_id)`,
    `SELECT 'part of nothing' AS what, id FROM immunization_parts WHERE immunization_id NOT IN (SELECT id FROM doses)`,
    `SELECT 'dose without details' AS what, id FROM doses WHERE detail_id NOT IN (SELECT id FROM dose_details)`,
    ...['doses', 'patient_sources', 'patient_parts', 'patient_comments'].map(
      (table) =>
        `SELECT '${table} of nobody' AS what, id FROM ${table} WHERE patient_id NOT IN (SELECT id FROM patients)`,
    ),
    `SELECT 'key of nobody' AS what, match_key FROM match_keys WHERE patient_id NOT IN (SELECT id FROM patients)`,
    `SELECT 'patients without a record that made them' AS what, id FROM patients p
     WHERE (SELECT count(*) FROM patient_sources s WHERE s.patient_id = p.id AND s.decision = 'new') <> 1`,
    `SELECT 'one id of two patients' AS what, site_id, source_patient_id FROM patient_sources
     GROUP BY site_id, source_patient_id HAVING count(DISTINCT patient_id) > 1`,
    `SELECT 'an objection lost' AS what, s.patient_id FROM patient_sources s JOIN patients p ON p.id = s.patient_id
     JOIN patient_parts r ON r.patient_id = p.id
     WHERE r.record LIKE '%"sharing_objection":"Y"%' AND coalesce(p.sharing_objection, '') <> 'Y'`,
  ]) {
    damage.push(...(await registry.ask(sql)));
  }
  return [...damage, ...(await findUnfound(registry))];
}

/** Keys of records by which their patients are not found. */
async function findUnfound(registry: TestRegistry): Promise<TableRow[]> {
  const tables = await registry.rows();
  // Patients of runs that match by name get the other keys when they are needed first.
  const isKeyless = ({ status, has_all_keys }: TableRow): boolean => status !== 'failed' && has_all_keys !== 1;
  if (tables['runs']!.some(isKeyless)) return [];
  return findKeys(tables as unknown as KeyTables).missing.map((key) => ({
    what: 'patient not found by a key',
    ...key,
  }));
}

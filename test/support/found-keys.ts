/** By which keys the patients of a registry are found, in rows or in packs, as far as their records still say them. */
import { rowKeysOf } from '../../src/core/match/key-packs.js';
import { PATIENT } from '../../src/core/model.js';
import { numbersOf } from '../../src/db/numbers.js';
import type { ComparableRecord } from '../../src/db/store.js';
import { PATIENT_COLUMNS, PATIENT_SLOTS, rowOf } from '../../src/db/tables.js';
import { matchKeysOf } from '../../src/match-patients.js';
import type { TableRow } from './sandbox.js';

export interface FoundKey {
  readonly matchKey: number;
  readonly patientId: number;
}

/** Tables that tell of keys. */
export type KeyTables = Readonly<
  Record<'patients' | 'patient_parts' | 'patient_sources' | 'match_keys' | 'match_key_packs', readonly TableRow[]>
>;

/** The keys by which patients are found, sorted. `missing` are those that their records say and by which they are not. */
export function findKeys(tables: KeyTables): { readonly found: FoundKey[]; readonly missing: FoundKey[] } {
  const there = new Set(tables.match_keys.map((row) => `${row['match_key']} ${row['patient_id']}`));
  for (const { pass, keys, patient_ids, births } of tables.match_key_packs) {
    const patientIds = numbersOf(bytesOf(patient_ids));
    const days = births === null ? null : numbersOf(bytesOf(births));
    numbersOf(bytesOf(keys)).forEach((key, i) => {
      for (const rowKey of rowKeysOf(String(pass), key, days === null ? null : days[i]!)) {
        there.add(`${rowKey} ${patientIds[i]}`);
      }
    });
  }
  const said = matchKeysOf(comparableOf(tables)).sort((a, b) => a.matchKey - b.matchKey || a.patientId - b.patientId);
  const isThere = ({ matchKey, patientId }: FoundKey): boolean => there.has(`${matchKey} ${patientId}`);
  return { found: said.filter(isThere), missing: said.filter((key) => !isThere(key)) };
}

/** Bytes as either database gives them. */
function bytesOf(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(String(value).slice('\\x'.length), 'hex');
}

/** The records that patients are made of. */
function comparableOf({ patients, patient_parts, patient_sources }: KeyTables): ComparableRecord[] {
  return patients.flatMap((patient): ComparableRecord[] => {
    const [patientId, runId] = [patient['id'] as number, patient['run_id'] as number];
    const isOwn = ({ patient_id }: TableRow): boolean => patient_id === patientId;
    const parts = patient_parts.filter(isOwn);
    const about = (record: TableRow, site: unknown, ssnCheck: unknown): ComparableRecord => {
      const row = rowOf(record, PATIENT_COLUMNS, PATIENT_SLOTS).with(PATIENT.site_id, site as string);
      return { patientId, runId, row, ssnCheck: ssnCheck as number | null };
    };
    if (parts.length === 0) {
      const sources = patient_sources.filter(isOwn).sort((a, b) => (a['id'] as number) - (b['id'] as number));
      return [about(patient, sources[0]!['site_id'], patient['ssn_check'])];
    }
    const isKept = parts.some(({ ssn_check }) => ssn_check !== null);
    return parts.map((part, i) => {
      const ssnCheck = isKept || i > 0 ? part['ssn_check'] : patient['ssn_check'];
      return about(JSON.parse(String(part['record'])) as TableRow, part['site_id'], ssnCheck);
    });
  });
}

/** By which keys the patients of a registry are found, in rows or in packs, as far as their records still say them. */
import Database from 'better-sqlite3';
import { rowKeyOf } from '../../src/core/match/key-packs.js';
import { readComparable } from '../../src/db/match-keys.js';
import { numbersOf } from '../../src/db/numbers.js';
import { matchKeysOf } from '../../src/match-patients.js';

export interface FoundKey {
  readonly matchKey: number;
  readonly patientId: number;
}

/** The keys by which patients are found, sorted. `missing` are those that their records say and by which they are not. */
export function foundKeysOf(path: string): {
  readonly found: readonly FoundKey[];
  readonly missing: readonly FoundKey[];
} {
  const database = new Database(path, { readonly: true });
  try {
    const there = new Set<string>();
    const rows = database.prepare('SELECT match_key, patient_id FROM match_keys').raw().all() as [number, number][];
    for (const [matchKey, patientId] of rows) there.add(`${matchKey} ${patientId}`);
    const packs = database.prepare('SELECT pass, keys, patient_ids FROM match_key_packs').raw().all() as [
      string, Buffer, Buffer,
    ][]; // biome-ignore format: the columns of a row
    for (const [pass, keys, ids] of packs) {
      const patientIds = numbersOf(ids);
      numbersOf(keys).forEach((key, i) => {
        there.add(`${rowKeyOf(pass, key)} ${patientIds[i]}`);
      });
    }
    const patientIds = database.prepare('SELECT id FROM patients ORDER BY id').pluck().all() as number[];
    const said = matchKeysOf(readComparable(database, 'main', patientIds)).sort(
      (a, b) => a.matchKey - b.matchKey || a.patientId - b.patientId,
    );
    const isThere = ({ matchKey, patientId }: FoundKey): boolean => there.has(`${matchKey} ${patientId}`);
    return { found: said.filter(isThere), missing: said.filter((key) => !isThere(key)) };
  } finally {
    database.close();
  }
}

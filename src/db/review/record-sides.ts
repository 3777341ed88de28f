/** Tells under which of a person's ids a dose or a comment came. */
import { recordsOf } from '../../core/match/dose.js';
import { DOSE } from '../../core/model.js';
import type { Person } from '../person.js';
import { firstRow, insertMissing, type Queries } from '../queries.js';
import { readStoredDoses } from '../stored-doses.js';
import { readDuplicates } from './rows.js';

/** Where a record stands, and the site that it names. */
interface PlacedRecord {
  readonly fileId: number;
  readonly line: number;
  readonly siteId: string | null;
}

/** Tells under which of a person's ids a dose or a comment came, and so whether it goes with them. */
export class RecordSides {
  readonly #queries: Queries;
  readonly #person: Person;
  /** Whether what came under an id goes, by the key of the id. */
  readonly #goes: ReadonlyMap<number, boolean>;
  /** What was looked up, by file and line. */
  readonly #kept = new Map<string, Kept>();
  /** Records of which nobody can tell. */
  unknown = 0;

  constructor(queries: Queries, person: Person, goes: ReadonlyMap<number, boolean>) {
    this.#queries = queries;
    this.#person = person;
    this.#goes = goes;
  }

  async goes(record: PlacedRecord): Promise<boolean> {
    const key = await this.keyOf(record);
    if (key === null) this.unknown++;
    return key !== null && this.#goes.get(key) === true;
  }

  /** The key of the id under which a record came: as it was kept, or the only one that there was; `null` if nobody knows. */
  async keyOf({ fileId, line, siteId }: PlacedRecord): Promise<number | null> {
    const { key, runId } = await this.#find(fileId, line);
    if (key !== null && this.#goes.has(key)) return key;
    const then = this.#person.sources.filter((source) => source.runId <= runId);
    const known = new Set(then.map((source) => source.key));
    if (known.size === 1) return [...known][0]!;
    const ofSite = new Set(then.filter((source) => source.siteId === siteId).map((source) => source.key));
    return ofSite.size === 1 ? [...ofSite][0]! : null;
  }

  /** The site of the id under which a record came, `null` if nobody knows. */
  async siteOf(fileId: number, line: number): Promise<string | null> {
    const { key } = await this.#find(fileId, line);
    return this.#person.sources.find((source) => source.key === key)?.siteId ?? null;
  }

  /** The run that a record came in, and the key that was kept of it. */
  async #find(fileId: number, line: number): Promise<Kept> {
    const place = `${fileId}/${line}`;
    const known = this.#kept.get(place);
    if (known !== undefined) return known;
    const found = await firstRow<Kept>(
      this.#queries,
      `SELECT f.run_id AS "runId", k.source_key AS key FROM run_files f
       LEFT JOIN record_keys k ON k.file_id = f.id AND k.line = $2 WHERE f.id = $1`,
      [fileId, line],
    );
    this.#kept.set(place, found!);
    return found!;
  }
}

/** The run that a record came in, and the key of the id under which it came, `null` if that was not kept. */
interface Kept {
  readonly runId: number;
  readonly key: number | null;
}

/** Remembers under which id each dose and comment of a person came, as long as that is known. */
export async function keepRecordKeys(queries: Queries, person: Person): Promise<void> {
  const { patientId } = person;
  const sides = new RecordSides(queries, person, new Map(person.sources.map(({ key }) => [key, false])));
  const rows: [number, number, number][] = [];
  for (const record of [
    ...(await placesOfDoses(queries, patientId)),
    ...(await placesOfComments(queries, patientId)),
  ]) {
    const key = await sides.keyOf(record);
    if (key !== null) rows.push([record.fileId, record.line, key]);
  }
  await insertMissing(queries, 'record_keys', ['file_id', 'line', 'source_key'], rows);
}

async function placesOfDoses(queries: Queries, patientId: number): Promise<PlacedRecord[]> {
  const places: PlacedRecord[] = [];
  for (const dose of (await readStoredDoses(queries, [patientId])).get(patientId) ?? []) {
    const own = await placeOfDose(queries, dose.immunizationId);
    const records = recordsOf(dose);
    const siteOf = (part: number): string | null => records[part]![DOSE.site_id] ?? null;
    places.push({ ...own, siteId: siteOf(0) });
    for (const { file_id: fileId, line, part } of await readDuplicates(queries, dose.immunizationId)) {
      places.push({ fileId, line, siteId: siteOf(part) });
    }
  }
  return places;
}

/** Where the record stands that made a dose. */
export async function placeOfDose(
  queries: Queries,
  immunizationId: number,
): Promise<{ readonly fileId: number; readonly line: number }> {
  const place = await firstRow<{ fileId: number; line: number }>(
    queries,
    'SELECT file_id AS "fileId", line FROM doses WHERE id = $1',
    [immunizationId],
  );
  return place!;
}

/** The comments on a patient, and where they stand. */
export async function placesOfComments(
  queries: Queries,
  patientId: number,
): Promise<(PlacedRecord & { readonly id: number })[]> {
  return queries.rows(
    `SELECT id, file_id AS "fileId", line, site_id AS "siteId" FROM patient_comments WHERE patient_id = $1 ORDER BY id`,
    [patientId],
  );
}

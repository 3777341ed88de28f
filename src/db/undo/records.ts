/** Records of runs that are taken back, kept aside so that they can be brought back: what each said, and under which id it came. */
import { recordsOf } from '../../core/match/dose.js';
import { DOSE, packRow, type Row, unpackRow } from '../../core/model.js';
import { type Person, partOfSource, readPersons, type SourceRow } from '../person.js';
import type { Queries, SqlRow } from '../queries.js';
import { readStoredDoses } from '../stored-doses.js';
import { CONCERNED, PATIENTS_AT_ONCE, readConcerned, type StandingDecision } from './concerned.js';

/** A record of a patient that was kept aside. */
export interface KeptSource {
  readonly fileId: number;
  readonly line: number;
  readonly siteId: string;
  readonly sourcePatientId: string;
  readonly row: Row;
  readonly ssnCheck: number | null;
  readonly content: number;
  /** The patient that it was of. */
  readonly patientId: number;
}

/** A record of a dose that was kept aside, and the patient whom it is of by now. */
export interface KeptDose {
  readonly fileId: number;
  readonly line: number;
  readonly row: Row;
  readonly patientId: number;
}

/** A comment that was kept aside, and the patient whom it is of by now. */
export interface KeptComment {
  readonly fileId: number;
  readonly line: number;
  readonly siteId: string;
  readonly sourcePatientId: string;
  readonly code: string;
  readonly appliesOn: string | null;
  readonly patientId: number;
}

/** A run cannot be undone. Its message holds no value of a record. */
export class UndoError extends Error {
  readonly code = 'undo';
  constructor(
    message: string,
    /** Decisions to take back first. */
    readonly decisions: readonly StandingDecision[] = [],
  ) {
    super(message);
    this.name = 'UndoError';
  }
}

/** Temporary tables, which go with the transaction or are dropped at its end. */
const TABLES: Readonly<Record<string, string>> = {
  undo_sources: `seq integer PRIMARY KEY, run_id integer, file_id integer, line integer, site_id text,
    source_patient_id text, packed text, ssn_check integer, content bigint, patient_id integer, reason text,
    explanation text, stays integer`,
  undo_doses: `seq integer PRIMARY KEY, run_id integer, file_id integer, line integer, site_id text,
    source_patient_id text, packed text, immunization_id integer`,
  undo_comments: `run_id integer, file_id integer, line integer, site_id text, source_patient_id text, comment_code text,
    applies_on text`,
  undo_order: `at integer PRIMARY KEY, file_id integer, line integer, packed text, patient_id integer`,
};
const INDEXES = [
  'undo_sources_by_key ON undo_sources (site_id, source_patient_id)',
  'undo_sources_by_place ON undo_sources (file_id, line)',
  'undo_doses_by_place ON undo_doses (file_id, line)',
  'undo_doses_by_key ON undo_doses (site_id, source_patient_id)',
];
export const RECORD_TABLES = Object.keys(TABLES);

/** Doses that are read at once. */
const DOSES_AT_ONCE = 5000;

/** The records that one undo keeps aside, no longer than it takes. */
export class KeptRecords {
  readonly #queries: Queries;
  #lastDose = 0;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Makes the tables that records are kept in. */
  async create(): Promise<void> {
    for (const [table, columns] of Object.entries(TABLES)) {
      await this.#queries.run(`CREATE TEMP TABLE ${table} (${columns})`);
    }
    for (const index of INDEXES) await this.#queries.run(`CREATE INDEX ${index}`);
  }

  /** Keeps aside what the later runs have told of the patients concerned, and what the run itself told of their persons. */
  async keepRecords(runId: number, later: readonly number[]): Promise<void> {
    const runs = new Set(later);
    const ids = await readConcerned(this.#queries);
    for (let start = 0; start < ids.length; start += PATIENTS_AT_ONCE) {
      const persons = await readPersons(this.#queries, ids.slice(start, start + PATIENTS_AT_ONCE));
      await this.#keepSources([...persons.values()], (run) => run === runId || runs.has(run));
      await this.#keepDoses(persons, runs);
      await this.#keepComments(persons, runs);
    }
    await this.#queries.run(
      `INSERT INTO undo_comments
       SELECT run_id, file_id, line, site_id, source_patient_id, comment_code, applies_on FROM comment_duplicates c
       WHERE run_id = ANY($1::int[]) AND EXISTS (SELECT 1 FROM patient_sources s WHERE s.site_id = c.site_id
         AND s.source_patient_id = c.source_patient_id AND s.patient_id ${CONCERNED})`,
      [later],
    );
  }

  /** Keeps the records of persons that came in some of the runs. */
  async #keepSources(persons: readonly Person[], isOfRun: (runId: number) => boolean): Promise<void> {
    const kept = persons.flatMap((person) =>
      person.sources
        .filter(({ runId }) => isOfRun(runId))
        .map((source) => {
          const found = partOfSource(person, source);
          if (found === null) throw new UndoError(unreadable('what a record said', source));
          return { source, patientId: person.patientId, packed: packRow(found.part.row), ssnCheck: found.ssnCheck };
        }),
    );
    await this.#queries.insert('undo_sources', kept.length, [
      { name: 'seq', value: (i) => kept[i]!.source.id },
      { name: 'run_id', value: (i) => kept[i]!.source.runId },
      { name: 'file_id', value: (i) => kept[i]!.source.fileId },
      { name: 'line', value: (i) => kept[i]!.source.line },
      { name: 'site_id', value: (i) => kept[i]!.source.siteId },
      { name: 'source_patient_id', value: (i) => kept[i]!.source.sourcePatientId },
      { name: 'packed', value: (i) => kept[i]!.packed },
      { name: 'ssn_check', value: (i) => kept[i]!.ssnCheck },
      { name: 'content', value: (i) => kept[i]!.source.content },
      { name: 'patient_id', value: (i) => kept[i]!.patientId },
      { name: 'reason', value: (i) => kept[i]!.source.reason },
      { name: 'explanation', value: (i) => kept[i]!.source.explanation },
      { name: 'stays', value: () => 0 },
    ]);
  }

  async #keepDoses(persons: ReadonlyMap<number, Person>, later: ReadonlySet<number>): Promise<void> {
    const patientIds = [...persons.keys()];
    const stored = await readStoredDoses(this.#queries, patientIds);
    const doses = new Map([...stored.values()].flat().map((dose) => [dose.immunizationId, dose]));
    // A dose that a later run made a duplicate has that run in its row: whose record it is, its file says.
    const records = await this.#queries.rows(
      `SELECT f.run_id, d.file_id, d.line, d.patient_id, d.id, 0 AS part, 0 AS is_duplicate,
         NULL AS source_immunization_id, k.source_key
       FROM doses d JOIN run_files f ON f.id = d.file_id
       LEFT JOIN record_keys k ON k.file_id = d.file_id AND k.line = d.line WHERE d.patient_id = ANY($1::int[])
       UNION ALL
       SELECT f.run_id, u.file_id, u.line, d.patient_id, d.id, u.part, 1, u.source_immunization_id, k.source_key
       FROM immunization_duplicates u JOIN doses d ON d.id = u.immunization_id JOIN run_files f ON f.id = u.file_id
       LEFT JOIN record_keys k ON k.file_id = u.file_id AND k.line = u.line WHERE d.patient_id = ANY($1::int[])
       ORDER BY 2, 3, 7, 5`,
      [patientIds],
    );
    const kept = records.flatMap((record) => {
      const place = placeOf(record);
      if (!later.has(place.runId)) return [];
      const key = keyOf(place, record['source_key'] as number | null, persons.get(record['patient_id'] as number)!);
      const immunizationId = record['id'] as number;
      const row = recordsOf(doses.get(immunizationId)!)[record['part'] as number]!.slice();
      row[DOSE.site_id] = key.siteId;
      row[DOSE.source_patient_id] = key.sourcePatientId;
      if (record['is_duplicate'] === 1) {
        row[DOSE.source_immunization_id] = record['source_immunization_id'] as string | null;
      }
      return [{ seq: ++this.#lastDose, place, key, packed: packRow(row), immunizationId }];
    });
    await this.#queries.insert('undo_doses', kept.length, [
      { name: 'seq', value: (i) => kept[i]!.seq },
      { name: 'run_id', value: (i) => kept[i]!.place.runId },
      { name: 'file_id', value: (i) => kept[i]!.place.fileId },
      { name: 'line', value: (i) => kept[i]!.place.line },
      { name: 'site_id', value: (i) => kept[i]!.key.siteId },
      { name: 'source_patient_id', value: (i) => kept[i]!.key.sourcePatientId },
      { name: 'packed', value: (i) => kept[i]!.packed },
      { name: 'immunization_id', value: (i) => kept[i]!.immunizationId },
    ]);
  }

  async #keepComments(persons: ReadonlyMap<number, Person>, later: ReadonlySet<number>): Promise<void> {
    const comments = await this.#queries.rows(
      `SELECT c.run_id, c.file_id, c.line, c.patient_id, c.site_id, c.comment_code, c.applies_on, k.source_key
       FROM patient_comments c LEFT JOIN record_keys k ON k.file_id = c.file_id AND k.line = c.line
       WHERE c.patient_id = ANY($1::int[]) ORDER BY c.id`,
      [[...persons.keys()]],
    );
    const kept = comments.flatMap((comment) => {
      const place = placeOf(comment);
      if (!later.has(place.runId)) return [];
      const person = persons.get(comment['patient_id'] as number)!;
      return [{ comment, place, key: keyOf(place, comment['source_key'] as number | null, person) }];
    });
    await this.#queries.insert('undo_comments', kept.length, [
      { name: 'run_id', value: (i) => kept[i]!.place.runId },
      { name: 'file_id', value: (i) => kept[i]!.place.fileId },
      { name: 'line', value: (i) => kept[i]!.place.line },
      { name: 'site_id', value: (i) => kept[i]!.comment['site_id'] as string },
      { name: 'source_patient_id', value: (i) => kept[i]!.key.sourcePatientId },
      { name: 'comment_code', value: (i) => kept[i]!.comment['comment_code'] as string },
      { name: 'applies_on', value: (i) => kept[i]!.comment['applies_on'] as string | null },
    ]);
  }

  /**
   * Marks the patient records of the run that must stay: a dose or a comment of a later run came under their id, which no
   * other record has that was there by then. Gives how many were not marked before.
   */
  async markNeeded(runId: number): Promise<number> {
    return this.#queries.run(
      `UPDATE undo_sources SET stays = 1 WHERE run_id = $1 AND stays = 0 AND EXISTS (
         SELECT 1 FROM (SELECT run_id, site_id, source_patient_id FROM undo_doses
             UNION SELECT run_id, site_id, source_patient_id FROM undo_comments) r
         WHERE r.site_id = undo_sources.site_id AND r.source_patient_id = undo_sources.source_patient_id
           AND NOT EXISTS (SELECT 1 FROM patient_sources s WHERE s.site_id = r.site_id
             AND s.source_patient_id = r.source_patient_id AND s.run_id <= r.run_id AND s.run_id <> $1))`,
      [runId],
    );
  }

  /** Marks the patient records of the run under these ids, too. Gives how many were not marked before. */
  async markAlso(
    runId: number,
    keys: readonly { readonly siteId: string; readonly sourcePatientId: string }[],
  ): Promise<number> {
    let marked = 0;
    for (const { siteId, sourcePatientId } of keys) {
      marked += await this.#queries.run(
        'UPDATE undo_sources SET stays = 1 WHERE run_id = $1 AND stays = 0 AND site_id = $2 AND source_patient_id = $3',
        [runId, siteId, sourcePatientId],
      );
    }
    return marked;
  }

  /** The patient records of a run that were kept aside, in the order in which they came; of the undone run those that stay. */
  async readSources(runId: number, onlyStaying: boolean): Promise<KeptSource[]> {
    const rows = await this.#queries.rows(
      `SELECT file_id, line, site_id, source_patient_id, packed, ssn_check, content, patient_id FROM undo_sources
       WHERE run_id = $1 ${onlyStaying ? 'AND stays = 1' : ''} ORDER BY seq`,
      [runId],
    );
    return rows.map((row) => ({
      fileId: row['file_id'] as number,
      line: row['line'] as number,
      siteId: row['site_id'] as string,
      sourcePatientId: row['source_patient_id'] as string,
      row: unpackRow(row['packed'] as string),
      ssnCheck: row['ssn_check'] as number | null,
      content: row['content'] as number,
      patientId: row['patient_id'] as number,
    }));
  }

  /** Says of records that were not matched anew why they are of their patients, as it was said before. */
  async restoreReasons(runId: number): Promise<void> {
    const isSame = `o.file_id = patient_sources.file_id AND o.line = patient_sources.line AND o.reason IS NOT NULL
      AND o.site_id = patient_sources.site_id AND o.source_patient_id = patient_sources.source_patient_id`;
    await this.#queries.run(
      `UPDATE patient_sources SET (reason, explanation) = (
           SELECT o.reason, o.explanation FROM undo_sources o WHERE ${isSame} ORDER BY o.seq LIMIT 1)
       WHERE run_id = $1 AND decision <> 'new' AND EXISTS (SELECT 1 FROM undo_sources o WHERE ${isSame})`,
      [runId],
    );
  }

  /** The doses of a run that were kept aside, patient by patient; no patient's are in two of the lists. */
  async *readDoses(runId: number): AsyncGenerator<KeptDose[]> {
    await this.#queries.run('DELETE FROM undo_order');
    await this.#queries.run(
      `INSERT INTO undo_order (at, file_id, line, packed, patient_id)
       SELECT row_number() OVER (ORDER BY patient_id, seq), file_id, line, packed, patient_id FROM (
         SELECT d.seq, d.file_id, d.line, d.packed, (SELECT s.patient_id FROM patient_sources s
             WHERE s.site_id = d.site_id AND s.source_patient_id = d.source_patient_id LIMIT 1) AS patient_id
         FROM undo_doses d WHERE d.run_id = $1) AS linked`,
      [runId],
    );
    let own: KeptDose[] = [];
    for (let after = 0; ; ) {
      const rows = await this.#queries.rows(
        `SELECT at, file_id, line, packed, patient_id FROM undo_order WHERE at > $1 ORDER BY at LIMIT ${DOSES_AT_ONCE}`,
        [after],
      );
      for (const row of rows) {
        after = row['at'] as number;
        const patientId = row['patient_id'] as number;
        if (own.length > 0 && own[0]!.patientId !== patientId) {
          yield own;
          own = [];
        }
        const packed = unpackRow(row['packed'] as string);
        own.push({ fileId: row['file_id'] as number, line: row['line'] as number, row: packed, patientId });
      }
      if (rows.length === 0) break;
    }
    if (own.length > 0) yield own;
  }

  async readComments(runId: number): Promise<KeptComment[]> {
    return this.#queries.rows(
      `SELECT c.file_id AS "fileId", c.line, c.site_id AS "siteId", c.source_patient_id AS "sourcePatientId",
         c.comment_code AS code, c.applies_on AS "appliesOn", (SELECT s.patient_id FROM patient_sources s
           WHERE s.site_id = c.site_id AND s.source_patient_id = c.source_patient_id LIMIT 1) AS "patientId"
       FROM undo_comments c WHERE c.run_id = $1 ORDER BY c.file_id, c.line`,
      [runId],
    );
  }
}

interface Place {
  readonly runId: number;
  readonly fileId: number;
  readonly line: number;
}

function placeOf(record: SqlRow): Place {
  return {
    runId: record['run_id'] as number,
    fileId: record['file_id'] as number,
    line: record['line'] as number,
  };
}

/** The id under which a dose or a comment came. `kept` is its key as it was kept, `null` if it was not. */
function keyOf(place: Place, kept: number | null, { sources }: Person): SourceRow {
  const known = sources.filter(({ runId, key }) => (kept === null ? runId <= place.runId : key === kept));
  if (new Set(known.map(({ key }) => key)).size !== 1) {
    throw new UndoError(unreadable('under which id a record came', place));
  }
  return known[0]!;
}

function unreadable(what: string, { runId, line }: { readonly runId: number; readonly line: number }): string {
  return `the registry does not tell ${what} (run ${runId}, line ${line}): it was loaded by an older immload; undo the later runs first`;
}

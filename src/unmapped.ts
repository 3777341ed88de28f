/**
 * What a submission says of vaccines and nobody understood: collected value by value, so that a person decides once for
 * all records. The report has the columns of a map: completed, it is one.
 */
import type { Codes } from './core/codes.js';
import { WholeRow } from './core/columns.js';
import { DOSE, IMMUNIZATION_FIELDS, type Row } from './core/model.js';
import type { VaccineField } from './core/normalize/vaccine.js';
import { CandidateFinder } from './core/normalize/vaccine-candidates.js';
import type { Batch, UnresolvedVaccine } from './core/transform.js';
import { MAP_COLUMNS } from './core/vaccine-map.js';
import type { Store } from './db/store.js';
import { CsvReport, type ValueMask } from './files/reports.js';
import type { Linker } from './link-doses.js';

/** Distinct values kept; the records of further ones are counted together. */
const MOST_VALUES = 20_000;
/** Records of each value whose patients are asked for other doses of the day. */
const MOST_RECORDS = 20;
/** Values for which candidates are looked for, the commonest first: each takes some milliseconds. */
const MOST_WITH_CANDIDATES = 1_000;
/** Patients whose doses are read at once. */
const PATIENTS_AT_ONCE = 500;
/** Other vaccines named in a cell. */
const MOST_BESIDE = 5;

/** A record, as far as it must be known to find its patient's other doses. */
type DoseOfPatient = Pick<UnresolvedVaccine, 'siteId' | 'sourcePatientId' | 'administeredOn'>;

/** A value that nobody understood. */
interface UnmappedValue {
  readonly field: VaccineField;
  readonly value: string;
  count: number;
  firstYear: string | null;
  lastYear: string | null;
  /** The first records that have it. */
  readonly records: DoseOfPatient[];
  /** Vaccines that the same patients got on the same days, by CVX, in how many of the records. */
  readonly beside: Map<string, number>;
}

/** All values of a run that nobody understood. */
export class UnmappedLog {
  readonly #values = new Map<string, UnmappedValue>();
  #others = 0;

  add({ unresolved }: Batch): void {
    for (const record of unresolved) {
      for (const { field, value } of record.clues) this.#addValue(field, value, record);
    }
  }

  #addValue(field: VaccineField, value: string, record: UnresolvedVaccine): void {
    const key = `${field}\x1f${value.toUpperCase()}`;
    let known = this.#values.get(key);
    if (known === undefined) {
      if (this.#values.size >= MOST_VALUES) {
        this.#others++;
        return;
      }
      known = { field, value, count: 0, firstYear: null, lastYear: null, records: [], beside: new Map() };
      this.#values.set(key, known);
    }
    known.count++;
    const year = record.administeredOn?.slice(0, 4) ?? null;
    if (year !== null && (known.firstYear === null || year < known.firstYear)) known.firstYear = year;
    if (year !== null && (known.lastYear === null || year > known.lastYear)) known.lastYear = year;
    if (known.records.length < MOST_RECORDS) known.records.push(record);
  }

  /** How many distinct values there are. */
  get size(): number {
    return this.#values.size;
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  /** Looks for the doses that the patients of the values got on the same days. All doses must be stored by then. */
  async findNeighbours(linker: Linker, store: Store): Promise<void> {
    const asked = [...this.#values.values()].flatMap((value) =>
      value.records.filter(isWhole).map((record) => ({ value, record, row: new WholeRow(toRow(record)) })),
    );
    const links = await linker.linksOf(asked.map(({ row }) => row));
    const ofPatients = asked.flatMap(({ value, record }, i) => {
      const link = links[i]!;
      return typeof link === 'string' ? [] : [{ value, day: record.administeredOn, patientId: link.patientId }];
    });
    const asking = new Map<number, { readonly value: UnmappedValue; readonly day: string }[]>();
    for (const { value, day, patientId } of ofPatients) {
      const known = asking.get(patientId);
      if (known === undefined) asking.set(patientId, [{ value, day }]);
      else known.push({ value, day });
    }
    const ids = [...asking.keys()];
    for (let start = 0; start < ids.length; start += PATIENTS_AT_ONCE) {
      const some = ids.slice(start, start + PATIENTS_AT_ONCE);
      const stored = await store.readDoses(some);
      for (const patientId of some) addNeighbours(asking.get(patientId)!, stored.get(patientId) ?? []);
    }
  }

  /** Writes `unmapped.csv`, the commonest values first. */
  async write(path: string, codes: Codes, mask: ValueMask | null = null): Promise<void> {
    const sorted = [...this.#values.values()].sort(
      (a, b) => b.count - a.count || compare(a.field, b.field) || compare(a.value, b.value),
    );
    const finder = new CandidateFinder(codes);
    const report = new CsvReport(path, MAP_COLUMNS);
    try {
      for (const [place, each] of sorted.entries()) {
        const candidates = place < MOST_WITH_CANDIDATES ? finder.find(each.value) : [];
        await report.write([
          each.field,
          mask === null ? each.value : mask.vaccine(each.field, each.value),
          null,
          null,
          null,
          null,
          each.count,
          each.firstYear,
          each.lastYear,
          listBeside(each.beside),
          candidates.map(({ cvx, name, score }) => `${cvx} ${name} ${score.toFixed(2)}`).join('; '),
        ]);
      }
      if (this.#others > 0) {
        await report.write([null, '(other values)', null, null, null, null, this.#others, null, null, null, null]);
      }
    } finally {
      await report.close();
    }
  }
}

/** Counts, for values of a patient's records, the vaccines that the patient got on the same day. */
function addNeighbours(
  asking: readonly { readonly value: UnmappedValue; readonly day: string }[],
  doses: readonly { readonly row: Row }[],
): void {
  const byDay = new Map<string, Set<string>>();
  for (const { row } of doses) {
    const [day, cvx] = [row[DOSE.administered_on], row[DOSE.cvx]];
    if (day != null && cvx != null) byDay.set(day, (byDay.get(day) ?? new Set()).add(cvx));
  }
  for (const { value, day } of asking) {
    for (const cvx of byDay.get(day) ?? []) value.beside.set(cvx, (value.beside.get(cvx) ?? 0) + 1);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isWhole(record: DoseOfPatient): record is Readonly<Record<keyof DoseOfPatient, string>> {
  return record.siteId !== null && record.sourcePatientId !== null && record.administeredOn !== null;
}

const SLOTS = Object.keys(IMMUNIZATION_FIELDS).length;

/** As much of a dose's row as linking reads. */
function toRow({ siteId, sourcePatientId }: DoseOfPatient): Row {
  const row: Row = new Array(SLOTS).fill(null);
  row[DOSE.site_id] = siteId;
  row[DOSE.source_patient_id] = sourcePatientId;
  return row;
}

/** `03 in 12, 21 in 5`: the commonest first. */
function listBeside(beside: ReadonlyMap<string, number>): string {
  const sorted = [...beside].sort(([a, m], [b, n]) => n - m || compare(a, b));
  return sorted
    .slice(0, MOST_BESIDE)
    .map(([cvx, count]) => `${cvx} in ${count}`)
    .join(', ');
}

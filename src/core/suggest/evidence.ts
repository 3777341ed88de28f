/** What the whole submission says, for suggestions about one record of it. */
import type { Codes } from '../codes.js';
import type { Issue } from '../issue.js';
import type { IsoDate } from '../model.js';
import type { FileCounts } from '../whole/file-counts.js';
import { agesOf, type VaccineAges } from '../whole/vaccine-ages.js';
import type { RecordFacts } from './facts.js';

/** Patients with faulty doses that are remembered. More of them are another kind of trouble. */
const MOST_PATIENTS = 100_000;

/** The first and the last of some days. */
interface Span {
  first: string;
  last: string;
}

/**
 * The dates of a patient's doses, as far as they stand in records with a finding. However many doses bear the id of one
 * patient, no more than this is kept of them.
 */
export interface PatientDoses {
  readonly siteId: string;
  readonly sourcePatientId: string;
  /** Days of the doses that were set aside with their patient; `null` where there are none. */
  withPatient: Span | null;
  /** The same of the doses whose vaccine is for some ages only, by these ages. */
  readonly byAges: Map<VaccineAges, Span>;
  /** Doses that lie before the patient's birth. */
  readonly beforeBirth: DosesBeforeBirth;
}

/** Doses that lie before the birth of their patient. */
export interface DosesBeforeBirth {
  total: number;
  /** The earliest day of one, `null` where there is none. */
  earliest: string | null;
  /** Doses of that day: of vaccines that newborns get, and of others. */
  fromBirth: number;
  others: number;
}

/** What suggestions go by besides the record. */
export class Evidence {
  readonly codes: Codes;
  readonly today: IsoDate;
  readonly counts: readonly FileCounts[];
  readonly #doses = new Map<string, PatientDoses>();

  constructor(codes: Codes, today: IsoDate, counts: readonly FileCounts[]) {
    this.codes = codes;
    this.today = today;
    this.counts = counts;
  }

  /** Takes what a record with a finding says of its patient's other records. */
  add({ code }: Pick<Issue, 'code'>, { values }: RecordFacts): void {
    if (code !== 'patient-rejected' && code !== 'dose-date-before-birth') return;
    const { site_id: siteId, source_patient_id: sourcePatientId, administered_on: day } = values;
    if (siteId === undefined || sourcePatientId === undefined || day === undefined) return;
    const key = `${siteId}\x1f${sourcePatientId}`;
    let doses = this.#doses.get(key);
    if (doses === undefined) {
      if (this.#doses.size >= MOST_PATIENTS) return;
      const beforeBirth = { total: 0, earliest: null, fromBirth: 0, others: 0 };
      doses = { siteId, sourcePatientId, withPatient: null, byAges: new Map(), beforeBirth };
      this.#doses.set(key, doses);
    }
    const ages = agesOf(values.cvx ?? '');
    if (code === 'dose-date-before-birth') addBeforeBirth(doses.beforeBirth, day, ages?.fromBirth === true);
    else {
      doses.withPatient = widen(doses.withPatient, day);
      if (ages !== undefined) doses.byAges.set(ages, widen(doses.byAges.get(ages) ?? null, day));
    }
  }

  /** The faulty doses of a patient, `undefined` where there are none. */
  dosesOf({ site_id, source_patient_id }: RecordFacts['values']): PatientDoses | undefined {
    return this.#doses.get(`${site_id ?? ''}\x1f${source_patient_id ?? ''}`);
  }

  /** How often records have a ZIP code, with this city where one is given. */
  usesOfZip(zip: string, city: string | undefined): number {
    return this.#sum((counts) => counts.usesOfZip(zip, city ?? null));
  }

  /** The makers that records with this vaccine and lot name, and how many each; `lot` is a lot number or its shape. */
  makersOf(cvx: string, lot: string): ReadonlyMap<string, number> {
    const makers = new Map<string, number>();
    for (const counts of this.counts) {
      for (const [mvx, uses] of counts.makersOf(cvx, lot) ?? []) makers.set(mvx, (makers.get(mvx) ?? 0) + uses);
    }
    return makers;
  }

  /** How often a name stands as a last name and as a first name. */
  usesOfName(name: string): { readonly last: number; readonly first: number } {
    return {
      last: this.#sum((counts) => counts.usesOfName(name, 'last')),
      first: this.#sum((counts) => counts.usesOfName(name, 'first')),
    };
  }

  #sum(uses: (counts: FileCounts) => number): number {
    return this.counts.reduce((sum, counts) => sum + uses(counts), 0);
  }
}

function widen(span: Span | null, day: string): Span {
  if (span === null) return { first: day, last: day };
  if (day < span.first) span.first = day;
  if (day > span.last) span.last = day;
  return span;
}

function addBeforeBirth(doses: DosesBeforeBirth, day: string, isFromBirth: boolean): void {
  doses.total++;
  if (doses.earliest !== null && day > doses.earliest) return;
  if (day !== doses.earliest) {
    doses.earliest = day;
    doses.fromBirth = 0;
    doses.others = 0;
  }
  if (isFromBirth) doses.fromBirth++;
  else doses.others++;
}

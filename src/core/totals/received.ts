/** What a submission holds, counted as its sender counts it: patients and doses as they were received, and their fates. */
import { DOSE, type Fate, type RecordRole, type Row } from '../model.js';
import { type ExpectedTotals, vaccineKey } from './expected.js';

/** Received records by what became of them. */
export type FateCounts = Record<Fate, number>;

export function noFates(): FateCounts {
  return { loaded: 0, merged: 0, duplicate: 0, rejected: 0, skipped: 0 };
}

/** All records, whatever became of them. */
export function receivedOf({ loaded, merged, duplicate, rejected, skipped }: Readonly<FateCounts>): number {
  return loaded + merged + duplicate + rejected + skipped;
}

/** A dose as it was received: what was understood of it. */
export interface ReceivedDose {
  /** The CVX code that its vaccine was resolved to, `null` if it was not. */
  readonly cvx: string | null;
  /** As the sender names the vaccine, where nothing was resolved. */
  readonly asSent: string | null;
  /** `YYYY-MM-DD`, `null` where no date could be read. */
  readonly administeredOn: string | null;
}

/** A dose by what could be read of it; `row` is `null` where nothing could be. */
export function receivedDose(row: Row | null, asSent: string | null = null): ReceivedDose {
  return { cvx: row?.[DOSE.cvx] ?? null, asSent, administeredOn: row?.[DOSE.administered_on] ?? null };
}

/** What is counted under no vaccine and no year. */
const UNKNOWN = '';

/**
 * Counts the patients and doses of one submission. Blank records and headers that come again are nobody's; what is of a kind
 * that is not loaded is received all the same, and skipped.
 */
export class ReceivedTotals {
  /** Records of patients. */
  readonly patients = noFates();
  /** The best that became of any record of a patient, by the sender's key. */
  readonly #patientIds = new Map<string, Fate>();
  /** Records of patients whose id could not be read: each may be of a patient that is counted, or of another one. */
  withoutId = 0;
  readonly doses = noFates();
  /** By CVX code, or by a name of the expected totals. */
  readonly byVaccine = new Map<string, FateCounts>();
  readonly byYear = new Map<string, FateCounts>();
  readonly #wantsPatients: boolean;
  readonly #expected: ReadonlyMap<string, number>;
  /** Whether doses are counted by vaccine or by year. */
  readonly wantsDetails: boolean;

  constructor({ patients, byVaccine, byYear }: ExpectedTotals) {
    this.#wantsPatients = patients !== null;
    this.wantsDetails = byVaccine !== null || byYear !== null;
    this.#expected = byVaccine ?? new Map();
  }

  /** Counts a record of a patient. `key` is the sender's, `null` where it could not be read. */
  addPatient(key: string | null, fate: Fate): void {
    this.patients[fate]++;
    if (!this.#wantsPatients) return;
    if (key === null) this.withoutId++;
    else this.#raise(key, fate);
  }

  /** Counts a record of a patient of whom another one has said the same. */
  addRepeatedPatient(): void {
    this.patients.duplicate++;
  }

  /** Corrects what was counted of a record of a patient: the database refused it. */
  refusePatient(key: string, before: Fate): void {
    this.patients[before]--;
    this.patients.rejected++;
    if (this.#wantsPatients) this.#patientIds.set(key, 'rejected');
  }

  #raise(key: string, fate: Fate): void {
    const before = this.#patientIds.get(key);
    if (before === undefined || BEST.indexOf(fate) < BEST.indexOf(before)) this.#patientIds.set(key, fate);
  }

  /** Patients by their ids, and what became of each. */
  get patientIds(): FateCounts {
    const counts = noFates();
    for (const fate of this.#patientIds.values()) counts[fate]++;
    return counts;
  }

  addDose(dose: ReceivedDose, fate: Fate): void {
    this.doses[fate]++;
    if (!this.wantsDetails) return;
    const { cvx, asSent, administeredOn } = dose;
    countOf(this.byVaccine, cvx ?? this.#nameOf(asSent))[fate]++;
    countOf(this.byYear, administeredOn?.slice(0, 4) ?? UNKNOWN)[fate]++;
  }

  /** Corrects what was counted of a dose: the database refused it. */
  refuseDose({ cvx, administeredOn }: ReceivedDose, before: Fate): void {
    const counts = [this.doses];
    if (this.wantsDetails) {
      counts.push(countOf(this.byVaccine, cvx ?? UNKNOWN), countOf(this.byYear, administeredOn!.slice(0, 4)));
    }
    for (const each of counts) {
      each[before]--;
      each.rejected++;
    }
  }

  /** Counts records of a kind that is not loaded. Those of patients and doses in one count as doses. */
  addNotLoaded(role: RecordRole, count: number): void {
    if (role === 'patient') this.patients.skipped += count;
    if (role !== 'immunization' || count === 0) return;
    this.doses.skipped += count;
    if (!this.wantsDetails) return;
    countOf(this.byVaccine, UNKNOWN).skipped += count;
    countOf(this.byYear, UNKNOWN).skipped += count;
  }

  /** A vaccine as it was sent counts by its name only where the sender's totals have it: else it is a value of a record. */
  #nameOf(asSent: string | null): string {
    const name = asSent === null ? UNKNOWN : vaccineKey(asSent.trim());
    return this.#expected.has(name) ? name : UNKNOWN;
  }
}

const BEST: readonly Fate[] = ['loaded', 'merged', 'duplicate', 'rejected', 'skipped'];

function countOf(counts: Map<string, FateCounts>, name: string): FateCounts {
  let own = counts.get(name);
  if (own === undefined) {
    own = noFates();
    counts.set(name, own);
  }
  return own;
}

/** Splits counts into those of a name and those of none. */
export function splitUnknown(counts: ReadonlyMap<string, FateCounts>): {
  readonly named: ReadonlyMap<string, FateCounts>;
  readonly unknown: FateCounts;
} {
  const named = new Map(counts);
  const unknown = named.get(UNKNOWN) ?? noFates();
  named.delete(UNKNOWN);
  return { named, unknown };
}

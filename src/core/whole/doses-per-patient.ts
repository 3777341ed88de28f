/** How many doses each patient of a file has, in a byte for each patient. */

/** More doses than anybody gets. */
export const MOST_DOSES = 150;

/** A patient by a number: from 0 on for those that are new, below for those that were there before. */
export class DosesPerPatient {
  #new = new Uint8Array(1024);
  readonly #stored = new Map<number, number>();

  /** Adds doses of a patient, who may have some already. */
  add(patient: number, doses: number): void {
    if (patient < 0) {
      this.#stored.set(patient, Math.min(MOST_DOSES + 1, (this.#stored.get(patient) ?? 0) + doses));
      return;
    }
    if (patient >= this.#new.length) {
      const larger = new Uint8Array(Math.max(patient + 1, this.#new.length * 2));
      larger.set(this.#new);
      this.#new = larger;
    }
    this.#new[patient] = Math.min(MOST_DOSES + 1, this.#new[patient]! + doses);
  }

  /** Whether a new patient has doses. */
  has(patient: number): boolean {
    return this.#new[patient] !== undefined && this.#new[patient] > 0;
  }

  /** How many patients have so many doses; the last counts all that have more than {@link MOST_DOSES}. */
  histogram(): Uint32Array {
    const patients = new Uint32Array(MOST_DOSES + 2);
    for (const doses of this.#new) if (doses > 0) patients[doses]!++;
    for (const doses of this.#stored.values()) patients[doses]!++;
    return patients;
  }
}

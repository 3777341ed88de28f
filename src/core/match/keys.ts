/** What patients are found by: names and birth date in one number, and what tells namesakes apart. */
import { PATIENT, type Row } from '../model.js';
import { isNewbornName, nameKey } from '../normalize/name.js';

/** Two independent 32-bit hashes of a text, as one number of 53 bits (cyrb53, public domain). */
export function hashText(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

/** A patient as matching sees it: compared forms, `null` where nothing is known. Missing is no evidence. */
export interface Identity {
  readonly lastName: string | null;
  /** `null` also for a newborn's temporary name, which is no evidence. */
  readonly firstName: string | null;
  readonly birthDate: string | null;
  readonly suffix: string | null;
  readonly birthOrder: string | null;
  /** Sixteen bits of the Social Security number: enough to see that two differ, too few to tell the number. */
  readonly ssnCheck: number | null;
  /** `null` when unknown. */
  readonly sex: string | null;
}

/** How a record looks to matching. */
export function identityOf(row: Row): Identity {
  const first = row[PATIENT.first_name] ?? null;
  const sex = row[PATIENT.sex] ?? null;
  return {
    lastName: keyOrNull(row[PATIENT.last_name]),
    firstName: first === null || isNewbornName(first) ? null : keyOrNull(first),
    birthDate: row[PATIENT.birth_date] ?? null,
    suffix: row[PATIENT.suffix] ?? null,
    birthOrder: row[PATIENT.birth_order] ?? null,
    ssnCheck: ssnCheckOf(row[PATIENT.ssn]),
    sex: sex === 'U' ? null : sex,
  };
}

function keyOrNull(name: string | null | undefined): string | null {
  return name == null ? null : nameKey(name) || null;
}

/** Sixteen bits of a Social Security number, `null` without one. */
export function ssnCheckOf(ssn: string | null | undefined): number | null {
  return ssn == null ? null : hashText(ssn) % 65536;
}

/**
 * The key of a patient's last name, first name and birth date: equal for equal ones. `null` when one of them is missing,
 * for then the patient is never found by name.
 */
export function matchKeyOf(identity: Identity): number | null {
  const { lastName, firstName, birthDate } = identity;
  if (lastName === null || firstName === null || birthDate === null) return null;
  return hashText(`${lastName}\x1f${firstName}\x1f${birthDate}`);
}

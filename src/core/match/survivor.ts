/**
 * Which values survive when records become one: fuller records win, field by field, and blanks are filled from the
 * others. The outcome depends on the records alone, not on the order in which they came.
 */
import { DOSE, PATIENT, packRow, type Row } from '../model.js';
import { isNewbornName } from '../normalize/name.js';
import { betterLot, compareLots, isSpreadsheetNumber, LOTS } from './lot.js';
import type { VaccineGroups } from './vaccine-groups.js';

/** A record that a person is made of. */
export interface PatientPart {
  readonly row: Row;
  /**
   * 0 for the home site, 1 for others. A file of history from another site only fills blanks: it must not put an old
   * address over a newer one.
   */
  readonly rank: 0 | 1;
}

/**
 * The site whose records come before those of others: of the sites of the run that made the person, the first by name,
 * whichever record of theirs came first. `sources` are in the order in which they were stored.
 */
export function homeSiteOf(sources: readonly { readonly runId: number; readonly siteId: string }[]): string {
  const firstRun = sources[0]!.runId;
  return firstByName(sources.flatMap(({ runId, siteId }) => (runId === firstRun ? [siteId] : [])));
}

/** The first of some sites by name; there must be one. */
export function firstByName(siteIds: readonly string[]): string {
  return siteIds.reduce((first, siteId) => (siteId < first ? siteId : first));
}

/** Values that belong together come from one record: half of one address and half of another is none. */
const PATIENT_GROUPS: readonly (readonly number[])[] = [
  [
    PATIENT.street,
    PATIENT.street_2,
    PATIENT.street_3,
    PATIENT.city,
    PATIENT.state,
    PATIENT.zip,
    PATIENT.county,
    PATIENT.country,
  ],
  [
    PATIENT.guardian_last_name,
    PATIENT.guardian_first_name,
    PATIENT.guardian_middle_name,
    PATIENT.guardian_relationship,
  ],
  [PATIENT.eligibility, PATIENT.eligibility_date],
];

/** Names, of which some senders write all letters large. */
const NAME_SLOTS: readonly number[] = [
  PATIENT.last_name,
  PATIENT.first_name,
  PATIENT.middle_name,
  PATIENT.mother_maiden_last_name,
  PATIENT.mother_first_name,
  PATIENT.guardian_last_name,
  PATIENT.guardian_first_name,
  PATIENT.guardian_middle_name,
];

/** Values of a dose that belong together. */
const DOSE_GROUPS: readonly (readonly number[])[] = [[DOSE.dose_amount, DOSE.dose_unit]];

/** What was given. It comes from one record, and from others only as far as they say the same vaccine. */
const PRODUCT_SLOTS: readonly number[] = [DOSE.cvx, DOSE.cpt, DOSE.ndc, DOSE.vaccine_name, DOSE.mvx];
/** Who paid for it: only the site that gave the dose knows. */
const PURCHASE_SLOTS: readonly number[] = [DOSE.funding_source, DOSE.eligibility];

/** Slots that say who sent the record, and nothing about the dose. */
export const SENDER_SLOTS: readonly number[] = [DOSE.site_id, DOSE.source_patient_id, DOSE.source_immunization_id];

/** What a record says about its dose, whoever sent it. */
export function doseFacts(row: Row): Row {
  const facts = row.slice();
  for (const slot of SENDER_SLOTS) facts[slot] = null;
  return facts;
}

/** How many values a row has. */
export function countFilled(row: Row): number {
  let filled = 0;
  for (const value of row) if (value !== null) filled++;
  return filled;
}

/** One person's row from all of its records. An objection to sharing survives, whoever reported it. */
export function mergePatientRows(parts: readonly PatientPart[]): Row {
  const ordered = sortByFullness(
    parts,
    (part) => part.row,
    (a, b) => a.rank - b.rank,
  );
  const rows = ordered.map((part) => part.row);
  const merged = mergeRows(rows, PATIENT_GROUPS);
  for (const slot of NAME_SLOTS) merged[slot] = writtenInBothCases(merged[slot]!, rows, slot);
  const named = rows.find((row) => row[PATIENT.first_name] !== null && !isNewbornName(row[PATIENT.first_name]!));
  if (named !== undefined) merged[PATIENT.first_name] = named[PATIENT.first_name]!;
  const objections = rows.filter((row) => row[PATIENT.sharing_objection] === 'Y');
  if (objections.length > 0) {
    merged[PATIENT.sharing_objection] = 'Y';
    const dates = objections.map((row) => row[PATIENT.sharing_objection_date] ?? null).filter((date) => date !== null);
    merged[PATIENT.sharing_objection_date] = dates.sort()[0] ?? null;
  }
  return merged;
}

/** A name in capitals, as another record writes it in both cases. */
function writtenInBothCases(name: string | null, rows: readonly Row[], slot: number): string | null {
  if (name === null || name !== name.toUpperCase()) return name;
  const spelled = rows.find(
    (row) =>
      row[slot] != null &&
      row[slot] !== name &&
      row[slot]!.toUpperCase() === name &&
      row[slot] !== row[slot]!.toLowerCase(),
  );
  return spelled?.[slot] ?? name;
}

/** The information source of doses that the site which sends them gave itself. */
export const ADMINISTERED = '00';

/** Whether the site that sends the record gave the dose itself. */
export function isAdministered(row: Row): boolean {
  return row[DOSE.information_source] === ADMINISTERED;
}

/**
 * One dose's row from all of its records, those of a part of a combination left out. What was administered wins over
 * history, a product over a vaccine group, the fuller record over the poorer. Who sent them makes no difference.
 */
export function mergeDoseRows(rows: readonly Row[], vaccines: VaccineGroups): Row {
  const sorted = sortByFullness(rows, doseFacts, (a, b) => Number(isAdministered(b)) - Number(isAdministered(a)));
  const merged = mergeRows(sorted, DOSE_GROUPS);
  const product = findProduct(sorted, vaccines);
  const ofProduct = [product, ...sorted.filter((row) => row[DOSE.cvx] === product[DOSE.cvx])];
  for (const slot of PRODUCT_SLOTS) merged[slot] = firstValue(ofProduct, slot);
  mergeLot(merged, sorted);
  if (isAdministered(sorted[0]!)) {
    const administered = sorted.filter(isAdministered);
    for (const slot of PURCHASE_SLOTS) merged[slot] = firstValue(administered, slot);
  }
  // 01 is what a blank becomes: any other source says more.
  const source = rows
    .map((row) => row[DOSE.information_source] ?? null)
    .filter((code) => code !== null && code !== '01');
  if (merged[DOSE.information_source] === '01' && source.length > 0)
    merged[DOSE.information_source] = source.sort()[0]!;
  return merged;
}

/** The record that says best what was given: an NDC says more than a vaccine with its maker, and that more than a vaccine. */
function findProduct(sorted: readonly Row[], vaccines: VaccineGroups): Row {
  const vagueness = (row: Row): number => {
    const isVague = vaccines.isUnspecified(vaccines.numberOf(row[DOSE.cvx] ?? null));
    const detail = row[DOSE.ndc] != null ? 0 : row[DOSE.mvx] != null ? 1 : 2;
    return (isVague ? 8 : 0) + (isAdministered(row) ? 0 : 4) + detail;
  };
  return sorted.reduce((best, row) => (vagueness(row) < vagueness(best) ? row : best));
}

/** The lot in its better spelling, and the expiry of that lot and no other. */
function mergeLot(merged: Row, sorted: readonly Row[]): void {
  if (merged[DOSE.lot_number] === null) return;
  const lots = sorted.map((row) => row[DOSE.lot_number] ?? null).filter((lot) => lot !== null);
  // What a spreadsheet made a number of is no lot, however much else its record says.
  const chosen = lots.find((lot) => !isSpreadsheetNumber(lot)) ?? lots[0]!;
  const isOneLot = (lot: string | null): boolean => {
    const lots = compareLots(chosen, lot);
    return lots === LOTS.equal || lots === LOTS.respelled;
  };
  const ofLot = sorted.filter((row) => isOneLot(row[DOSE.lot_number] ?? null));
  merged[DOSE.lot_number] = ofLot.reduce((best, row) => betterLot(best, row[DOSE.lot_number]!), chosen);
  const unsaid = sorted.filter((row) => compareLots(chosen, row[DOSE.lot_number] ?? null) !== LOTS.different);
  merged[DOSE.lot_expiration] = firstValue([...ofLot, ...unsaid], DOSE.lot_expiration);
}

function firstValue(rows: readonly Row[], slot: number): string | null {
  return rows.find((row) => row[slot] !== null)?.[slot] ?? null;
}

/** Fullest first; equally full ones in the order of their text, so that the order of arrival never matters. */
export function sortByFullness<T>(
  items: readonly T[],
  rowOf: (item: T) => Row,
  before: (a: T, b: T) => number = () => 0,
): T[] {
  const keyed = items.map((item) => ({ item, filled: countFilled(rowOf(item)), text: packRow(rowOf(item)) }));
  keyed.sort(
    (a, b) => before(a.item, b.item) || b.filled - a.filled || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0),
  );
  return keyed.map(({ item }) => item);
}

/** Each value from the first row that has it, each group from one row. */
function mergeRows(rows: readonly Row[], groups: readonly (readonly number[])[]): Row {
  const merged: Row = rows[0]!.map((_, slot) => rows.find((row) => row[slot] !== null)?.[slot] ?? null);
  for (const group of groups) {
    const source = findGroupSource(rows, group);
    if (source !== null) for (const slot of group) merged[slot] = source[slot]!;
  }
  return merged;
}

/** The first row that has any value of a group, or a later one that says the same and more. */
function findGroupSource(rows: readonly Row[], group: readonly number[]): Row | null {
  let source: Row | null = null;
  for (const row of rows) {
    if (source === null) {
      if (group.some((slot) => row[slot] !== null)) source = row;
      continue;
    }
    const says: Row = source;
    const agrees = group.every((slot) => says[slot] === null || says[slot] === row[slot]);
    if (agrees && group.some((slot) => says[slot] === null && row[slot] !== null)) source = row;
  }
  return source;
}

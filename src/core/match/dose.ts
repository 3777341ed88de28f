/** Which dose records of one patient are the same dose. All of the deciding is here, and it is pure. */
import { DOSE, type ImmunizationField, packRow, type Row } from '../model.js';
import { countFilled, doseFacts, mergeDoseRows, SENDER_SLOTS } from './survivor.js';

/** A dose of the store. */
export interface StoredDose {
  readonly immunizationId: number;
  readonly row: Row;
  /** The records that the dose is made of, when they are more than one: else the row itself is the record. */
  readonly parts: readonly Row[];
}

/** What becomes of an incoming dose record. */
export type DoseOutcome =
  | {
      readonly kind: 'new';
      /** The row to store: the record's own, with blanks filled from its duplicates. */
      readonly row: Row;
      /** The records it is made of, when they differ; else none. */
      readonly parts: readonly Row[];
    }
  | {
      readonly kind: 'same';
      /** The incoming record (by its place) or the stored dose that it is the same as. */
      readonly as: { readonly incoming: number } | { readonly immunizationId: number };
      /** Whether it gave the dose a value that the other did not have. */
      readonly contributed: boolean;
      /** Fields of which it has another value than the one that is kept. */
      readonly differing: readonly ImmunizationField[];
    };

/** A stored dose that gains from incoming records. */
export interface DoseUpdate {
  readonly immunizationId: number;
  readonly row: Row;
  /** Records that it is made of and that the store has not kept yet. */
  readonly parts: readonly Row[];
}

export interface DoseDecisions {
  /** By place of the incoming record. */
  readonly outcomes: readonly DoseOutcome[];
  readonly updates: readonly DoseUpdate[];
}

/** Why two records are the same dose. */
const SAME_DOSE_REASON = 'same vaccine and date';

/** Why a record is the same dose as another, and in which fields it says something else than what is kept. */
export function reasonOf({ differing }: { readonly differing: readonly string[] }): string {
  return differing.length === 0 ? SAME_DOSE_REASON : `${SAME_DOSE_REASON}; other ${differing.join(', ')}`;
}

/** Same patient, same CVX, same date and same status: then it is the same dose. */
function isSameDose(a: Row, b: Row): boolean {
  return (
    a[DOSE.administered_on] === b[DOSE.administered_on] &&
    a[DOSE.cvx] === b[DOSE.cvx] &&
    (a[DOSE.completion_status] ?? 'CP') === (b[DOSE.completion_status] ?? 'CP')
  );
}

/** Decides about one patient's incoming doses. */
export function decideDoses(incoming: readonly Row[], stored: readonly StoredDose[]): DoseDecisions {
  const outcomes = new Array<DoseOutcome>(incoming.length);
  const updates: DoseUpdate[] = [];
  for (let place = 0; place < incoming.length; place++) {
    if (outcomes[place] !== undefined) continue;
    const row = incoming[place]!;
    const places = findSame(row, place, incoming);
    const dose = stored.find((known) => isSameDose(known.row, row));
    if (dose !== undefined) joinStored(dose, places ?? [place], incoming, outcomes, updates);
    else if (places !== null) joinIncoming(places, incoming, outcomes);
    else outcomes[place] = { kind: 'new', row, parts: NO_PARTS };
  }
  return { outcomes, updates };
}

const NO_PARTS: readonly Row[] = [];

/**
 * The places of a record and of those after it that are the same dose; `null` if there are none after it. A patient has
 * some tens of doses: comparing them all is faster than making a key for each.
 */
function findSame(row: Row, place: number, incoming: readonly Row[]): number[] | null {
  let places: number[] | null = null;
  for (let other = place + 1; other < incoming.length; other++) {
    if (!isSameDose(row, incoming[other]!)) continue;
    places ??= [place];
    places.push(other);
  }
  return places;
}

/** Duplicates within the submission: the fullest record is the dose, the others are the same. */
function joinIncoming(places: readonly number[], incoming: readonly Row[], outcomes: DoseOutcome[]): void {
  const fullest = places.reduce((best, place) =>
    countFilled(incoming[place]!) > countFilled(incoming[best]!) ? place : best,
  );
  const rows = places.map((place) => incoming[place]!);
  const parts = distinctRows(rows);
  const merged = mergeDoseRows(rows);
  keepIdentity(merged, incoming[fullest]!, rows);
  outcomes[fullest] = { kind: 'new', row: merged, parts: parts.length > 1 ? parts : [] };
  for (const place of places) {
    if (place === fullest) continue;
    const contributed = contributes(incoming[place]!, incoming[fullest]!, merged);
    const differing = differingFields(incoming[place]!, merged);
    outcomes[place] = { kind: 'same', as: { incoming: fullest }, contributed, differing };
  }
}

/** Duplicates of a stored dose: it gains what they know and it does not. */
function joinStored(
  dose: StoredDose,
  places: readonly number[],
  incoming: readonly Row[],
  outcomes: DoseOutcome[],
  updates: DoseUpdate[],
): void {
  const before = dose.parts.length > 0 ? dose.parts : [dose.row];
  const records = places.map((place) => incoming[place]!);
  const parts = distinctRows([...before, ...records]);
  const merged = mergeDoseRows(parts);
  keepIdentity(merged, dose.row, records);
  for (const place of places) {
    const contributed = contributes(incoming[place]!, dose.row, merged);
    const differing = differingFields(incoming[place]!, merged);
    outcomes[place] = { kind: 'same', as: { immunizationId: dose.immunizationId }, contributed, differing };
  }
  const gainsId = merged[DOSE.source_immunization_id] !== dose.row[DOSE.source_immunization_id];
  if (parts.length > before.length || gainsId) {
    // The parts kept so far come first.
    updates.push({
      immunizationId: dose.immunizationId,
      row: merged,
      parts: parts.length > 1 ? parts.slice(dose.parts.length) : NO_PARTS,
    });
  }
}

/** The dose keeps the site and id of the record that made it; where that has no id, another of the site may give one. */
function keepIdentity(merged: Row, maker: Row, others: readonly Row[]): void {
  const site = maker[DOSE.site_id]!;
  const named = others.find((row) => row[DOSE.site_id] === site && row[DOSE.source_immunization_id] !== null);
  merged[DOSE.site_id] = site;
  merged[DOSE.source_immunization_id] =
    maker[DOSE.source_immunization_id] ?? named?.[DOSE.source_immunization_id] ?? null;
}

/** Rows that say different things, the first of each in their order. */
function distinctRows(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const text = packRow(doseFacts(row));
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

/** What was said of doses given elsewhere or by hearsay differs in these without meaning anything. */
const UNREMARKABLE: ReadonlySet<string> = new Set<ImmunizationField>(['information_source', 'comment']);

function differingFields(record: Row, merged: Row): ImmunizationField[] {
  return (Object.keys(DOSE) as ImmunizationField[]).filter((field) => {
    const slot = DOSE[field];
    if (SENDER_SLOTS.includes(slot) || UNREMARKABLE.has(field)) return false;
    return record[slot] != null && record[slot] !== merged[slot];
  });
}

/** Whether the merged dose has a value of the record that it would not have without it. */
function contributes(record: Row, maker: Row, merged: Row): boolean {
  for (let slot = 0; slot < record.length; slot++) {
    if (SENDER_SLOTS.includes(slot)) continue;
    if (record[slot] !== null && record[slot] === merged[slot] && maker[slot] !== merged[slot]) return true;
  }
  return false;
}

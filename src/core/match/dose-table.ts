/**
 * The decision table of doses: whether two records of one patient are the same dose, and by which row of the table.
 *
 * Sources: MIROW, Vaccination Level De-duplication in IIS (2006), as NIST has made code of it
 * (usnistgov/vaccination_deduplication): candidates share a vaccine group and lie within 23 days of each other; a record
 * of history close to an administered dose is most likely that dose, and two administered doses are most likely two.
 */
import { areExchanged } from './date-slips.js';
import { compareLots, LOTS, type LotComparison } from './lot.js';
import { RELATION, type VaccineGroups } from './vaccine-groups.js';

/** What is to be done with two records. */
export type Verdict =
  /** They are one dose. */
  | 'same'
  /** One is a combination vaccine, the other a part of it: the part is not counted. */
  | 'part'
  /** Nothing is merged: a person should look. */
  | 'review'
  /** Both are kept, and the sender is told that an antigen was given twice. */
  | 'extra'
  | 'different';

/** A row of the table. */
export interface DoseRule {
  readonly row: number;
  readonly verdict: Verdict;
  /** What the two records have in common, for people. */
  readonly words: string;
}

/** Records of doses further apart than this are not compared, but for those of one id, or with day and month exchanged. */
export const WINDOW_DAYS = 23;
/** A date that is wrong by so many days, on records of the same lot, is an error. */
export const MOST_DAYS_OF_ERROR = 3;

const rule = (row: number, verdict: Verdict, words: string): DoseRule => ({ row, verdict, words });

/** The rows, but for those that say no more than that two doses are two. */
export const RULES = {
  sameId: rule(1, 'same', 'same id at the same site'),
  idFarApart: rule(1, 'review', 'same id at the same site, with another date or lot'),
  sameVaccine: rule(2, 'same', 'same vaccine and date'),
  lotRespelled: rule(3, 'same', 'same vaccine and date, the lot written differently'),
  unspecified: rule(4, 'same', 'same date and vaccine group, one of them unspecified'),
  unspecifiedPart: rule(4, 'part', 'unspecified vaccine of a group of a combination vaccine of the same date'),
  otherProduct: rule(5, 'same', 'same date and vaccine group, another product'),
  twoInOneDay: rule(6, 'review', 'two vaccines or lots of one group on one day, from one organization'),
  twoInOneDayElsewhere: rule(7, 'review', 'two vaccines or lots of one group on one day, from two organizations'),
  partOfCombination: rule(8, 'part', 'part of a combination vaccine of the same date'),
  extraAntigen: rule(9, 'extra', 'a combination vaccine and a part of it administered on one day, not of one lot'),
  dateError: rule(10, 'same', 'same vaccine group and lot, up to three days apart'),
  historyOf: rule(11, 'same', 'history of a dose of the same group that was administered some days before or after'),
  historyOfEither: rule(11, 'review', 'history of this administered dose of the group, or of another'),
  vagueHistory: rule(12, 'review', 'two historical doses of one group up to ten days apart, one of them unspecified'),
  exchangedHistory: rule(12, 'review', 'two historical doses of one group, of which one has day and month exchanged'),
  exchangedDate: rule(14, 'review', 'history of an administered dose of the group, with day and month exchanged'),
  sameLotLater: rule(14, 'review', 'history with the lot of an administered dose, 11 to 23 days apart'),
  different: rule(15, 'different', 'different doses'),
} as const satisfies Record<string, DoseRule>;

/** What the table asks of a record, or of several that are one dose. */
export interface DoseEvidence {
  /** Days since some day long ago; equal for equal dates. */
  readonly day: number;
  /** The day as YYYY-MM-DD, empty where it is not known. */
  readonly date: string;
  /** The vaccine by its number, and by its code for those without. */
  readonly vaccine: number;
  readonly cvx: string | null;
  /** Given at the site that sends it, rather than told from history. */
  readonly isAdministered: boolean;
  /** Completed, on a known day. All others are the same dose only where they say the same. */
  readonly isGiven: boolean;
  /** What tells records that are not of given doses apart. */
  readonly status: string;
  readonly lots: readonly string[];
  /** Sites and the ids that they gave the record. */
  readonly senderIds: readonly string[];
  readonly organization: string | null;
}

/** No row of the table: a reviewer's word. */
export const DECIDED: DoseRule = rule(0, 'same', 'one dose, as a reviewer decided');

/** Judges two records of one day. */
export function judgeSameDay(a: DoseEvidence, b: DoseEvidence, vaccines: VaccineGroups): DoseRule {
  // Row 18: what was refused, not given or given in part is no completed dose.
  if (a.status !== b.status) return RULES.different;
  const relation = vaccines.relate(a.vaccine, b.vaccine);
  const isSame = a.cvx === b.cvx;
  if (!a.isGiven) return isSame ? RULES.sameVaccine : RULES.different;
  // Row 17: nothing in common, two doses.
  if (relation === RELATION.none && !isSame) return RULES.different;
  const lots = compareAllLots(a.lots, b.lots);
  const bothAdministered = a.isAdministered && b.isAdministered;
  if ((isSame || relation === RELATION.alike) && shareId(a, b) && lots === LOTS.different) return RULES.sameId;
  if (isSame) {
    if (lots === LOTS.respelled || lots === LOTS.similar) return RULES.lotRespelled;
    return bothAdministered && lots === LOTS.different ? twoInOneDay(a, b) : RULES.sameVaccine;
  }
  switch (relation) {
    case RELATION.unspecified:
      return RULES.unspecified;
    case RELATION.alike:
      if (shareId(a, b)) return RULES.sameId;
      return bothAdministered || lots === LOTS.different ? twoInOneDay(a, b) : RULES.otherProduct;
    case RELATION.part:
    case RELATION.whole:
      if (isUnspecified(a, b, vaccines)) return RULES.unspecifiedPart;
      return bothAdministered && !isOneLot(lots) ? RULES.extraAntigen : RULES.partOfCombination;
    default:
      return twoInOneDay(a, b);
  }
}

/** Judges two records of different days. */
export function judgeDaysApart(a: DoseEvidence, b: DoseEvidence, vaccines: VaccineGroups): DoseRule {
  if (!a.isGiven || !b.isGiven) return RULES.different;
  const relation = vaccines.relate(a.vaccine, b.vaccine);
  if (relation === RELATION.none || relation === RELATION.sameUngrouped) return RULES.different;
  const days = Math.abs(a.day - b.day);
  if (days > WINDOW_DAYS) return shareId(a, b) ? RULES.idFarApart : judgeFarApart(a, b);
  // Row 16: series with short true gaps.
  const mostDays = vaccines.daysApart(a.vaccine, b.vaccine);
  const lots = compareAllLots(a.lots, b.lots);
  if (shareId(a, b)) return days <= mostDays && lots !== LOTS.different ? RULES.sameId : RULES.idFarApart;
  if (days <= Math.min(MOST_DAYS_OF_ERROR, mostDays) && isOneLot(lots)) return RULES.dateError;
  if (a.isAdministered && b.isAdministered) return RULES.different;
  const isHistoryOnly = !a.isAdministered && !b.isAdministered;
  if (days <= mostDays) {
    if (!isHistoryOnly) return lots === LOTS.different ? RULES.different : RULES.historyOf;
    return isUnspecified(a, b, vaccines) ? RULES.vagueHistory : RULES.different;
  }
  const isSeriesLong = mostDays > MOST_DAYS_OF_ERROR;
  return isSeriesLong && !isHistoryOnly && isOneLot(lots) ? RULES.sameLotLater : RULES.different;
}

/** Judges two records of two ids that are too far apart for all but one error. */
function judgeFarApart(a: DoseEvidence, b: DoseEvidence): DoseRule {
  if (a.isAdministered && b.isAdministered) return RULES.different;
  if (!areExchanged(a.date, b.date) || compareAllLots(a.lots, b.lots) === LOTS.different) return RULES.different;
  return a.isAdministered || b.isAdministered ? RULES.exchangedDate : RULES.exchangedHistory;
}

function twoInOneDay(a: DoseEvidence, b: DoseEvidence): DoseRule {
  return a.organization === b.organization ? RULES.twoInOneDay : RULES.twoInOneDayElsewhere;
}

function isUnspecified(a: DoseEvidence, b: DoseEvidence, vaccines: VaccineGroups): boolean {
  return vaccines.isUnspecified(a.vaccine) || vaccines.isUnspecified(b.vaccine);
}

/** Whether a site gave two records the same id. */
export function shareId(a: DoseEvidence, b: DoseEvidence): boolean {
  return a.senderIds.some((id) => b.senderIds.includes(id));
}

function isOneLot(lots: LotComparison): boolean {
  return lots === LOTS.equal || lots === LOTS.respelled;
}

/** The comparison of the two lots that are nearest to each other. */
export function compareAllLots(a: readonly string[], b: readonly string[]): LotComparison {
  let nearest: LotComparison = LOTS.missing;
  for (const one of a) {
    for (const other of b) {
      const found = compareLots(one, other);
      if (nearest === LOTS.missing || found < nearest) nearest = found;
    }
  }
  return nearest;
}

/**
 * How much a record looks like that of a dose given where it is sent from: a score of what the giver knows and others
 * hardly ever do. Source: AdministeredLikelihood of immregistries/mqe-validator.
 */
import { DOSE, type ImmunizationField, type Row } from '../model.js';
import type { RuleContext } from './rule.js';

/** From this score on, it does. */
const ENOUGH = 10;

/** What counts, each once if one of its fields has a value. */
const FIELDS: readonly (readonly [points: number, fields: readonly ImmunizationField[]])[] = [
  [2, ['lot_number']],
  [2, ['lot_expiration']],
  [2, ['mvx']],
  [2, ['eligibility']],
  [1, ['route']],
  [1, ['body_site']],
  [3, ['dose_amount']],
  [4, ['facility_id', 'facility_name']],
  [4, ['administered_by_last_name', 'administered_by_name', 'administered_by_id']],
];
const PARTS = FIELDS.map(([points, fields]) => ({ points, fields, slots: fields.map((field) => DOSE[field]) }));
/** For a dose of the last month. */
const RECENT_POINTS = 5;
const RECENT_DAYS = 30;
const DAY_MS = 86_400_000;

function isRecent(day: string | null, today: string): boolean {
  return day !== null && day <= today && Date.parse(today) - Date.parse(day) < RECENT_DAYS * DAY_MS;
}

/** Whether it looks as if it was given by the sender. */
export function looksAdministered(row: Row, { today }: RuleContext): boolean {
  let score = 0;
  for (const { points, slots } of PARTS) {
    for (const slot of slots) {
      if (row[slot] === null) continue;
      score += points;
      break;
    }
  }
  return score >= ENOUGH || (score + RECENT_POINTS >= ENOUGH && isRecent(row[DOSE.administered_on]!, today));
}

/** Whether the columns of the file could show it at all. */
export function canLookAdministered({ columnOf }: RuleContext): boolean {
  return isShownBy((field) => (columnOf.get(field)?.column ?? -1) >= 0);
}

/** Whether fields could show it, with a value in each of those that there are. */
export function isShownBy(hasField: (field: ImmunizationField) => boolean): boolean {
  let score = 0;
  for (const { points, fields } of PARTS) if (fields.some(hasField)) score += points;
  return score >= ENOUGH;
}

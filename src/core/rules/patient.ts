/** What must be true of a patient. */
import { type FieldName, PATIENT, PATIENT_FIELDS, type Problem, type Row } from '../model.js';
import { isNewbornName, isTestName, isUnknownName, splitSuffix } from '../normalize/name.js';
import { eligibilityRules } from './eligibility.js';
import { dayOfMonth, isLastOfMonth } from './month-days.js';
import type { Report, Rule } from './rule.js';

/** States and territories whose ZIP codes begin with 0. */
const ZERO_ZIP_STATES = new Set(['CT', 'MA', 'ME', 'NH', 'NJ', 'RI', 'VT', 'PR', 'VI', 'AE']);

/** Name fields where a word for "unknown" is simply no name. */
const OTHER_NAMES = Object.entries(PATIENT_FIELDS)
  .filter(([name, field]) => field.kind === 'name' && name !== 'last_name' && name !== 'first_name')
  .map(([name]) => PATIENT[name as keyof typeof PATIENT]);

/** Understands what one value alone cannot tell: suffixes in names, placeholders, a ZIP code by its state. */
export function refinePatient(row: Row, problems: readonly (Problem | null)[], report: Report): void {
  refineNames(row, report);
  if (problems[PATIENT.zip] === 'padded') {
    if (ZERO_ZIP_STATES.has(row[PATIENT.state] ?? '')) report('zip-padded', 'zip', { after: row[PATIENT.zip]! });
    else {
      report('zip-invalid', 'zip');
      row[PATIENT.zip] = null;
    }
  }
}

function refineNames(row: Row, report: Report): void {
  for (const slot of OTHER_NAMES) {
    const name = row[slot];
    if (name != null && name.length > 1 && isUnknownName(name)) row[slot] = null;
  }
  moveSuffix('last_name', row, report);
  moveSuffix('first_name', row, report);

  const last = row[PATIENT.last_name] ?? null;
  const first = row[PATIENT.first_name] ?? null;
  if (last !== null && isTestName(last, first)) report('name-test', 'last_name');
  if (last !== null && isUnknownName(last)) {
    report('last-name-placeholder', 'last_name');
    row[PATIENT.last_name] = null;
  }
  if (first === null) return;
  if (isUnknownName(first)) {
    report('first-name-placeholder', 'first_name');
    row[PATIENT.first_name] = null;
  } else if (isNewbornName(first)) {
    report('name-newborn', 'first_name');
  } else if (row[PATIENT.middle_name] === null && /^\S{2,} [A-Za-z]\.?$/.test(first)) {
    report('middle-initial-in-first-name', 'first_name');
  }
}

/** A suffix in a name goes to the suffix field, unless that says something else already. */
function moveSuffix(field: 'last_name' | 'first_name', row: Row, report: Report): void {
  const name = row[PATIENT[field]];
  if (name == null) return;
  const split = splitSuffix(name);
  if (split === null) return;
  row[PATIENT[field]] = split.name;
  row[PATIENT.suffix] ??= split.suffix;
  report('suffix-split', field, { after: split.suffix });
}

/** The fields that have an issue code of their own when they are blank. */
export const PATIENT_MISSING = {
  site_id: 'site-missing',
  source_patient_id: 'patient-id-missing',
  last_name: 'last-name-missing',
  first_name: 'first-name-missing',
  birth_date: 'birth-date-missing',
} as const satisfies Partial<Record<FieldName, string>>;

const OLDEST_AGE_YEARS = 120;

export const PATIENT_RULES: readonly Rule[] = [
  {
    code: 'birth-date-in-future',
    needs: [PATIENT.birth_date],
    holds: (row, { today }) => row[PATIENT.birth_date]! <= today,
  },
  {
    code: 'birth-date-too-early',
    needs: [PATIENT.birth_date],
    holds: (row, { today }) => row[PATIENT.birth_date]! >= yearsBefore(today, OLDEST_AGE_YEARS),
  },
  {
    code: 'birth-date-first-of-month',
    needs: [PATIENT.birth_date],
    holds: (row, { today }) => {
      const date = row[PATIENT.birth_date]!;
      return dayOfMonth(date) !== 1 || !isPossible(date, today);
    },
  },
  {
    code: 'birth-date-fifteenth-of-month',
    needs: [PATIENT.birth_date],
    holds: (row, { today }) => {
      const date = row[PATIENT.birth_date]!;
      return dayOfMonth(date) !== 15 || !isPossible(date, today);
    },
  },
  {
    code: 'birth-date-last-of-month',
    needs: [PATIENT.birth_date],
    holds: (row, { today }) => {
      const date = row[PATIENT.birth_date]!;
      return !isLastOfMonth(date) || !isPossible(date, today);
    },
  },
  {
    code: 'death-date-in-future',
    needs: [PATIENT.death_date],
    holds: (row, { today }) => row[PATIENT.death_date]! <= today,
    drops: PATIENT.death_date,
  },
  {
    code: 'death-date-before-birth',
    needs: [PATIENT.death_date, PATIENT.birth_date],
    holds: (row) => row[PATIENT.death_date]! >= row[PATIENT.birth_date]!,
    drops: PATIENT.death_date,
  },
  {
    code: 'sharing-objection-set',
    needs: [PATIENT.sharing_objection],
    holds: (row) => row[PATIENT.sharing_objection] !== 'Y',
  },
  ...eligibilityRules(PATIENT.eligibility),
  {
    code: 'birth-order-missing',
    needs: [PATIENT.multiple_birth],
    holds: (row) => row[PATIENT.multiple_birth] !== 'Y' || row[PATIENT.birth_order] !== null,
    asksFor: ['birth_order'],
  },
  {
    code: 'address-incomplete',
    needs: [PATIENT.street],
    holds: (row) => row[PATIENT.city] !== null || row[PATIENT.zip] !== null,
    asksFor: ['city', 'zip'],
  },
  {
    code: 'zip-without-state',
    needs: [PATIENT.zip],
    holds: (row) => row[PATIENT.state] !== null,
    asksFor: ['state'],
  },
  {
    code: 'zip-outside-state',
    needs: [PATIENT.zip, PATIENT.state],
    holds: (row, { codes }) => codes.isZipOfState(row[PATIENT.zip]!, row[PATIENT.state]!) !== false,
  },
  {
    code: 'county-outside-state',
    needs: [PATIENT.county, PATIENT.state],
    holds: (row, { codes }) => {
      const number = codes.stateNumber(row[PATIENT.state]!);
      return number === undefined || row[PATIENT.county]!.startsWith(number);
    },
    drops: PATIENT.county,
  },
];

/** Whether somebody may be born then: a date that cannot be is an issue already. */
function isPossible(date: string, today: string): boolean {
  return date <= today && date >= yearsBefore(today, OLDEST_AGE_YEARS);
}

function yearsBefore(day: string, years: number): string {
  return String(Number(day.slice(0, 4)) - years).padStart(4, '0') + day.slice(4);
}

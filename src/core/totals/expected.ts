/** What a sender says is in a submission, as `totals.json` has it: how many patients and doses, per vaccine and per year. */
import { Checker, isObject, type JsonProblem, pointerTo } from '../spec-checker.js';

/** Totals of a sender; `null` for a part that was not said. */
export interface ExpectedTotals {
  readonly patients: number | null;
  readonly immunizations: number | null;
  /** By CVX code, or as the sender writes a vaccine that no code stands for. It has all vaccines: any other is expected 0 times. */
  readonly byVaccine: ReadonlyMap<string, number> | null;
  /** By the year of the dose, `YYYY`. It has all years. */
  readonly byYear: ReadonlyMap<string, number> | null;
}

/** The parts of `totals.json`, in a person's words. */
export const TOTALS_PROPERTIES = {
  $schema: 'The JSON Schema that an editor checks the file by.',
  patients: 'Patients: records of patients; in a file with a dose in each row, different ids of patients.',
  immunizations: 'Doses: records of immunizations; in a row with several doses, each of them.',
  by_vaccine: 'Doses of each vaccine, by CVX code; all vaccines that there are.',
  by_year: 'Doses of each year in which they were given; all years that there are.',
} as const;

/** A CVX code as it may be written: without its zero, or with one more. */
const CVX = /^0*(\d{1,3})$/;
/** What a year is called in `by_year`. */
export const YEAR_PATTERN = '^[12]\\d{3}$';
/** What a vaccine is called in `by_vaccine`. */
export const VACCINE_PATTERN = '^\\S(?:.*\\S)?$';

/** All that is wrong with the JSON of a `totals.json`. */
export function checkTotals(json: unknown): readonly JsonProblem[] {
  const problems: JsonProblem[] = [];
  const checker = new Checker((path, message, remedy, inName = false) => {
    problems.push({ path, message, remedy, ...(inName && { inName }) });
  });
  if (!checker.object(json, '', 'Write { "patients": 500, "immunizations": 6000 }.')) return problems;
  const { $schema, patients, immunizations, by_vaccine: byVaccine, by_year: byYear } = json;
  checker.keys(json, '', TOTALS_PROPERTIES);
  if ($schema !== undefined && typeof $schema !== 'string') {
    checker.report('/$schema', 'not a text', 'Give the path of totals.schema.json, or leave it out.');
  }
  if ([patients, immunizations, byVaccine, byYear].every((part) => part === undefined)) {
    checker.report('', 'says no total', 'Give patients, immunizations, by_vaccine or by_year.');
  }
  checkCount(patients, '/patients', checker);
  checkCount(immunizations, '/immunizations', checker);
  checkList(byVaccine, '/by_vaccine', checker, 'Write { "03": 120, "94": 80 }.', checkVaccines);
  checkList(byYear, '/by_year', checker, 'Write { "2014": 120, "2015": 80 }.', checkYears);
  return problems;
}

function checkCount(value: unknown, path: string, { report }: Checker): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0)) return;
  report(path, 'not a number of records', 'Write a whole number without quotes, such as 500.');
}

function checkList(
  value: unknown,
  path: string,
  checker: Checker,
  remedy: string,
  checkNames: (names: readonly string[], path: string, checker: Checker) => void,
): void {
  if (value === undefined || !checker.object(value, path, remedy)) return;
  checkNames(Object.keys(value), path, checker);
  for (const [name, count] of Object.entries(value)) checkCount(count, pointerTo(path, name), checker);
}

function checkVaccines(names: readonly string[], path: string, { report }: Checker): void {
  const pattern = new RegExp(VACCINE_PATTERN);
  const known = new Map<string, string>();
  for (const name of names) {
    const pointer = pointerTo(path, name);
    if (!pattern.test(name)) report(pointer, 'names no vaccine', 'Name it by its CVX code, such as "03".', true);
    const key = vaccineKey(name);
    const other = known.get(key);
    if (other !== undefined) report(pointer, `is the same as ${other}`, 'Add the two up.', true);
    known.set(key, name);
  }
}

function checkYears(names: readonly string[], path: string, { report }: Checker): void {
  const pattern = new RegExp(YEAR_PATTERN);
  for (const name of names) {
    if (!pattern.test(name)) report(pointerTo(path, name), 'not a year', 'Write the year in four digits.', true);
  }
}

/** Totals whose JSON has no problem. */
export function completeTotals(json: unknown): ExpectedTotals {
  const { patients = null, immunizations = null, by_vaccine, by_year } = json as Record<string, never>;
  return {
    patients,
    immunizations,
    byVaccine: listOf(by_vaccine, vaccineKey),
    byYear: listOf(by_year, (year) => year),
  };
}

function listOf(value: unknown, keyOf: (name: string) => string): ReadonlyMap<string, number> | null {
  if (!isObject(value)) return null;
  return new Map(Object.entries(value).map(([name, count]) => [keyOf(name), count as number]));
}

/** What a vaccine is counted under: its CVX code in its usual form, any other text without regard to case. */
export function vaccineKey(name: string): string {
  const code = CVX.exec(name)?.[1];
  return code === undefined ? name.toUpperCase() : code.padStart(2, '0');
}

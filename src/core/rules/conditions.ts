/** Conditions of a layout made ready for records: what they ask, which columns they look at, how they read to people. */
import { type Condition, conditionOfDose, listOf } from '../column-rule.js';

/** A value of the record under way by the place of its column, as it is written; '' for a blank. */
export type ReadCell = (place: number) => string;

/** Whether a record says what is asked. */
export type ConditionTest = (read: ReadCell) => boolean;

/** Finds the place of a column in the records of a file, -1 where the file does not have it. */
export type PlaceOf = (column: string) => number;

/** The form in which values are compared: case does not matter. */
export function caseless(value: string): string {
  return value.toUpperCase();
}

/** Makes a test of a condition. */
export function compileCondition(condition: Condition, placeOf: PlaceOf): ConditionTest {
  const { any, column, is, isNot, filled } = condition;
  if (any !== undefined) {
    const tests = any.map((each) => compileCondition(each, placeOf));
    return (read) => tests.some((test) => test(read));
  }
  const place = placeOf(column!);
  if (filled !== undefined) return (read) => (read(place) !== '') === filled;
  const values = new Set((is ?? isNot!).map(caseless));
  const wanted = is !== undefined;
  return (read) => values.has(caseless(read(place))) === wanted;
}

/** A test of the named conditions of which one is enough; `null` where none are named, so that nothing is asked. */
export function compileWhen(
  when: string | readonly string[] | undefined,
  conditions: Readonly<Record<string, readonly Condition[]>>,
  dose: number | null,
  placeOf: PlaceOf,
): ConditionTest | null {
  const names = listOf(when);
  if (names.length === 0) return null;
  const tests = names.map((name) => {
    const all = conditions[name]!.map((each) => (dose === null ? each : conditionOfDose(each, dose)));
    const compiled = all.map((each) => compileCondition(each, placeOf));
    return (read: ReadCell) => compiled.every((test) => test(read));
  });
  return tests.length === 1 ? tests[0]! : (read) => tests.some((test) => test(read));
}

/** A condition in words: `vax_refusal is YES`. */
export function describeCondition({ any, column, is, isNot, filled }: Condition): string {
  if (any !== undefined) return any.map(describeCondition).join(' or ');
  if (filled !== undefined) return `${column} is ${filled ? 'filled' : 'blank'}`;
  return is !== undefined ? `${column} is ${is.join(' or ')}` : `${column} is not ${isNot!.join(' or ')}`;
}

/** Named conditions in words, of which one is enough. */
export function describeWhen(
  when: string | readonly string[] | undefined,
  conditions: Readonly<Record<string, readonly Condition[]>>,
): string {
  const each = listOf(when).map((name) => conditions[name]!.map(describeCondition).join(', and '));
  return each.join('; or ');
}

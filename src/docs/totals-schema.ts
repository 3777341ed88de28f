/** The JSON Schema of `totals.json`, by which editors complete and check it. `checkTotals` knows a little more. */
import { TOTALS_PROPERTIES, VACCINE_PATTERN, YEAR_PATTERN } from '../core/totals/expected.js';
import { DIALECT, type JsonSchema, objectOf, writeSchema } from './json-schema.js';

/** The file name under which the schema lies beside that of specs. */
export const TOTALS_SCHEMA_FILE = 'totals.schema.json';

const COUNT: JsonSchema = { type: 'integer', minimum: 0 };

/** The schema of a `totals.json`. */
export function totalsSchema(): JsonSchema {
  const listOf = (pattern: string): JsonSchema => ({
    type: 'object',
    propertyNames: { pattern },
    additionalProperties: COUNT,
  });
  const parts = {
    $schema: { type: 'string' },
    patients: COUNT,
    immunizations: COUNT,
    by_vaccine: listOf(VACCINE_PATTERN),
    by_year: listOf(YEAR_PATTERN),
  };
  return {
    $schema: DIALECT,
    title: 'Totals of a submission',
    description: 'What a sender says is in its files, so that immload can tell whether all of it was received.',
    ...objectOf(TOTALS_PROPERTIES, parts, []),
    anyOf: Object.keys(parts)
      .filter((name) => name !== '$schema')
      .map((name) => ({ required: [name] })),
  };
}

/** The schema as it lies in `specs/`. */
export function renderTotalsSchema(): string {
  return writeSchema(totalsSchema());
}

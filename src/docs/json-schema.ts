/** What JSON Schemas (2020-12) of files that people write have in common. */

/** A part of a JSON Schema. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

export const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** An object with exactly these properties, each with its words. */
export function objectOf(
  words: Readonly<Record<string, string>>,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(words).map(([name, description]) => [name, { description, ...properties[name] }]),
    ),
    required,
    additionalProperties: false,
  };
}

/** A schema as it lies in `specs/`. */
export function writeSchema(schema: JsonSchema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/**
 * The JSON Schema of specs, by which editors complete and check them. It is made of the tables that the program itself
 * reads, so that both know the same properties, fields, date formats, codes and severities.
 *
 * `checkSpec` knows a little more: what no schema can say, such as that two columns may not have one name.
 */
import { CATALOGUE, ISSUE_CODES } from '../core/catalogue.js';
import { type FileRole, fieldsOf, type Role } from '../core/model.js';
import { DATE_FORMATS } from '../core/normalize/date.js';
import { ALWAYS_ERRORS, KEY_FIELDS, type Layout, MOST_REPEATS, SHARED_FIELDS, VACCINE_FIELDS } from '../core/spec.js';
import { namesOf, SPEC_PROPERTIES, SPEC_VALUES } from '../core/spec-words.js';

/** A part of a JSON Schema (2020-12). */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The file name under which the schema lies beside the built-in specs. */
export const SCHEMA_FILE = 'spec.schema.json';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

const TEXT: JsonSchema = { type: 'string', pattern: '\\S' };
const TEXTS: JsonSchema = { type: 'array', items: { type: 'string' } };
/** One ASCII character that does not end a line. */
const CHARACTER: JsonSchema = { type: 'string', pattern: '^[\\u0000-\\u0009\\u000b\\u000c\\u000e-\\u007f]$' };

/** The schema of a whole spec. */
export function specSchema(): JsonSchema {
  const roles = namesOf(SPEC_PROPERTIES.layouts) as readonly FileRole[];
  const layouts = Object.fromEntries(roles.map((role) => [role, { $ref: `#/$defs/${role}Layout` }]));
  return {
    $schema: DIALECT,
    title: 'Flat File Specification',
    description:
      'A format of flat files that immload reads: its layouts, how dates are written, and what weighs how much.',
    ...objectOf(
      SPEC_PROPERTIES.spec,
      {
        $schema: { type: 'string' },
        id: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
        version: TEXT,
        title: TEXT,
        provenance: objectOf(
          SPEC_PROPERTIES.provenance,
          { status: oneOf(SPEC_VALUES.status), source: TEXT, notes: TEXTS },
          ['status', 'source', 'notes'],
        ),
        dates: objectOf(
          SPEC_PROPERTIES.dates,
          { formats: { $ref: '#/$defs/dateFormats' }, twoDigitYears: oneOf(SPEC_VALUES.twoDigitYears) },
          ['formats', 'twoDigitYears'],
        ),
        nulls: TEXTS,
        layouts: {
          ...objectOf(SPEC_PROPERTIES.layouts, layouts, []),
          oneOf: [onlyLayouts('patient', 'immunization'), onlyLayouts('combined')],
        },
        severities: severities(),
      },
      ['id', 'version', 'title', 'provenance', 'dates', 'layouts'],
    ),
    $defs: {
      dateFormats: { type: 'array', minItems: 1, items: { enum: DATE_FORMATS } },
      ...Object.fromEntries(roles.map((role) => [`${role}Layout`, layout(role)])),
      ...Object.fromEntries(roles.map((role) => [`${role}Column`, column(role)])),
      doseGroup: group(),
    },
  };
}

/** The schema as it lies in a file. */
export function renderSchema(): string {
  return `${JSON.stringify(specSchema(), null, 2)}\n`;
}

/** That a spec has these layouts and no others. */
function onlyLayouts(...roles: readonly FileRole[]): JsonSchema {
  const others = namesOf(SPEC_PROPERTIES.layouts).filter((role) => !(roles as readonly string[]).includes(role));
  return { required: roles, properties: Object.fromEntries(others.map((role) => [role, false])) };
}

/** An object with exactly these properties, each with its words. */
function objectOf(
  words: Readonly<Record<string, string>>,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      namesOf(words).map((name) => [name, { description: words[name], ...properties[name] }]),
    ),
    required,
    additionalProperties: false,
  };
}

/** One of some values, each with its words: editors show them when they complete. */
function oneOf(words: Readonly<Record<string, string>>): JsonSchema {
  return { oneOf: namesOf(words).map((value) => ({ const: value, description: words[value] })) };
}

function severities(): JsonSchema {
  const fixed: readonly string[] = ALWAYS_ERRORS;
  return {
    type: 'object',
    properties: Object.fromEntries(
      ISSUE_CODES.map((code) => {
        const { asserts, severity } = CATALOGUE[code];
        const description = `What should be true: ${asserts}. In general: ${severity}.`;
        return [code, { description, enum: fixed.includes(code) ? ['error'] : namesOf(SPEC_VALUES.severity) }];
      }),
    ),
    additionalProperties: false,
  };
}

/** A layout of a role: delimited or fixed, with the columns that it cannot do without. */
function layout(role: FileRole): JsonSchema {
  const properties = {
    format: oneOf(SPEC_VALUES.format),
    delimiter: CHARACTER,
    quote: { anyOf: [CHARACTER, { type: 'null' }] },
    header: oneOf(SPEC_VALUES.header),
    fields: { type: 'array', minItems: 1, items: itemsOf(role), ...(role !== 'combined' && neededColumns(role)) },
  };
  const onlyDelimited = namesOf(SPEC_PROPERTIES.delimited).filter((name) => !(name in SPEC_PROPERTIES.fixed));
  return {
    ...objectOf({ ...SPEC_PROPERTIES.fixed, ...SPEC_PROPERTIES.delimited }, properties, ['format', 'fields']),
    allOf: [
      whereFormatIs('delimited', { required: onlyDelimited }),
      whereFormatIs('fixed', {
        properties: {
          ...Object.fromEntries(onlyDelimited.map((name) => [name, false])),
          fields: { items: { anyOf: [{ required: ['width'] }, { required: ['repeat'] }] } },
        },
      }),
    ],
  };
}

/** What stands in the list of columns: where records have doses, a group of columns for each of them as well. */
function itemsOf(role: FileRole): JsonSchema {
  const column = { $ref: `#/$defs/${role}Column` };
  return role === 'combined' ? { anyOf: [column, { $ref: '#/$defs/doseGroup' }] } : column;
}

function group(): JsonSchema {
  return objectOf(
    SPEC_PROPERTIES.group,
    {
      repeat: { type: 'integer', minimum: 1, maximum: MOST_REPEATS },
      fields: { type: 'array', minItems: 1, items: { $ref: '#/$defs/combinedColumn' } },
    },
    ['repeat', 'fields'],
  );
}

function whereFormatIs(format: Layout['format'], consequence: JsonSchema): JsonSchema {
  const condition = { properties: { format: { const: format } }, required: ['format'] };
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: condition, then: consequence };
}

/** That some column carries each of the fields that the role cannot do without. */
function neededColumns(role: Role): JsonSchema {
  const carrying = (field: JsonSchema): JsonSchema => ({
    contains: { type: 'object', properties: { field }, required: ['field'] },
  });
  const keys = KEY_FIELDS[role].map((field) => carrying({ const: field }));
  return { allOf: role === 'immunization' ? [...keys, carrying({ enum: VACCINE_FIELDS })] : keys };
}

function column(role: FileRole): JsonSchema {
  const fields = namedFields(role).map(([name, label]) => ({ const: name, description: label }));
  return objectOf(
    SPEC_PROPERTIES.field,
    {
      name: TEXT,
      field: { oneOf: [...fields, { const: null, description: 'A column that is not loaded.' }] },
      width: { type: 'integer', minimum: 1 },
      aliases: TEXTS,
      use: { ...oneOf(SPEC_VALUES.use), default: 'optional' },
      dates: { $ref: '#/$defs/dateFormats' },
      values: { type: 'object', additionalProperties: { type: 'string' } },
      default: { type: 'string' },
      store: { type: 'boolean', default: true },
      note: { type: 'string' },
    },
    ['name', 'field'],
  );
}

/** What a column of a role can carry, with its words. */
function namedFields(role: FileRole): [string, string][] {
  const labels = (of: Role): [string, string][] =>
    Object.entries(fieldsOf(of)).map(([name, { label }]) => [name, label]);
  if (role !== 'combined') return labels(role);
  const [patient, immunization] = [labels('patient'), labels('immunization')];
  const isOfBoth = (name: string): boolean =>
    !SHARED_FIELDS.includes(name) && name in fieldsOf('patient') && name in fieldsOf('immunization');
  const named = (of: Role, fields: [string, string][]): [string, string][] =>
    fields.flatMap(([name, label]): [string, string][] => [
      ...(isOfBoth(name) ? [] : [[name, label] as [string, string]]),
      ...(SHARED_FIELDS.includes(name) ? [] : [[`${of}.${name}`, label] as [string, string]]),
    ]);
  return [...new Map([...named('patient', patient), ...named('immunization', immunization)])];
}

/**
 * The JSON Schema of specs, by which editors complete and check them. It is made of the tables that the program itself
 * reads, so that both know the same properties, fields, date formats, codes and severities.
 *
 * `checkSpec` knows a little more: what no schema can say, such as that two columns may not have one name.
 */
import { CATALOGUE, ISSUE_CODES } from '../core/catalogue.js';
import { CODE_TABLES } from '../core/codes.js';
import { RULE_DATES, RULE_KINDS } from '../core/column-rule.js';
import { ROLES } from '../core/file-layouts.js';
import { COUNTABLE, type Counted, type FramedFile, MARK_PATTERN, MOST_TITLE_ROWS } from '../core/framing.js';
import { type FileRole, fieldsOf, type RecordRole, type Role } from '../core/model.js';
import { DATE_FORMATS } from '../core/normalize/date.js';
import { ALWAYS_ERRORS, KEY_FIELDS, type Layout, MOST_REPEATS, SHARED_FIELDS, VACCINE_FIELDS } from '../core/spec.js';
import { namesOf, SPEC_PROPERTIES, SPEC_VALUES } from '../core/spec-words.js';
import { DIALECT, type JsonSchema, objectOf, writeSchema } from './json-schema.js';

/** The file name under which the schema lies beside the built-in specs. */
export const SCHEMA_FILE = 'spec.schema.json';

const TEXT: JsonSchema = { type: 'string', pattern: '\\S' };
const TEXTS: JsonSchema = { type: 'array', items: { type: 'string' } };
/** One ASCII character that does not end a line. */
const CHARACTER: JsonSchema = { type: 'string', pattern: '^[\\u0000-\\u0009\\u000b\\u000c\\u000e-\\u007f]$' };

const MARK: JsonSchema = { type: 'string', pattern: MARK_PATTERN };

/** One name or several. */
const NAMES: JsonSchema = { anyOf: [{ type: 'string' }, { type: 'array', minItems: 1, items: { type: 'string' } }] };
/** One text at least. */
const SOME_TEXTS: JsonSchema = { ...TEXTS, minItems: 1 };

/** The schema of a whole spec. */
export function specSchema(): JsonSchema {
  const files = namesOf(SPEC_PROPERTIES.layouts) as readonly FramedFile[];
  const roles = files.filter((file) => file !== 'tagged');
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
        vaccineOrder: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: VACCINE_FIELDS } },
        layouts: layouts(files),
        severities: severities(),
        sets: { type: 'object', additionalProperties: { $ref: '#/$defs/set' } },
        prefixes: { type: 'object', additionalProperties: { type: 'object', additionalProperties: TEXTS } },
        codes: {
          type: 'object',
          properties: Object.fromEntries(
            ISSUE_CODES.map((code) => [
              code,
              {
                description: `What the document calls it where this is not true: ${CATALOGUE[code].asserts}.`,
                ...TEXT,
              },
            ]),
          ),
          additionalProperties: false,
        },
      },
      ['id', 'version', 'title', 'provenance', 'dates', 'layouts'],
    ),
    $defs: {
      dateFormats: { type: 'array', minItems: 1, items: { enum: DATE_FORMATS } },
      ...Object.fromEntries(roles.map((role) => [`${role}Layout`, layout(role)])),
      taggedLayout: taggedLayout(),
      ...Object.fromEntries(files.map((file) => [`${file}Mark`, markRecord(file)])),
      ...Object.fromEntries(roles.map((role) => [`${role}Column`, column(carriedBy(role))])),
      doseColumn: doseColumn(),
      doseGroup: doseGroup(),
      set: set(),
      condition: condition(),
      rule: rule(),
    },
  };
}

/** The schema as it lies in a file. */
export function renderSchema(): string {
  return writeSchema(specSchema());
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

/** Two kinds of file, or one with both. */
function layouts(files: readonly FramedFile[]): JsonSchema {
  const properties = Object.fromEntries(files.map((file) => [file, { $ref: `#/$defs/${file}Layout` }]));
  const tagged = choice({ required: ['tagged'] }, { properties: none(ROLES) }, { required: ROLES });
  return {
    ...objectOf(SPEC_PROPERTIES.layouts, properties, []),
    ...choice({ required: ['combined'] }, { properties: none([...ROLES, 'tagged']) }, tagged),
  };
}

/** Asks for one thing or another, as a condition holds. */
function choice(condition: JsonSchema, consequence: JsonSchema, otherwise?: JsonSchema): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: condition, then: consequence, ...(otherwise !== undefined && { else: otherwise }) };
}

const IS_GROUP: JsonSchema = { type: 'object', required: ['repeat'] };

/** A layout of a file: delimited or fixed, with the columns that it cannot do without. */
function layout(role: FileRole): JsonSchema {
  const columns = { $ref: `#/$defs/${role}Column` };
  const items = role === 'combined' ? choice(IS_GROUP, { $ref: '#/$defs/doseGroup' }, columns) : columns;
  const properties = {
    ...division(role),
    header: oneOf(SPEC_VALUES.header),
    titleRows: { type: 'integer', minimum: 0, maximum: MOST_TITLE_ROWS },
    fields: { type: 'array', minItems: 1, items, ...neededColumns(role) },
    conditions: CONDITIONS,
    notLoaded: NAMES,
    blanks: { ...oneOf(SPEC_VALUES.blanks), default: 'ignored' },
    retired: TEXTS,
  };
  const { delimited, fixed } = SPEC_PROPERTIES;
  const onlyDelimited = namesOf(delimited).filter((name) => !(name in fixed));
  const onlyFixed = namesOf(fixed).filter((name) => !(name in delimited));
  const withWidth: JsonSchema = { required: ['width'] };
  const groupWithWidth: JsonSchema = { properties: { fields: { items: withWidth } } };
  return {
    ...objectOf({ ...fixed, ...delimited }, properties, ['format', 'fields']),
    allOf: [
      choice(hasFormat('delimited'), { required: ['delimiter', 'quote', 'header'], properties: none(onlyFixed) }),
      choice(
        { properties: { header: { const: 'absent' } }, required: ['header'] },
        { properties: none(['titleRows']) },
      ),
      choice(hasFormat('fixed'), {
        properties: {
          ...none(onlyDelimited),
          headerRecord: WITHOUT_COLUMNS,
          trailerRecord: WITHOUT_COLUMNS,
          fields: { items: role === 'combined' ? choice(IS_GROUP, groupWithWidth, withWidth) : withWidth },
        },
      }),
    ],
  };
}

/** A record that is no data: known by a tag or a prefix, with numbers in columns or at places. */
function markRecord(role: FramedFile): JsonSchema {
  const place = { type: 'integer', minimum: 1 };
  const counts = oneOf(
    Object.fromEntries(
      Object.entries(SPEC_VALUES.counts).filter(([name]) => COUNTABLE[role].includes(name as Counted)),
    ),
  );
  const total = {
    ...objectOf(SPEC_PROPERTIES.total, { counts, field: place, start: place, width: place }, ['counts']),
    ...choice({ required: ['field'] }, { properties: none(['start', 'width']) }, { required: ['start', 'width'] }),
  };
  return {
    ...objectOf(
      SPEC_PROPERTIES.mark,
      {
        tag: MARK,
        prefix: MARK,
        use: { ...oneOf(SPEC_VALUES.markUse), default: 'required' },
        totals: { type: 'array', items: total },
      },
      [],
    ),
    ...choice({ required: ['tag'] }, { properties: none(['prefix']) }, { required: ['prefix'] }),
  };
}

/** Such a record in a file without columns to divide it by. */
const WITHOUT_COLUMNS: JsonSchema = {
  properties: { tag: false, totals: { items: { properties: { field: false } } } },
};

/** Properties that may not be there. */
function none(names: readonly string[]): JsonSchema {
  return Object.fromEntries(names.map((name) => [name, false]));
}

/** How a file is divided and framed. */
function division(file: FramedFile): Readonly<Record<string, JsonSchema>> {
  return {
    format: oneOf(SPEC_VALUES.format),
    delimiter: CHARACTER,
    quote: { anyOf: [CHARACTER, { type: 'null' }] },
    escape: CHARACTER,
    widths: { ...oneOf(SPEC_VALUES.widths), default: 'auto' },
    shortRows: oneOf(SPEC_VALUES.shortRows),
    longRows: oneOf(SPEC_VALUES.longRows),
    comments: MARK,
    headerRecord: { $ref: `#/$defs/${file}Mark` },
    trailerRecord: { $ref: `#/$defs/${file}Mark` },
  };
}

/** What a record may say that matters to rules. */
const CONDITIONS: JsonSchema = {
  type: 'object',
  additionalProperties: { type: 'array', minItems: 1, items: { $ref: '#/$defs/condition' } },
};

/** A layout of a file whose lines are patients and doses. */
function taggedLayout(): JsonSchema {
  const { taggedDelimited, taggedFixed, line, otherLine } = SPEC_PROPERTIES;
  const fields = (role: Role, needed: readonly string[]): JsonSchema => {
    const carried = needed.map((field) => carrying([field], role));
    const vaccine = role === 'immunization' ? [carrying(VACCINE_FIELDS, role)] : [];
    const items = { $ref: `#/$defs/${role}Column` };
    return { type: 'array', minItems: 1, items, allOf: [...carried, ...vaccine] };
  };
  const lines = (role: Role, needed: readonly string[]): JsonSchema =>
    objectOf(line, { tag: MARK, fields: fields(role, needed), conditions: CONDITIONS, notLoaded: NAMES }, [
      'tag',
      'fields',
    ]);
  // The patient of a dose is the one above it.
  const ofDose = KEY_FIELDS.immunization.filter((field) => field !== 'source_patient_id');
  const properties = {
    ...division('tagged'),
    patient: lines('patient', KEY_FIELDS.patient),
    immunization: lines('immunization', ofDose),
    others: {
      type: 'array',
      items: objectOf(otherLine, { tag: MARK, width: { type: 'integer', minimum: 1 } }, ['tag']),
    },
    glued: { type: 'boolean', default: false },
  };
  const onlyDelimited = namesOf(taggedDelimited).filter((name) => !(name in taggedFixed));
  const onlyFixed = namesOf(taggedFixed).filter((name) => !(name in taggedDelimited));
  const withWidths = { properties: { fields: { items: { required: ['width'] } } } };
  return {
    ...objectOf({ ...taggedFixed, ...taggedDelimited }, properties, ['format', 'patient', 'immunization']),
    allOf: [
      choice(hasFormat('delimited'), { required: ['delimiter', 'quote'], properties: none(onlyFixed) }),
      choice(hasFormat('fixed'), {
        properties: {
          ...none(onlyDelimited),
          headerRecord: WITHOUT_COLUMNS,
          trailerRecord: WITHOUT_COLUMNS,
          patient: withWidths,
          immunization: withWidths,
        },
      }),
      choice(
        { properties: { glued: { const: true } }, required: ['glued'] },
        { properties: { others: { items: { required: ['width'] } } } },
      ),
    ],
  };
}

function hasFormat(format: Layout['format']): JsonSchema {
  return { properties: { format: { const: format } }, required: ['format'] };
}

/** That some column carries each of the fields that the file cannot do without. */
function neededColumns(role: FileRole): JsonSchema {
  const roles: readonly RecordRole[] = role === 'combined' ? ROLES : [role];
  const keys = [...new Set(roles.flatMap((each) => KEY_FIELDS[each]))];
  const needed = keys.map((key) => carrying([key], role));
  return { allOf: roles.includes('immunization') ? [...needed, carrying(VACCINE_FIELDS, role)] : needed };
}

/** That a column carries one of these fields, or in a combined layout one of a group does. */
function carrying(names: readonly string[], role: FileRole): JsonSchema {
  const prefixed = names.flatMap((name) => ROLES.map((each) => `${each}.${name}`));
  const fields = role === 'combined' ? [...names, ...prefixed] : names;
  const column = { type: 'object', properties: { field: { enum: fields } }, required: ['field'] };
  if (role !== 'combined') return { contains: column };
  const group = { type: 'object', properties: { fields: { type: 'array', contains: column } }, required: ['fields'] };
  return { contains: choice(IS_GROUP, group, column) };
}

/** What the columns of a file may carry, with its words. */
function carriedBy(role: FileRole): readonly JsonSchema[] {
  const named = (each: RecordRole, prefix = ''): JsonSchema[] =>
    Object.entries(fieldsOf(each)).map(([name, { label }]) => ({ const: prefix + name, description: label }));
  if (role !== 'combined') return named(role);
  // A field of one role needs no prefix, and may have it.
  const plain = ROLES.flatMap((each) => named(each)).filter(({ const: name }, index, all) => {
    const first = all.findIndex((other) => other['const'] === name);
    const once = all.findLastIndex((other) => other['const'] === name) === first;
    return once || (SHARED_FIELDS.includes(name as string) && first === index);
  });
  return [...plain, ...ROLES.flatMap((each) => named(each, `${each}.`))];
}

/** A column of a dose that a record has several of. */
function doseColumn(): JsonSchema {
  const ofDoses = new Set(carriedBy('immunization').map((field) => field['const']));
  const fields = carriedBy('combined').filter(({ const: name }) =>
    ofDoses.has((name as string).replace('immunization.', '')),
  );
  return column(fields, { type: 'string', pattern: '\\{n\\}' });
}

function doseGroup(): JsonSchema {
  const fields = { type: 'array', minItems: 1, items: { $ref: '#/$defs/doseColumn' } };
  return objectOf(SPEC_PROPERTIES.group, { repeat: { type: 'integer', minimum: 1, maximum: MOST_REPEATS }, fields }, [
    'repeat',
    'fields',
  ]);
}

function column(fields: readonly JsonSchema[], name: JsonSchema = TEXT): JsonSchema {
  return objectOf(
    SPEC_PROPERTIES.field,
    {
      name,
      field: { oneOf: [...fields, { const: null, description: 'A column that is not loaded.' }] },
      width: { type: 'integer', minimum: 1 },
      aliases: TEXTS,
      use: { ...oneOf(SPEC_VALUES.use), default: 'optional' },
      dates: { $ref: '#/$defs/dateFormats' },
      values: { type: 'object', additionalProperties: { type: 'string' } },
      default: { type: 'string' },
      store: { type: 'boolean', default: true },
      note: { type: 'string' },
      example: { type: 'string' },
      rules: { type: 'array', items: { $ref: '#/$defs/rule' } },
    },
    ['name', 'field'],
  );
}

/** The values of a set. */
function set(): JsonSchema {
  const table = objectOf(SPEC_PROPERTIES.set, { table: { enum: CODE_TABLES } }, ['table']);
  return choice({ type: 'object' }, table, SOME_TEXTS);
}

/** What a record may say: one thing of one column, or one of several things. */
function condition(): JsonSchema {
  const { any, ...words } = SPEC_PROPERTIES.condition;
  const values = { column: TEXT, is: SOME_TEXTS, isNot: SOME_TEXTS, filled: { type: 'boolean' } };
  const simple = {
    ...objectOf(words, values, ['column']),
    ...exactlyOne(['is', 'isNot', 'filled']),
  };
  const nested = objectOf({ any }, { any: { type: 'array', minItems: 1, items: simple } }, ['any']);
  return choice({ type: 'object', required: ['any'] }, nested, simple);
}

/** A rule of a column: it asks one thing. */
function rule(): JsonSchema {
  const isTrue: JsonSchema = { const: true };
  const someText: JsonSchema = { type: 'string', minLength: 1 };
  return {
    ...objectOf(
      SPEC_PROPERTIES.rule,
      {
        required: isTrue,
        notToSend: isTrue,
        fixed: someText,
        pattern: someText,
        set: { type: 'string' },
        longest: { type: 'integer', minimum: 1 },
        dates: { type: 'array', minItems: 1, items: { enum: RULE_DATES } },
        needs: { type: 'string' },
        notAfter: { type: 'string' },
        notInFuture: isTrue,
        prefixes: { type: 'string' },
        unique: isTrue,
        of: { type: 'string' },
        unlisted: { ...oneOf(SPEC_VALUES.unlisted), default: 'right' },
        asText: { type: 'boolean', default: false },
        evenBlank: { type: 'boolean', default: false },
        when: NAMES,
        code: TEXT,
      },
      [],
    ),
    ...exactlyOne(RULE_KINDS),
    dependentRequired: { prefixes: ['of'], of: ['prefixes'], unlisted: ['prefixes'] },
    dependentSchemas: {
      asText: { anyOf: [{ required: ['notAfter'] }, { required: ['notInFuture'] }] },
      evenBlank: { anyOf: [{ required: ['notAfter'] }, { required: ['unique'] }] },
    },
  };
}

/** That an object has one of these properties, and no two of them. */
function exactlyOne(names: readonly string[]): JsonSchema {
  return { oneOf: names.map((name) => ({ required: [name] })) };
}

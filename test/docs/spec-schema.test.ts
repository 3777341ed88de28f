/** The JSON Schema says of a spec what the program says of it, as far as a schema can. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldsOf, type Role } from '../../src/core/model.js';
import { checkSpec } from '../../src/core/spec.js';
import type { JsonSchema } from '../../src/docs/json-schema.js';
import { specSchema } from '../../src/docs/spec-schema.js';
import { builtInSpecIds } from '../../src/files/specs.js';
import {
  type Json,
  pointers,
  smallest,
  smallestCombined,
  smallestGlued,
  smallestTagged,
  withValue,
} from '../support/small-spec.js';

// A part of a schema may leave the type to the part around it.
const isValid = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(specSchema());

/** What no schema can say. */
const BEYOND_SCHEMAS =
  /^carried by an earlier column$|^the name is also that of |^the same as |^holds the delimiter$|^in the place of the tag$|^no room for the tag$|^no such (?:column|condition|set|table of prefixes)$|^asks about the columns of a dose$|^in a repeated group$|^not a pattern: |^longer than the column$|^the same in every record$|^kept where (?:quotes have|an escape has) a meaning$/;

function agree(spec: Json): void {
  const problems = checkSpec(spec).filter(({ message }) => !BEYOND_SCHEMAS.test(message));
  const text = JSON.stringify(spec);
  // What is undefined in a test is not there in a file.
  expect(isValid(text === undefined ? null : JSON.parse(text)), text).toBe(problems.length === 0);
}

describe('the schema and the program agree', () => {
  test.each(builtInSpecIds())('that %s is a spec', (id) => {
    const spec = JSON.parse(readFileSync(new URL(`../../specs/${id}.json`, import.meta.url), 'utf8')) as {
      $schema: string;
    };
    expect(spec.$schema).toBe('./spec.schema.json');
    expect(isValid(spec), JSON.stringify(isValid.errors)).toBe(true);
    expect(checkSpec(spec)).toEqual([]);
  });

  const likely = fc.constantFrom<Json[]>(
    '', ' ', 'x', '|', '\\', '\t', '\n', '"', '¦', 'auto', 'characters', 'pad', 'cut', 'zip', 'cvx', 'last_name', 'off', 'error', 'fixed', 'delimited', 'absent',
    'required', 'reject', 'inferred', 'YYYYMMDD', 0, 1, 2.5, -1, null, true, false, [], {}, ['YYYYMMDD'], ['x'], [1], ['cvx'], ['cpt', 'cvx'], ['cvx', 'cvx'],
    'kept', 'DOB', 'Chart', 'answers', ['YES'], ['old'], { answers: ['YES', 'NO'] }, { answers: { table: 'sex' } }, { answers: { table: 'x' } },
    { zips: { MA: ['01'] } }, { zips: { MA: 'x' } }, { 'zip-invalid': 'Z1' }, { old: [{ column: 'Chart', is: ['1'] }] }, { old: [{ column: 'Chart' }] },
    { old: [{ any: [{ column: 'Chart', filled: true }] }] }, { old: [{ any: [] }] }, { old: [{ column: 'Chart', is: ['1'], filled: false }] }, { old: [] },
    [{ required: true }], [{ required: false }], [{ required: true, longest: 3 }], [{}], [{ when: 'old' }], [{ longest: 0 }], [{ longest: 9, code: 'D8' }],
    [{ set: 'answers', when: ['old'] }], [{ set: 7 }], [{ pattern: '\\d+' }], [{ pattern: '(' }], [{ pattern: '' }], [{ fixed: 'x', when: [] }],
    [{ dates: ['YYYY-MM'] }], [{ dates: ['YYYY'] }], [{ needs: 'Chart' }], [{ notAfter: 'DOB', evenBlank: true }], [{ longest: 3, evenBlank: true }],
    [{ prefixes: 'zips', of: 'Chart', unlisted: 'wrong' }], [{ prefixes: 'zips' }], [{ of: 'Chart', unique: true }], [{ unique: true, evenBlank: 1 }], [{ notInFuture: true, code: ' ' }],
    'patient.zip', 'Lot {n}', { repeat: 2, fields: [{ name: 'a{n}', field: 'route' }] }, { a: 'b' }, { a: 1 }, { 'zip-invalid': 'off' }, { 'patient-not-found': 'off' }, { 'patient-not-found': 'error' },
  ); // biome-ignore format: a list of values

  describe.each([
    ['the smallest spec', smallest, '/layouts/patient/fields/1'],
    ['the smallest spec of combined records', smallestCombined, '/layouts/combined/fields/4/fields/1'],
    ['the smallest spec of tagged lines', smallestTagged, '/layouts/tagged/immunization/fields/2'],
    ['the smallest spec of tagged lines that are glued together', smallestGlued, '/layouts/tagged/patient/fields/1'],
  ])('on %s', (_, make, column) => {
    const places = pointers(make());

    test('as it is', () => {
      expect(checkSpec(make())).toEqual([]);
      agree(make());
    });

    test('whatever is taken out of it', () => {
      for (const place of places) agree(withValue(place, undefined, make()));
    });

    test('whatever is put into it', () => {
      for (const place of places) {
        fc.assert(
          fc.property(fc.oneof({ weight: 4, arbitrary: likely }, fc.jsonValue({ maxDepth: 2 })), (value) => {
            agree(withValue(place, value as Json, make()));
          }),
          { numRuns: 60 },
        );
      }
    });

    const layout = column.slice(0, column.indexOf('/fields'));
    test.each(
      [
        '$schema',
        'nulls',
        'vaccineOrder',
        'severities',
        'sets',
        'prefixes',
        'codes',
        'colour',
        'layouts/patient',
        'layouts/combined',
        'layouts/tagged',
      ].concat(['conditions', 'notLoaded', 'blanks', 'retired'].map((name) => `${layout.slice(1)}/${name}`)),
    )('whatever %s is added', (name) => {
      fc.assert(
        fc.property(likely, (value) => {
          agree(withValue(`/${name}`, value, make()));
        }),
      );
    });

    test.each([
      'width',
      'aliases',
      'use',
      'dates',
      'values',
      'default',
      'store',
      'note',
      'example',
      'rules',
      'dose',
      'repeat',
      'colour',
    ])('whatever %s is added to a column', (name) => {
      fc.assert(
        fc.property(likely, (value) => {
          agree(withValue(`${column}/${name}`, value, make()));
        }),
      );
    });

    test.each([
      'widths',
      'escape',
      'shortRows',
      'longRows',
      'comments',
      'titleRows',
      'headerRecord',
      'trailerRecord',
      'colour',
    ])('whatever %s is added to a layout', (name) => {
      for (const role of Object.keys(make()['layouts'] as object)) {
        fc.assert(
          fc.property(likely, (value) => {
            agree(withValue(`/layouts/${role}/${name}`, value, make()));
          }),
        );
      }
    });

    test.each(['headerRecord', 'trailerRecord'])('whatever stands in a %s', (name) => {
      const part = fc.constantFrom<Json[]>(undefined, 'T', 'T,', ' ', '', 1, 2, 0, 1.5, null, 'records', 'patients', 'immunizations', 'all', 'required', 'optional', []);
      const total = fc.record({ counts: part, field: part, start: part, width: part, colour: fc.constantFrom(undefined, 1) });
      const totals = fc.oneof(part, fc.array(fc.oneof({ weight: 5, arbitrary: total }, part), { maxLength: 2 }));
      const likelyTotal = fc.record({
        counts: fc.constantFrom('records', 'patients', 'immunizations', 'all'),
        field: fc.constantFrom(undefined, 1, 2),
        start: fc.constantFrom(undefined, undefined, 4),
        width: fc.constantFrom(undefined, undefined, 6),
      });
      const mark = fc.oneof(
        fc.record({ tag: part, prefix: part, use: part, totals, colour: fc.constantFrom(undefined, undefined, 1) }),
        fc.record({ tag: fc.constantFrom('T', undefined), prefix: fc.constantFrom('T', undefined), totals: fc.array(likelyTotal, { maxLength: 2 }) }),
      );
      for (const role of Object.keys(make()['layouts'] as object)) {
        fc.assert(
          fc.property(mark, (value) => {
            agree(withValue(`/layouts/${role}/${name}`, JSON.parse(JSON.stringify(value)) as Json, make()));
          }),
          { numRuns: 600 },
        );
      }
    }); // biome-ignore format: many records

    test('whatever header it has, with titles above', () => {
      for (const role of Object.keys(make()['layouts'] as object)) {
        for (const header of ['required', 'optional', 'absent', 'x', undefined]) {
          for (const titleRows of [0, 3, 101, 1.5, undefined]) {
            const spec = withValue(`/layouts/${role}/header`, header, make());
            agree(withValue(`/layouts/${role}/titleRows`, titleRows, spec as never));
          }
        }
      }
    });

    test('whichever field a column carries', () => {
      const names = ['patient', 'immunization'].flatMap((role) => Object.keys(fieldsOf(role as Role)));
      const prefixed = names.flatMap((name) => [name, `patient.${name}`, `immunization.${name}`, `dose.${name}`]);
      for (const name of new Set(prefixed)) agree(withValue(`${column}/field`, name, make()));
    });

    test('whichever format it has', () => {
      const [role] = Object.keys(make()['layouts'] as object);
      if (role === 'tagged') return;
      for (const layout of [
        { format: 'fixed' },
        { format: 'delimited', delimiter: '|', quote: null, header: 'absent' },
      ]) {
        const { fields } = (make()['layouts'] as Record<string, { fields: Json }>)[role!]!;
        agree(withValue(`/layouts/${role}`, { ...layout, fields }, make()));
      }
    });
  });
});

test('every property has its words', () => {
  const visit = (schema: JsonSchema, path: string): void => {
    for (const [name, property] of Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)) {
      expect(property['description'], `${path}/${name}`).toMatch(/^(?:[A-Z]|immload ).*[.:"\\]$/);
      visit(property, `${path}/${name}`);
    }
  };
  const schema = specSchema();
  visit(schema, '');
  for (const [name, part] of Object.entries(schema['$defs'] as Record<string, JsonSchema>))
    visit(part, `/$defs/${name}`);
});

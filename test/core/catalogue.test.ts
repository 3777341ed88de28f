/** The words of every issue code. */
import { describe, expect, test } from 'vitest';
import { CATALOGUE, findIssueDefinition, ISSUE_CODES, type IssueCode } from '../../src/core/catalogue.js';
import type { IssueDefinition } from '../../src/core/issue.js';
import { COMMENT_FIELDS, fieldsOf, IMMUNIZATION_FIELDS, PATIENT_FIELDS } from '../../src/core/model.js';
import { ALWAYS_ERRORS } from '../../src/core/spec.js';

const WORDS = ['asserts', 'message', 'meaning', 'why', 'fix', 'source'] as const;

describe.each(ISSUE_CODES.map((code) => [code, CATALOGUE[code] as IssueDefinition] as const))(
  '%s',
  (code, definition) => {
    test('has a name in kebab case', () => {
      expect(code).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)+$/);
    });

    test('has all its words', () => {
      for (const part of WORDS) expect(definition[part].trim(), part).not.toBe('');
      for (const part of ['meaning', 'why', 'fix'] as const)
        expect(definition[part], part).toMatch(/^(?:[A-Z“]|immload ).*[.?]$/s);
    });

    test('has placeholders in its message only, and only known ones', () => {
      for (const part of WORDS) {
        const text =
          part === 'message' ? definition.message.replace(/\{(?:after|expected|other)\}/g, '') : definition[part];
        expect(text, part).not.toMatch(/[{}]|\$\{|undefined|TODO/);
      }
    });

    test('has a fix in ASCII, for it goes into reject files', () => {
      expect(definition.fix).toMatch(/^[\x20-\x7e]+$/);
    });

    test('is about a field of its subject', () => {
      if (definition.field === null) return expect(definition.subject).not.toBe('immunization');
      const fields = {
        patient: PATIENT_FIELDS,
        immunization: IMMUNIZATION_FIELDS,
        comment: COMMENT_FIELDS,
        record: { ...PATIENT_FIELDS, ...IMMUNIZATION_FIELDS, ...COMMENT_FIELDS },
        file: {},
      };
      expect(Object.keys(fields[definition.subject])).toContain(definition.field);
    });

    test('keeps a record out only where its words say so', () => {
      expect(['error', 'warning', 'info']).toContain(definition.severity);
      // What must be corrected and loaded again was not loaded, and the other way round.
      if (/load the reject|load both reject/.test(definition.fix)) expect(definition.severity).toBe('error');
      if (/\bloaded (?:without|as|whole|with)\b|[,;] read as\b/.test(definition.message))
        expect(definition.severity).not.toBe('error');
      if (/^Nothing to do/.test(definition.fix)) expect(definition.severity).toBe('info');
      // Where a whole file is kept out, it must come again.
      if (definition.subject === 'file' && definition.severity === 'error')
        expect(definition.fix).toMatch(/^Get the file sent again/);
    });
  },
);

test('no two codes say the same', () => {
  const meanings = ISSUE_CODES.map(
    (code) => `${CATALOGUE[code].asserts} ${CATALOGUE[code].message} ${CATALOGUE[code].meaning}`,
  );
  expect(new Set(meanings).size).toBe(ISSUE_CODES.length);
});

test('what cannot be stored or linked is an error of the catalogue too', () => {
  for (const code of ALWAYS_ERRORS) expect(CATALOGUE[code].severity, code).toBe('error');
});

test('the problems of all fields are codes of the catalogue, on their own field', () => {
  for (const role of ['patient', 'immunization'] as const) {
    for (const [name, { problems = {} }] of Object.entries(fieldsOf(role))) {
      for (const code of Object.values(problems) as IssueCode[]) {
        expect(ISSUE_CODES, `${name}: ${code}`).toContain(code);
        expect(['record', role], `${name}: ${code}`).toContain(CATALOGUE[code].subject);
      }
    }
  }
});

test('a code from outside is found, and nothing that only looks like one', () => {
  expect(findIssueDefinition('zip-invalid')).toBe(CATALOGUE['zip-invalid']);
  for (const code of ['zip', '', 'toString', '__proto__', 'constructor'])
    expect(findIssueDefinition(code), code).toBeUndefined();
});

/** Suggestions as text, and the choice among several. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseCandidate, type FieldFix, formatFixes, parseFixes } from '../../../src/core/suggest/proposal.js';

const fix = (value: string): FieldFix => ({ field: 'zip', value });

test('the likeliest is chosen, and is the less sure the likelier the others are', () => {
  const alone = chooseCandidate([{ fixes: [fix('02118')], odds: 19, reason: 'a' }])!;
  expect(alone.confidence).toBe(0.95);
  const contested = chooseCandidate([
    { fixes: [fix('02119')], odds: 18, reason: 'b' },
    { fixes: [fix('02118')], odds: 19, reason: 'a' },
  ])!;
  expect(contested).toMatchObject({ fixes: [fix('02118')], confidence: 0.5 });
});

test('two reasons for the same are no rivals, and none is added to the other', () => {
  const both = chooseCandidate([
    { fixes: [fix('02118')], odds: 4, reason: 'a' },
    { fixes: [fix('02118')], odds: 19, reason: 'b' },
  ])!;
  expect(both).toMatchObject({ confidence: 0.95, reason: 'b' });
});

test('nothing likely is nothing at all', () => {
  expect(chooseCandidate([])).toBeNull();
  expect(chooseCandidate([{ fixes: [fix('1')], odds: 0.1, reason: 'a' }])).toBeNull();
});

test('what is written can be read back', () => {
  const field = fc.constantFrom('zip', 'birth_date', 'last_name', 'administered_on' as const);
  const value = fc
    .string({ minLength: 1 })
    .map((text) => text.trim())
    .filter((text) => text !== '');
  const fixes = fc.array(fc.record({ field, value, elsewhere: fc.boolean() }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fixes, field, (list, own) => {
      const given = list.map(
        (each): FieldFix => ({
          field: each.field as FieldFix['field'],
          value: each.value,
          ...(each.elsewhere && { elsewhere: true }),
        }),
      );
      const text = formatFixes(given, own as FieldFix['field']);
      if (text === null) return given.some(({ value: each }) => /[;=\n]/.test(each));
      expect(parseFixes(text, own as FieldFix['field'])).toEqual(given);
      return true;
    }),
  );
});

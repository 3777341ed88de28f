/** Patterns of values: what they match, what they refuse to be, and that none of them is slow. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern, PatternError } from '../../../src/core/rules/pattern.js';
import { Random } from '../../support/random.js';

describe('a pattern matches whole values', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['\\d{5}(-\\d{4})?', ['02118', '02118-1234'], ['', '2118', '021188', '02118-', '02118-12345', ' 02118', '02118\n']],
    ['^\\S+$', ['a', 'A-1', 'é', '😀'], ['', ' ', 'a b', ' a', 'a\t']],
    ['\\S+.*', ['Hope Clinic', 'a ', 'a'], ['', ' Hope']],
    ['[0-9A-Za-z]{0,6}', ['', '1', 'aB3', '123456'], ['1234567', 'a-b', 'é']],
    ['a|bc|', ['a', 'bc', ''], ['b', 'abc']],
    ['(ab|a)(b?)c*', ['ab', 'a', 'abb', 'abccc', 'ac'], ['c', 'abbb']],
    ['[^a-c]', ['d', 'A', '-'], ['a', 'b', 'c', '', 'dd']],
    ['[\\d\\-]+', ['1-2', '-'], ['a', '']],
    ['[a-]', ['a', '-'], ['b']],
    ['\\w\\W', ['a-', '_ '], ['ab', '--']],
    ['(?:x{2,3}y){2}', ['xxyxxxy'], ['xxy', 'xyxxy', 'xxyxxyxxy']],
    ['x{2,}', ['xx', 'xxxxx'], ['x', '']],
    ['\\$\\^\\.\\t', ['$^.\t'], ['$^a\t']],
    ['a\\$', ['a$'], ['a']],
    ['a\\\\$', ['a\\'], ['a\\$', 'a']],
    ['.', ['a', '😀'], ['', 'ab']],
    ['(a*)*b', ['b', 'aab'], ['a']],
    ['', [''], ['a']],
  ])('%s', (pattern, right, wrong) => {
    const matches = compilePattern(pattern);
    for (const value of right) expect(matches(value), JSON.stringify(value)).toBe(true);
    for (const value of wrong) expect(matches(value), JSON.stringify(value)).toBe(false);
  });

  const part = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', '\\d', '\\S', '(a|b)', '(ab|a|)', '(?:b)', '-');
  const repeat = fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{0,2}', '{1,}');
  const pieces = fc.array(fc.tuple(part, repeat), { maxLength: 5 });

  test('as regular expressions do', () => {
    const value = fc.string({ unit: fc.constantFrom('a', 'b', '1', '-', ' '), maxLength: 8 });
    fc.assert(
      fc.property(pieces, fc.array(value, { minLength: 5, maxLength: 20 }), (parts, values) => {
        const pattern = parts.map(([each, times]) => each + times).join('');
        const matches = compilePattern(pattern);
        const reference = new RegExp(`^(?:${pattern})$`, 'su');
        for (const each of values)
          expect(matches(each), `${pattern} ${JSON.stringify(each)}`).toBe(reference.test(each));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a pattern is refused', () => {
  test.each([
    ['(', '( is not closed'],
    [')', ') closes nothing'],
    ['[a', '[ is not closed'],
    ['[]', '[] with nothing in it'],
    ['[z-a]', 'a range that ends before it begins'],
    ['[\\d-a]', 'a range from or to more than one character'],
    ['[[a]]', '[ within [ ]; write \\[ for the character'],
    ['*a', '* repeats nothing; write \\* for the character'],
    ['a**', 'two repeats one after the other'],
    ['a+?', 'two repeats one after the other'],
    ['a{2}{3}', 'two repeats one after the other'],
    ['a{3,2}', '{3,2} ends before it begins'],
    ['a{x}', '{ that is no {n}, {n,} or {n,m}; write \\{ for the character'],
    ['a{501}', 'more than 500 times'],
    ['a}', '} closes nothing; write \\} for the character'],
    ['a^b', '^ within the pattern; write \\^ for the character'],
    ['a$b', '$ within the pattern; write \\$ for the character'],
    ['(?=a)', '(? that is no (?: ; groups neither look around nor have names'],
    ['(a)\\1', '\\1 is not known'],
    ['\\b', '\\b is not known'],
    ['a\\', '\\ at the end'],
    ['(a{500}){500}', 'too long: more than 1000 steps, each repeat counted'],
    [`${'('.repeat(20)}${'){500}'.repeat(20)}`, 'too long: more than 1000 steps, each repeat counted'],
    ['('.repeat(100), 'groups too deep within each other'],
  ])('%s', (pattern, problem) => {
    expect(() => compilePattern(pattern)).toThrow(problem);
    expect(() => compilePattern(pattern)).toThrow(PatternError);
  });

  test('or is one, whatever its text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab1(){}[]|?*+^$\\.-,:dS') }), (text) => {
        try {
          compilePattern(text)('ab1');
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError);
          expect((error as PatternError).remedy).toMatch(/^[A-Z].*\.$/);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

test('no pattern is slow: each character is looked at once, whatever the pattern and the value', () => {
  // Programs that try one way after the other take longer than the universe has been there.
  for (const pattern of ['(a*)*b', '(a|a)*b', '(a|aa)+b', '(.*)*x(.*)*y', 'a{0,200}a{0,200}b', '(a?){200}a{200}b']) {
    const matches = compilePattern(pattern);
    expect(matches('a'.repeat(20_000)), pattern).toBe(false);
  }
});

test('no value takes much memory, however many ways it leads through the pattern', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 1e6;
  };
  const random = new Random(7);
  const value = Array.from({ length: 20_000 }, () => random.pick(['a', 'b'])).join('');
  const matches = compilePattern('(a|b)*a(a|b){200}');
  const before = held();
  const isRight = matches(value);
  expect(held() - before).toBeLessThan(10);
  expect(isRight).toBe(value.at(-201) === 'a');
  expect(matches('b'.repeat(300))).toBe(false);
  expect(matches(`a${'b'.repeat(200)}`)).toBe(true);
});

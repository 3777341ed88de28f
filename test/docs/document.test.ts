/** Documents as Markdown and HTML: whatever a text holds, it is shown and nothing else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { code, type Document, heading, LINE_BREAK, list, paragraph, strong, table } from '../../src/docs/document.js';
import { renderHtml } from '../../src/docs/html.js';
import { renderMarkdown } from '../../src/docs/markdown.js';
import { readHtml } from '../support/html.js';

function document(text: string): Document {
  return {
    title: text,
    blocks: [
      heading(2, text),
      paragraph(text, strong(text), code(text), LINE_BREAK, text),
      list([text, [code(text)]]),
      table([text, 'b'], [[text, [code(text), LINE_BREAK, strong(text)]]]),
      { kind: 'code', text },
    ],
  };
}

const NASTY = `</pre><script>alert("1")</script><img src=x onerror='y'>&amp;&#60;`;

describe('HTML', () => {
  test('is well-formed, and holds every text as it is', () => {
    const { elements, texts } = readHtml(renderHtml(document(NASTY)));
    expect(elements).not.toContain('script');
    expect(elements).not.toContain('img');
    // The title twice, a chapter with its entry in the contents, a paragraph, a list, a table, a block of code.
    expect(texts.join('').split(NASTY)).toHaveLength(16);
  });

  test('is well-formed whatever the text', () => {
    const text = fc.string({
      unit: fc.constantFrom('<', '>', '&', '"', "'", '`', '|', 'a', ' ', '\n', '\0', '\ud800', '/', '-'),
    });
    fc.assert(
      fc.property(text, (each) => {
        readHtml(renderHtml(document(each)));
      }),
    );
  });

  test('needs nothing from elsewhere, and runs nothing', () => {
    const html = renderHtml(document('a'));
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|@import|url\(|\son\w+=|javascript:/i);
    expect([...html.matchAll(/href="([^"]*)"/g)].every(([, href]) => href!.startsWith('#'))).toBe(true);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(html).toContain('@media print');
  });

  test('has contents that lead to its chapters', () => {
    const html = renderHtml({ title: 't', blocks: [heading(2, 'One'), heading(3, 'Detail'), heading(2, 'Two')] });
    expect([...html.matchAll(/<a href="#([^"]+)">([^<]+)</g)].map(([, id, text]) => [id, text])).toEqual([
      ['part-1', 'One'],
      ['part-2', 'Two'],
    ]);
    expect(html).toContain('<h2 id="part-2">Two</h2>');
  });
});

describe('Markdown', () => {
  const textOf = (text: string): string => renderMarkdown({ title: 't', blocks: [paragraph(text)] }).split('\n')[2]!;

  test.each([
    ['a*b*c', 'a\\*b\\*c'],
    ['a_b_c _d_', 'a_b_c \\_d\\_'],
    ['[x](y)', '\\[x\\](y)'],
    ['<b>', '\\<b\\>'],
    ['a|b', 'a\\|b'],
    ['AT&T &amp; co', 'AT&T &amp;amp; co'],
    ['# no heading', '\\# no heading'],
    ['- no item', '\\- no item'],
    ['1. no item', '1\\. no item'],
    ['a\nb', 'a b'],
    ['\u001b[31m', '\ufffd\\[31m'],
  ])('%j is written %j', (text, expected) => {
    expect(textOf(text)).toBe(expected);
  });

  test.each([
    ['a', '`a`'],
    ['a`b', '``a`b``'],
    ['`', '`` ` ``'],
    ['|', '`\\|`'],
    ['\\|', '<code>&#92;&#124;</code>'],
  ])('code %j in a table is written %s', (text, expected) => {
    expect(renderMarkdown({ title: 't', blocks: [table(['x'], [[code(text)]])] })).toContain(`\n| ${expected} |\n`);
  });

  test('has a fence that is longer than any in the code', () => {
    expect(renderMarkdown({ title: 't', blocks: [{ kind: 'code', text: 'a\n```\nb\tc\u0007' }] })).toContain(
      '\n````text\na\n```\nb\tc\ufffd\n````\n',
    );
  });

  test('has as many cells in every row of a table', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('|', '\\', '`', 'a', ' ', '\n') }), (text) => {
        const rows = renderMarkdown({ title: 't', blocks: [table(['x', 'y'], [[text, code(text)]])] })
          .trim()
          .split('\n');
        // A bar with an even number of backslashes before it ends a cell.
        const cells = rows
          .slice(2)
          .map((row) => [...row.matchAll(/(\\*)\|/g)].filter(([, escapes]) => escapes!.length % 2 === 0).length);
        expect(cells).toEqual([3, 3, 3]);
      }),
    );
  });
});

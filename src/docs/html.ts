/** Documents as one page of HTML: no scripts, nothing from elsewhere, made to be printed. It is well-formed XML too. */
import { type Block, type Document, type Inline, inlinesOf, onLines, onOneLine, type Text } from './document.js';

const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 72rem; background: #fff; color: #1c2733;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; padding-bottom: .6rem; border-bottom: 3px solid #1d5b8f; }
h2 { font-size: 1.35rem; margin: 2.4rem 0 .8rem; padding-bottom: .25rem; border-bottom: 1px solid #c3cfda; }
h3 { font-size: 1.08rem; margin: 1.6rem 0 .6rem; }
p { margin: .6rem 0; max-width: 60rem; }
ul { margin: .6rem 0; padding-left: 1.3rem; }
nav { margin: 1.5rem 0; padding: .8rem 1.2rem; background: #f2f6fa; border-left: 4px solid #1d5b8f; }
nav ol { margin: 0; padding-left: 1.4rem; columns: 2; }
a { color: #1d5b8f; text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .87em; }
code { background: #eef2f6; padding: .05em .3em; border-radius: 3px; overflow-wrap: break-word; }
.short { white-space: nowrap; }
pre { margin: .6rem 0; padding: .7rem .9rem; background: #f6f8fa; border: 1px solid #d8e0e8; overflow-x: auto; }
.wide { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .93em; }
th, td { border: 1px solid #c3cfda; padding: .3rem .5rem; text-align: left; vertical-align: top; }
th { background: #e4edf5; font-weight: 600; }
tbody tr:nth-child(even) { background: #f8fafc; }
@media print {
  @page { margin: 14mm 12mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  h1, h2, h3 { break-after: avoid; }
  thead { display: table-header-group; }
  tr, li { break-inside: avoid; }
  .wide { overflow: visible; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  th, code, pre, nav, tbody tr { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  a { color: inherit; }
}`;

/** A document as a whole page, its last line ended. */
export function renderHtml({ title, blocks }: Document): string {
  const chapters = blocks.filter((block) => block.kind === 'heading' && block.level === 2);
  const idOf = new Map(chapters.map((chapter, index) => [chapter, `part-${index + 1}`]));
  const entries = chapters.map(
    (chapter) =>
      `<li><a href="#${idOf.get(chapter)}">${chapter.kind === 'heading' ? escapeText(chapter.text) : ''}</a></li>`,
  );
  return `${[
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8"/>',
    // Even where a text should slip through unescaped, nothing would be run or fetched.
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'"/>',
    '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
    `<title>${escapeText(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    '</head>',
    '<body>',
    `<h1>${escapeText(title)}</h1>`,
    ...(entries.length > 0 ? [`<nav aria-label="Contents"><ol>${entries.join('')}</ol></nav>`] : []),
    ...blocks.map((block) => renderBlock(block, idOf.get(block))),
    '</body>',
    '</html>',
  ].join('\n')}\n`;
}

function renderBlock(block: Block, id: string | undefined): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}${id === undefined ? '' : ` id="${id}"`}>${escapeText(block.text)}</h${block.level}>`;
    case 'paragraph':
      return `<p>${renderText(block.text)}</p>`;
    case 'list':
      return `<ul>\n${block.items.map((item) => `<li>${renderText(item)}</li>`).join('\n')}\n</ul>`;
    case 'table': {
      const head = block.head.map((cell) => `<th scope="col">${escapeText(cell)}</th>`).join('');
      const rows = block.rows.map((row) => `<tr>${row.map(renderCell).join('')}</tr>`);
      return `<div class="wide"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table></div>`;
    }
    case 'code':
      return `<pre>${escapeMarks(onLines(block.text))}</pre>`;
  }
}

/** Positions, widths and weights are not broken into lines. */
const SHORT = 12;

function renderCell(cell: Text): string {
  const isShort = typeof cell === 'string' && cell.length <= SHORT;
  return `<td${isShort ? ' class="short"' : ''}>${renderText(cell)}</td>`;
}

function renderText(text: Text): string {
  return inlinesOf(text).map(renderInline).join('');
}

function renderInline(inline: Inline): string {
  if (typeof inline === 'string') return escapeText(inline);
  if ('lineBreak' in inline) return '<br/>';
  return 'strong' in inline
    ? `<strong>${escapeText(inline.strong)}</strong>`
    : `<code>${escapeText(inline.code)}</code>`;
}

function escapeText(text: string): string {
  return escapeMarks(onOneLine(text));
}

const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeMarks(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => MARKS[mark]!);
}

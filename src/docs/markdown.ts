/** Documents as Markdown (CommonMark, with the tables of GitHub). */
import { type Block, type Document, type Inline, inlinesOf, onLines, onOneLine, type Text } from './document.js';

/** A document as Markdown, its last line ended. */
export function renderMarkdown({ title, blocks }: Document): string {
  return `${[`# ${escapeText(title)}`, ...blocks.map(renderBlock)].join('\n\n')}\n`;
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${escapeText(block.text)}`;
    case 'paragraph':
      return escapeLineStart(renderText(block.text, '\\\n'));
    case 'list':
      return block.items.map((item) => `- ${escapeLineStart(renderText(item, '<br>'))}`).join('\n');
    case 'table':
      return [
        tableRow(block.head.map(escapeText)),
        `|${'---|'.repeat(block.head.length)}`,
        ...block.rows.map((row) => tableRow(row.map((cell) => renderText(cell, '<br>', true)))),
      ].join('\n');
    case 'code':
      return renderCodeBlock(onLines(block.text));
  }
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function renderText(text: Text, lineBreak: string, inTable = false): string {
  return inlinesOf(text)
    .map((inline) => renderInline(inline, lineBreak, inTable))
    .join('');
}

function renderInline(inline: Inline, lineBreak: string, inTable: boolean): string {
  if (typeof inline === 'string') return escapeText(inline);
  if ('lineBreak' in inline) return lineBreak;
  if ('strong' in inline) return `**${escapeText(inline.strong)}**`;
  const text = onOneLine(inline.code);
  if (!inTable) return codeSpan(text);
  // Tables are cut at bars before anything else is read, so that even code must hide its own. Backslashes before a bar
  // would be lost that way.
  if (text.includes('\\|'))
    return `<code>${text.replace(/[^\p{L}\d ]/gu, (mark) => `&#${mark.codePointAt(0)};`)}</code>`;
  return codeSpan(text).replaceAll('|', '\\|');
}

/** Code between as many backticks as do not stand in it. */
function codeSpan(text: string): string {
  if (text === '') return '';
  const ticks = '`'.repeat(longestRun(text) + 1);
  const pad = /^`|`$|^ .* $/.test(text) ? ' ' : '';
  return `${ticks}${pad}${text}${pad}${ticks}`;
}

function renderCodeBlock(text: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/** Text that says what it says, whatever characters are in it. */
function escapeText(text: string): string {
  return (
    onOneLine(text)
      .replace(/[\\`*[\]<>|~]/g, '\\$&')
      // Within a word an underscore is only itself.
      .replace(/(?<![\p{L}\d])_|_(?![\p{L}\d])/gu, '\\_')
      .replace(/&(?=#?\w+;)/g, '&amp;')
  );
}

/** A line that begins as a heading, a list or a rule does, and is none. */
function escapeLineStart(line: string): string {
  return line.replace(/^(\s*)([#+=-]|\d+(?=[.)]))/, (_, blank: string, mark: string) =>
    /\d/.test(mark) ? `${blank}${mark}\\` : `${blank}\\${mark}`,
  );
}

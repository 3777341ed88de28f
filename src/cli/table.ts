/** Tables for a terminal. */

/** Which side a column leans to. */
export type Alignment = 'left' | 'right';

/** Rows in columns as wide as their widest cell, two blanks apart, indented by two. */
export function formatTable(rows: readonly (readonly string[])[], alignments: readonly Alignment[] = []): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column]!;
        return alignments[column] === 'right' ? cell.padStart(width) : cell.padEnd(width);
      });
      return `  ${cells.join('  ')}`.trimEnd();
    })
    .join('\n');
}

/** A count with separators: `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** Text broken into lines of at most `width`, each begun with the indent. */
export function wrapText(text: string, indent = '', width = 100): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line].join('\n');
}

/** Text without the characters that a terminal obeys: control characters are shown, not sent. */
export function showSafely(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '�');
}

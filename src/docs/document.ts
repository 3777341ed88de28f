/** A document without a form: what Markdown and HTML are made of. */

/** A piece of running text. */
export type Inline = string | { readonly code: string } | { readonly strong: string } | typeof LINE_BREAK;

/** Begins a new line within a paragraph or a cell. */
export const LINE_BREAK = { lineBreak: true } as const;

export type Text = Inline | readonly Inline[];

export type Block =
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: Text }
  | { readonly kind: 'list'; readonly items: readonly Text[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Text[])[] }
  | { readonly kind: 'code'; readonly text: string };

export interface Document {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export const heading = (level: 2 | 3, text: string): Block => ({ kind: 'heading', level, text });
export const paragraph = (...text: readonly Inline[]): Block => ({ kind: 'paragraph', text });
export const list = (items: readonly Text[]): Block => ({ kind: 'list', items });
export const table = (head: readonly string[], rows: readonly (readonly Text[])[]): Block => ({
  kind: 'table',
  head,
  rows,
});
export const code = (text: string): Inline => ({ code: text });
export const strong = (text: string): Inline => ({ strong: text });

/** The pieces of a text. */
export function inlinesOf(text: Text): readonly Inline[] {
  return Array.isArray(text) ? (text as readonly Inline[]) : [text as Inline];
}

/** Texts with something between each two of them. */
export function joined(texts: readonly Text[], between: Inline): Inline[] {
  return texts.flatMap((text, index) => (index === 0 ? [...inlinesOf(text)] : [between, ...inlinesOf(text)]));
}

/** Text with its code, as people write it, between backticks. */
export function withCode(text: string): Inline[] {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 === 0 ? part : code(part)));
}

/** Text on one line, without characters that a terminal or a browser obeys. */
export function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '\ufffd');
}

/** Text of several lines, without other characters that a terminal or a browser obeys; tabs stay. */
export function onLines(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}]/gu, '\ufffd');
}

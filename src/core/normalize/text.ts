/** Free text and ids. */
import { accept, acceptWith, NOTHING_KNOWN, type Normalizer } from './reading.js';

/** Tabs, line ends and other control characters, which break files and screens. */
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const CONTROLS_AND_BLANKS = /[\s\p{Cc}]+/gu;
/** Soft hyphens, joiners and marks of direction, which stand within words. */
const INVISIBLE = /\p{Cf}/gu;
/** What a text of printable ASCII must not have to be tidy. */
const UNTIDY = /[^\x20-\x7e]| {2}|^ | $/;

/** Whether the text holds a control character. */
export function hasControlCharacter(text: string): boolean {
  return CONTROL.test(text);
}

/** The text with every run of blanks and control characters as one blank, and none at its ends. */
export function tidyText(text: string): string {
  return !UNTIDY.test(text) ? text : text.replace(INVISIBLE, '').replace(CONTROLS_AND_BLANKS, ' ').trim();
}

/**
 * The same text in memory of its own. A slice would keep the text of the whole block it was cut from alive; V8 copies
 * slices of fewer than 13 characters by itself.
 */
export function copyText(text: string): string {
  return text.length < 13 ? text : (JSON.parse(JSON.stringify(text)) as string);
}

/** Whether a text has more than so many characters. `😀` is one, though JavaScript counts two. */
export function isLongerThan(text: string, most: number): boolean {
  if (text.length <= most) return false;
  let count = 0;
  for (const _ of text) if (++count > most) return true;
  return false;
}

/** Reads free text. */
export const normalizeText: Normalizer = (text) => {
  const tidy = tidyText(text);
  return tidy === '' ? NOTHING_KNOWN : accept(tidy, text);
};

/** A long number as a spreadsheet writes it: its last digits are lost. */
const SCIENTIFIC = /^\d(?:[.,]\d+)?E\+?\d{1,3}$/i;

/** Whether the text is a number in scientific notation. `4E61` is not: lots look like that. */
export function isScientific(text: string): boolean {
  // Nearly all texts are told by their second character.
  const second = text.charCodeAt(1);
  const mayBe = second === 0x2e || second === 0x2c || second === 0x45 || second === 0x65;
  return mayBe && SCIENTIFIC.test(text) && /[.,+]/.test(text);
}

/** Reads an id: as it is, case and inner blanks kept. */
export const normalizeId: Normalizer = (text) => {
  const tidy = tidyText(text);
  if (tidy === '') return NOTHING_KNOWN;
  return isScientific(tidy) ? acceptWith('scientific', tidy, text) : accept(tidy, text);
};

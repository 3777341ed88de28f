/** Places, phones and e-mail addresses. */
import { accept, acceptWith, NOTHING_KNOWN, type Normalizer, refuse } from './reading.js';
import { tidyText } from './text.js';

/**
 * Reads a ZIP code: `12345` or `12345-6789`. One that has lost a leading zero gets it back, as `padded`; the rules look
 * at the state to tell whether that was right.
 */
export const normalizeZip: Normalizer = (text) => {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d+$/.test(digits)) return refuse('invalid');
  if (digits.length === 4) return acceptWith('padded', `0${digits}`, text);
  if (digits.length === 8) return acceptWith('padded', `0${digits.slice(0, 4)}-${digits.slice(4)}`, text);
  if (/^(?:0+|9{5}(?:9{4})?)$/.test(digits)) return refuse('placeholder');
  if (digits.length === 5) return accept(digits, text);
  if (digits.length === 9) {
    const zip = digits.endsWith('0000') ? digits.slice(0, 5) : `${digits.slice(0, 5)}-${digits.slice(5)}`;
    return accept(zip, text);
  }
  return refuse('invalid');
};

/** Reads a US phone number: ten digits. A leading 1 and an extension are taken off. */
export const normalizePhone: Normalizer = (text) => {
  const withoutExtension = text.replace(/\s*(?:x|ext\.?|extension)\s*\d+$/i, '');
  if (!/^[+\d\s().\-/]+$/.test(withoutExtension)) return refuse('invalid');
  let digits = withoutExtension.replace(/\D/g, '');
  if (digits.length === 11 && digits.startsWith('1')) digits = digits.slice(1);
  if (/^(\d)\1+$/.test(digits) || digits === '1234567890' || digits === '0123456789') return refuse('placeholder');
  // Area code and exchange begin with 2-9 in the North American Numbering Plan.
  return /^[2-9]\d{2}[2-9]\d{6}$/.test(digits) ? accept(digits, text) : refuse('invalid');
};

const NO_EMAIL = /^(?:none|no|noemail|na|n\/a|unknown|declined|refused)(?:@.*)?$/i;

/** Reads an e-mail address; its domain in lower case. */
export const normalizeEmail: Normalizer = (text) => {
  if (NO_EMAIL.test(text)) return NOTHING_KNOWN;
  const match = /^([^\s@<>",;]{1,64})@([\p{L}\d-]+(?:\.[\p{L}\d-]+)+)$/u.exec(text);
  return match === null ? refuse('invalid') : accept(`${match[1]}@${match[2]!.toLowerCase()}`, text);
};

/** Reads a country: a code of two or three letters, the United States always as `USA`. */
export const normalizeCountry: Normalizer = (text) => {
  const country = tidyText(text).toUpperCase().replace(/\./g, '');
  if (/^(?:US|USA|UNITED STATES(?: OF AMERICA)?)$/.test(country)) return accept('USA', text);
  return /^[A-Z]{2,3}$/.test(country) ? accept(country, text) : refuse('unrecognized');
};

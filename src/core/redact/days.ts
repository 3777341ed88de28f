/** Days that stand for others: of the same kind, so that the same is to be said of them. */
import type { IsoDate } from '../model.js';
import { createNormalizerOfDates, DATE_FORMATS, type DateFormat } from '../normalize/date.js';
import type { Normalizer } from '../normalize/reading.js';
import { dayOfMonth, isLastOfMonth } from '../rules/month-days.js';
import { formatDate } from '../write.js';
import type { SecretBytes } from './synthetic.js';

/** So many ways of writing another day are tried before its digits are. */
const MOST_DAYS = 160;
/** From this attempt on, the year may change. */
const OTHER_YEARS_FROM = 12;
const MOST_MUTATIONS = 400;
const FEW_DIGITS_FROM = 200;
const YEAR = /(?<!\d)(?:19|20)\d\d(?!\d)/;

/** Whether another value will do for the one at hand. */
export type Acceptable = (text: string) => boolean;

/** Finds what stands for dates, in the form in which they are written. */
export class SyntheticDays {
  readonly #secret: SecretBytes;
  readonly #today: IsoDate;
  readonly #readers: readonly (readonly [DateFormat, Normalizer])[];

  constructor(secret: SecretBytes, today: IsoDate) {
    this.#secret = secret;
    this.#today = today;
    this.#readers = DATE_FORMATS.filter((format) => format !== 'spreadsheet-serial').map((format) => [
      format,
      createNormalizerOfDates('date', { formats: [format], today, twoDigitYears: 'reject' }),
    ]);
  }

  /**
   * Another date in the place of a text, `null` where none is acceptable. `from` says how many acceptable ones to pass over.
   * The same day, in whichever form, becomes the same day as far as it is acceptable.
   */
  replace(text: string, from: number, isAcceptable: Acceptable): string | null {
    const written = this.#formatOf(text);
    const seen = new Set([text]);
    const take = (candidate: string): boolean => {
      if (seen.has(candidate) || !isAcceptable(candidate)) return false;
      seen.add(candidate);
      return seen.size > from + 1;
    };
    if (written !== null) {
      for (let attempt = 0; attempt < MOST_DAYS; attempt++) {
        const day = this.#pickDay(written.day, attempt);
        const candidate = day === null ? null : formatDate(day, written.format);
        if (candidate !== null && candidate.length === text.length && take(candidate)) return candidate;
      }
    }
    for (let attempt = 0; attempt < MOST_MUTATIONS; attempt++) {
      const candidate = this.#mutate(text, attempt);
      if (take(candidate)) return candidate;
    }
    return null;
  }

  /** The form in which a text is a day, to the letter. */
  #formatOf(text: string): { readonly day: string; readonly format: DateFormat } | null {
    for (const [format, read] of this.#readers) {
      const day = read(text).value;
      if (day !== null && formatDate(day, format) === text) return { day, format };
    }
    return null;
  }

  /** Another day of the same kind, by chance; `null` where chance gives none. */
  #pickDay(day: string, attempt: number): string | null {
    const [a, b, c] = this.#secret(`day ${attempt} ${day}`, 3) as unknown as [number, number, number];
    const [year, month, date] = day.split('-').map(Number) as [number, number, number];
    const isFirstOfYear = month === 1 && date === 1;
    const otherYear = isFirstOfYear || attempt >= OTHER_YEARS_FROM;
    const newYear = otherYear ? year + [-1, 1, -2, 2, -3, 3][c % 6]! : year;
    const newMonth = isFirstOfYear ? 1 : alikeNumber(month, a, 12);
    const last = new Date(Date.UTC(newYear, newMonth, 0)).getUTCDate();
    const kept = dayOfMonth(day) === 1 || dayOfMonth(day) === 15 ? date : null;
    const newDate = kept ?? (isLastOfMonth(day) ? last : alikeNumber(date, b, last));
    const two = (number: number): string => String(number).padStart(2, '0');
    const other = `${newYear}-${two(newMonth)}-${two(newDate)}`;
    if (other === day || newDate > last) return null;
    if (other <= this.#today !== day <= this.#today) return null;
    const isPlain = kept === null && !isLastOfMonth(day);
    return isPlain && (dayOfMonth(other) === 1 || dayOfMonth(other) === 15 || isLastOfMonth(other)) ? null : other;
  }

  /** Other digits in the place of all but a year; in the place of one to three where such are not acceptable. */
  #mutate(text: string, attempt: number): string {
    const characters = [...text];
    const isFew = attempt >= FEW_DIGITS_FROM;
    const kept = isFew ? null : YEAR.exec(text);
    const places = characters.flatMap((character, place) => {
      const isOfYear = kept !== null && place >= kept.index && place < kept.index + kept[0].length;
      return /\d/.test(character) && !isOfYear ? [place] : [];
    });
    if (places.length === 0) return text;
    const bytes = this.#secret(`digits ${attempt} ${text}`, 1 + 2 * places.length);
    const count = isFew ? 1 + (bytes[0]! % 3) : places.length;
    for (let i = 0; i < Math.min(count, places.length); i++) {
      const place = isFew ? places[bytes[1 + 2 * i]! % places.length]! : places[i]!;
      characters[place] = String(bytes[2 + 2 * i]! % 10);
    }
    return characters.join('');
  }
}

/** Another number from 1 to `most` with as many digits. */
function alikeNumber(number: number, random: number, most: number): number {
  return number < 10 ? 1 + (random % 9) : 10 + (random % (most - 9));
}

/** The day that it is where the program runs. */
import type { IsoDate } from './model.js';

export function localDay(time: Date): IsoDate {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}` as IsoDate;
}

/**
 * Street addresses in the form in which they are compared.
 *
 * Standardizing addresses is the one standardization that pays in patient matching (Grannis 2019). The short forms are
 * those of USPS Publication 28, as far as they are common.
 */

const WORDS = new Map([
  ['STREET', 'ST'], ['STR', 'ST'], ['AVENUE', 'AVE'], ['AV', 'AVE'], ['ROAD', 'RD'], ['DRIVE', 'DR'], ['DRV', 'DR'], ['LANE', 'LN'],
  ['COURT', 'CT'], ['CRT', 'CT'], ['PLACE', 'PL'], ['CIRCLE', 'CIR'], ['CIRC', 'CIR'], ['BOULEVARD', 'BLVD'], ['BOUL', 'BLVD'], ['TERRACE', 'TER'], ['TERR', 'TER'],
  ['PARKWAY', 'PKWY'], ['PKY', 'PKWY'], ['HIGHWAY', 'HWY'], ['SQUARE', 'SQ'], ['TRAIL', 'TRL'], ['TURNPIKE', 'TPKE'], ['CRESCENT', 'CRES'], ['CLOSE', 'CL'],
  ['NORTH', 'N'], ['SOUTH', 'S'], ['EAST', 'E'], ['WEST', 'W'], ['NORTHEAST', 'NE'], ['NORTHWEST', 'NW'], ['SOUTHEAST', 'SE'], ['SOUTHWEST', 'SW'],
  ['MOUNT', 'MT'], ['SAINT', 'ST'], ['FIRST', '1ST'], ['SECOND', '2ND'], ['THIRD', '3RD'], ['FOURTH', '4TH'], ['FIFTH', '5TH'],
  ['HEIGHTS', 'HTS'], ['EXTENSION', 'EXT'], ['RIDGE', 'RDG'], ['VALLEY', 'VLY'], ['VIEW', 'VW'], ['ROUTE', 'RTE'], ['RT', 'RTE'],
]); // biome-ignore format: a table of words
const UNIT = /\s(?:APARTMENT|APT|UNIT|STE|SUITE|FL|FLOOR|RM|ROOM|BSMT|LOT|TRLR|#)\s*(\S*)$/;

/** An address taken apart. */
export interface Street {
  /** House number as text, empty if there is none. */
  readonly number: string;
  /** The rest, in short forms, without apartment. */
  readonly name: string;
}

/** Reads a street line. */
export function readStreet(line: string): Street {
  let text = PLAIN.test(line) ? line.toUpperCase() : plainLine(line);
  if (/^P ?O BOX /.test(text)) return { number: text.replace(/^P ?O BOX /, ''), name: 'PO BOX' };
  text = text.replace(UNIT, '').replace(/#/g, '').trim();
  const words = text.split(' ').filter((word) => word !== '');
  const number = words.length > 1 && /^\d/.test(words[0]!) ? words.shift()! : '';
  return { number, name: words.map((word) => WORDS.get(word) ?? word).join(' ') };
}

/** A line in which nothing is to be replaced, as most are. */
const PLAIN = /^[A-Za-z0-9]+(?: [A-Za-z0-9]+)*$/;

/** A line in upper case without accents and punctuation, with single blanks. */
function plainLine(line: string): string {
  return line
    .normalize('NFD')
    .replace(/[\p{M}'’.]/gu, '')
    .toUpperCase()
    .replace(/#/g, ' # ')
    .replace(/[^\p{L}\d#]+/gu, ' ')
    .trim();
}

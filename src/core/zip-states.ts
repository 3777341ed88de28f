/** Which ZIP codes belong to which state: the first three digits, as the USPS gives them out (its labelling list L002). */

/** Ranges of three digits by state or territory. `969` is shared by the Pacific islands. */
const RANGES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  AK: [[995, 999]], AL: [[350, 369]], AR: [[716, 729], [755, 755]], AZ: [[850, 865]], CA: [[900, 961]],
  CO: [[800, 816]], CT: [[60, 69]], DC: [[200, 205], [569, 569]], DE: [[197, 199]], FL: [[320, 349]],
  GA: [[300, 319], [398, 399]], HI: [[967, 968]], IA: [[500, 528]], ID: [[832, 838]], IL: [[600, 629]],
  IN: [[460, 479]], KS: [[660, 679]], KY: [[400, 427]], LA: [[700, 714]], MA: [[10, 27], [55, 55]],
  MD: [[206, 219]], ME: [[39, 49]], MI: [[480, 499]], MN: [[550, 567]], MO: [[630, 658]], MS: [[386, 397]],
  MT: [[590, 599]], NC: [[270, 289]], ND: [[580, 588]], NE: [[680, 693]], NH: [[30, 38]], NJ: [[70, 89]],
  NM: [[870, 884]], NV: [[889, 898]], NY: [[5, 5], [63, 63], [100, 149]], OH: [[430, 459]],
  OK: [[730, 732], [734, 749]], OR: [[970, 979]], PA: [[150, 196]], PR: [[6, 7], [9, 9]], RI: [[28, 29]],
  SC: [[290, 299]], SD: [[570, 577]], TN: [[370, 385]], TX: [[733, 733], [750, 799], [885, 885]], UT: [[840, 847]],
  VA: [[201, 201], [220, 246]], VI: [[8, 8]], VT: [[50, 54], [56, 59]], WA: [[980, 994]], WI: [[530, 549]],
  WV: [[247, 268]], WY: [[820, 831]], AS: [[967, 967]], GU: [[969, 969]], MP: [[969, 969]], FM: [[969, 969]],
  PW: [[969, 969]], MH: [[969, 969]], AA: [[340, 340]], AE: [[90, 98]], AP: [[962, 966]],
}; // biome-ignore format: a table of ranges

/** Whether a ZIP code lies in a state; `null` for a state that is not in the table. */
export function isZipOfState(zip: string, state: string): boolean | null {
  if (!Object.hasOwn(RANGES, state)) return null;
  const prefix = Number(zip.slice(0, 3));
  for (const [from, to] of RANGES[state]!) if (prefix >= from && prefix <= to) return true;
  return false;
}

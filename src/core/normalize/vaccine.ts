/** Which vaccine a record means: one CVX code, from the columns that may say it and the day of the dose. */
import type { Codes } from '../codes.js';
import { createFinding, type Finding } from '../issue.js';
import type { MapLine, VaccineMap } from '../vaccine-map.js';
import { holdsOn, nameKey, turningDays } from '../vaccine-names.js';
import { followNdc } from './ndc.js';
import { tidyText } from './text.js';
import { essenceOf, type NameParts, readNameParts, vaccineOn } from './vaccine-name.js';

/** The fields that can name the vaccine, the one that decides first. A spec may state another order. */
export const VACCINE_ORDER = ['ndc', 'cvx', 'cpt', 'vaccine_name', 'vaccine_group'] as const;

export type VaccineField = (typeof VACCINE_ORDER)[number];

/** What a record says about its vaccine, as received. */
export type VaccineClues = Readonly<Record<VaccineField, string | null>>;

/** What a vaccine is resolved by. */
export interface VaccineSources {
  readonly codes: Codes;
  /** What people decided of local codes and texts, before all else; `null` if nobody did. */
  readonly map: VaccineMap | null;
  /** All fields, the one that decides first. */
  readonly order: readonly VaccineField[];
}

export interface VaccineReading {
  /** The CVX code, `null` if the clues do not lead to one with certainty. */
  readonly cvx: string | null;
  /** The NDC as CDC writes it, `null` if there is none, or no certainty which it is. */
  readonly ndc: string | null;
  readonly findings: readonly Finding[];
  /** Of a vaccine that was not resolved: the clues that somebody may know what they stand for. */
  readonly unmapped: readonly VaccineClue[];
}

export interface VaccineClue {
  readonly field: VaccineField;
  readonly value: string;
}

/** What the clues lead to, on every day: the same on all of them, or something else in each of some periods. */
export interface VaccineResolution {
  /** First day of each period but the first, ascending; empty where the day says nothing. */
  readonly since: readonly string[];
  /** What they lead to in a period, from 0; `null` where the day of the dose is not known. */
  readonly readingIn: (period: number | null) => VaccineReading;
}

/** What a resolution says of a dose of this day; `null` when the day is not known. */
export function readingOn({ since, readingIn }: VaccineResolution, day: string | null): VaccineReading {
  if (since.length === 0) return readingIn(0);
  if (day === null) return readingIn(null);
  let period = 0;
  while (period < since.length && since[period]! <= day) period++;
  return readingIn(period);
}

/** All that a resolution can say, for who has no day in mind. */
export function readingsOf({ since, readingIn }: VaccineResolution): readonly VaccineReading[] {
  const readings = Array.from({ length: since.length + 1 }, (_, period) => readingIn(period));
  return since.length === 0 ? readings : [readingIn(null), ...readings];
}

/** A clue's outcome: a code, or why there is none. */
interface Lead {
  readonly field: VaccineField;
  readonly cvx: string | null;
  /** Of an NDC: how CDC writes it. */
  readonly ndc?: string | null;
  /** The vaccines that it may stand for, when it is not certain which. */
  readonly options: readonly string[];
  /** What is to be said of the clue in any case, and only if it decides. */
  readonly findings: readonly Finding[];
  readonly ifDecisive: readonly Finding[];
}

/** A clue that people decided of. */
interface Decided {
  readonly field: VaccineField;
  readonly line: MapLine;
}

/**
 * Resolves the vaccine. The first field of the order that leads to a vaccine decides; one that leads to another vaccine
 * group is reported. Codes always say what is wrong with them, names only while nothing before them has decided. The
 * outcome depends on the arguments alone.
 */
export function resolveVaccine(clues: VaccineClues, sources: VaccineSources): VaccineResolution {
  const texts = new Map<VaccineField, NameParts | null>();
  for (const field of ['cvx', 'vaccine_name', 'vaccine_group'] as const) {
    const text = clues[field];
    const mayBeName = text !== null && (field !== 'cvx' || /\p{L}{2}/u.test(text));
    if (mayBeName) texts.set(field, readNameParts(text, sources.codes));
  }
  const cpt = [clues.cvx, clues.cpt].flatMap((text) =>
    text === null ? [] : sources.codes.vaccinesOfCpt(readCpt(text).code),
  );
  const since = turningDays([...cpt, ...[...texts.values()].flatMap((parts) => parts?.flat() ?? [])]);
  const on = (day: string | null): VaccineReading => new DayResolver(clues, sources, texts, day).read();
  if (since.length === 0) {
    const reading = on(FIRST_DAY);
    return { since, readingIn: () => reading };
  }
  // Of a text that never comes again, only one period is asked for.
  const known = new Map<number | null, VaccineReading>();
  const readingIn = (period: number | null): VaccineReading => {
    let reading = known.get(period);
    if (reading === undefined) {
      reading = on(period === null ? null : period === 0 ? FIRST_DAY : since[period - 1]!);
      known.set(period, reading);
    }
    return reading;
  };
  return { since, readingIn };
}

const NO_FINDINGS: readonly Finding[] = [];

function isCode(field: VaccineField): boolean {
  return field === 'ndc' || field === 'cvx' || field === 'cpt';
}

/** Before all others. */
const FIRST_DAY = '0000-01-01';

/** A CPT or HCPCS code with what bills add to it: `90707-SL`, `90707 25`; a spreadsheet writes `90707.0`. */
const WITH_MODIFIERS = /^(\d{5}|\d{4}[A-Z]|[A-Z]\d{4})(?:\.0+)?(?:\s*[-,\s]\s*(?:[A-Z][A-Z\d]|[2-9]\d))*$/;
/** What a CPT or HCPCS code looks like that may stand in the CVX column. */
const LIKE_CPT = /^(?:\d{5}|\d{4}[A-Z]|[CGJMQS]\d{4})$/;

/** The CPT code of a text, and whether something beside it was left out. */
function readCpt(text: string): { readonly code: string; readonly isCut: boolean } {
  const value = tidyText(text).toUpperCase();
  const code = WITH_MODIFIERS.exec(value)?.[1] ?? value;
  return { code, isCut: code !== value };
}

/** No vaccine was given. In the CVX column, it says so whatever the other columns say. */
const NO_VACCINE = '998';
/** Codes that name no vaccine, and leave it to the other columns: reserved, unknown. */
const PLACEHOLDERS = new Set(['99', '999']);

/** Words in the name of a vaccine that say it was not given, or speak of the disease: refused, titer, history of. */
export const DENIAL =
  /\b(?:REFUS(?:ED|ES|AL)|DECLIN(?:ED|ES)|NOT\s+(?:GIVEN|DONE|ADMINISTERED|RECEIVED)|NEVER\s+GIVEN|NO\s+VACCINE|DEFERRED|CONTRAINDICATED|EXEMPT(?:ION)?|TIT(?:ER|RE)S?|IMMUNE(?!\s+(?:GLOB|SERUM))|IMMUNITY|SERO(?:LOGY|POSITIVE)|HX|H\/O|HISTORY|HAD|DISEASE(?!\s+VACC))\b/i;

/** Vaccine groups that senders put under one name. */
const FAMILIES: readonly (readonly string[])[] = [
  ['107', '115', '139'],
  ['108', '164'],
  ['33', '152'],
  ['88', '123', '128', '323'],
];

/** CPT and HCPCS codes for the act of giving something: 90460-90474 and their predecessors, 90480, 0001A-0174A, injections. */
const ADMINISTRATION_CPT =
  /^(?:9046[015678]|9047[0-4]|90480|0\d{3}A|9078[2-4]|96372|9638[01]|G00(?:08|09|10)|G0377|G9141|M0201)$/;

function isPlaceholder({ cvx }: Lead): boolean {
  return cvx !== null && PLACEHOLDERS.has(cvx);
}

/** The lead that says which vaccine it is, `undefined` where none does. */
function decide(leads: readonly Lead[]): Lead | undefined {
  const leading = leads.filter(({ cvx }) => cvx !== null);
  const none = leading.find(({ field, cvx }) => field === 'cvx' && cvx === NO_VACCINE);
  return none ?? leading.find((lead) => !isPlaceholder(lead)) ?? leading[0];
}

/** Follows the clues of a record on one day. */
class DayResolver {
  readonly #clues: VaccineClues;
  readonly #sources: VaccineSources;
  readonly #codes: Codes;
  readonly #texts: ReadonlyMap<VaccineField, NameParts | null>;
  readonly #day: string | null;

  constructor(
    clues: VaccineClues,
    sources: VaccineSources,
    texts: ReadonlyMap<VaccineField, NameParts | null>,
    day: string | null,
  ) {
    this.#clues = clues;
    this.#sources = sources;
    this.#codes = sources.codes;
    this.#texts = texts;
    this.#day = day;
  }

  read(): VaccineReading {
    const given = this.#sources.order.filter((field) => this.#clues[field] !== null);
    const mapped = this.#followMap(given);
    // Without its table, an NDC says nothing.
    const asked = given.filter((field) => field !== mapped?.field && (field !== 'ndc' || this.#codes.hasNdcs));
    const others = asked.map((field) => this.#follow(field));
    const leads = mapped === null ? others : [mapped, ...others];
    const ndc = leads.find((lead) => lead.field === 'ndc')?.ndc ?? null;
    const denials = this.#findDenials(given, mapped);
    const decisive = decide(leads);
    if (decisive === undefined) {
      const { findings, unmapped } = this.#unresolved(given, leads);
      return { cvx: null, ndc, findings: [...findings, ...denials], unmapped };
    }
    if (isPlaceholder(decisive)) {
      const findings = [...leads.flatMap((lead) => lead.findings), ...decisive.ifDecisive, ...denials];
      const unmapped = this.#unmapped(given, leads).filter(({ field }) => field !== decisive.field);
      return { cvx: decisive.cvx, ndc, findings, unmapped };
    }
    const findings: Finding[] = [];
    const place = leads.indexOf(decisive);
    leads.forEach((lead, index) => {
      if (index <= place || isCode(lead.field)) findings.push(...lead.findings);
      if (index === place) findings.push(...this.#onDecision(lead, leads.slice(place + 1)));
      else findings.push(...this.#compare(lead, decisive.cvx!));
    });
    return { cvx: decisive.cvx, ndc, findings: [...findings, ...denials], unmapped: [] };
  }

  /** Names that say no dose was given, whatever decides: unless a person did, of this name. */
  #findDenials(given: readonly VaccineField[], mapped: Lead | null): readonly Finding[] {
    const denied = given.filter((field) => {
      if (isCode(field) || field === mapped?.field) return false;
      const text = this.#clues[field]!;
      return DENIAL.test(text) && !this.#codes.names.has(text);
    });
    return denied.map((field) => createFinding('vaccine-name-denies', field, this.#clues[field]));
  }

  /** Where a spec lets names decide before codes, that one did needs no words. */
  #onDecision(lead: Lead, later: readonly Lead[]): readonly Finding[] {
    const isAsked = !isCode(lead.field) && later.some((each) => isCode(each.field) && !isPlaceholder(each));
    return lead.ifDecisive.filter(({ code }) => code !== 'vaccine-from-name' || !isAsked);
  }

  /** What is to be said of a clue that leads elsewhere than the one that decided. */
  #compare(lead: Lead, decided: string): readonly Finding[] {
    const { field, cvx, options } = lead;
    const value = this.#clues[field];
    if (isPlaceholder(lead)) {
      return field === 'cvx' ? [createFinding('cvx-placeholder', field, value, { after: decided })] : NO_FINDINGS;
    }
    const vaccines = cvx === null ? options : [cvx];
    if (vaccines.length > 0 && vaccines.every((each) => !this.#agree(field, decided, each))) {
      return [createFinding('vaccine-codes-disagree', field, value, { after: decided })];
    }
    const isReplaced = field === 'cvx' && cvx !== null && cvx !== decided;
    return isReplaced ? [createFinding('cvx-replaced', field, value, { after: decided })] : NO_FINDINGS;
  }

  /** Whether two vaccines may be what one record means. */
  #agree(field: VaccineField, a: string, b: string): boolean {
    if (a === b) return true;
    const groups = this.#codes.comparableGroupsOf(b);
    return this.#codes.comparableGroupsOf(a).some((group) => {
      if (groups.includes(group)) return true;
      const family = field === 'vaccine_group' ? FAMILIES.find((each) => each.includes(group)) : undefined;
      return family?.some((each) => groups.includes(each)) === true;
    });
  }

  #unresolved(given: readonly VaccineField[], leads: readonly Lead[]): Pick<VaccineReading, 'findings' | 'unmapped'> {
    const { cvx, ndc } = this.#clues;
    const findings = leads.flatMap((lead) => lead.findings);
    if (ndc !== null && !this.#codes.hasNdcs) findings.push(createFinding('ndc-unresolved', 'ndc', ndc));
    if (given.length === 0) findings.push(createFinding('vaccine-missing', 'cvx', null));
    else findings.push(createFinding('vaccine-unresolved', 'cvx', cvx));
    return { findings, unmapped: this.#unmapped(given, leads) };
  }

  /** The clues that somebody may know. The act of giving is no vaccine, whoever decides. */
  #unmapped(given: readonly VaccineField[], leads: readonly Lead[]): readonly VaccineClue[] {
    const acts = leads
      .flatMap((lead) => lead.findings)
      .flatMap(({ code, field }) => (code === 'cpt-administration' ? [field] : []));
    const unmapped = given.filter((field) => !acts.includes(field));
    return unmapped.map((field) => ({ field, value: this.#clues[field]! }));
  }

  /** What people decided of one of the clues, `null` if of none. */
  #followMap(given: readonly VaccineField[]): Lead | null {
    const { map } = this.#sources;
    if (map === null) return null;
    const exact = given.flatMap((field) => this.#decidedOf(field, map.find(field, this.#clues[field]!)));
    const found = exact.length > 0 ? exact : given.flatMap((field) => this.#decidedOfNumber(field, map));
    for (const { line } of found) map.noteMet(line.line);
    const first = found[0];
    if (first === undefined) return null;
    const { field, line } = first;
    const facts = { after: line.cvx, expected: line.date, other: line.author };
    return this.#lead(field, line.cvx, [], [createFinding('vaccine-mapped', field, this.#clues[field], facts)]);
  }

  /** A decision that holds. A map is checked by the newest tables; a submission may be judged by older ones, too. */
  #decidedOf(field: VaccineField, line: MapLine | undefined): readonly Decided[] {
    return line === undefined || this.#codes.cvx(line.cvx) === undefined ? [] : [{ field, line }];
  }

  /** What was decided of a number with other zeros, unless the tables know the number as it stands. */
  #decidedOfNumber(field: VaccineField, map: VaccineMap): readonly Decided[] {
    const line = map.findNumber(field, this.#clues[field]!);
    return line === undefined || this.#follow(field).cvx !== null ? [] : this.#decidedOf(field, line);
  }

  #follow(field: VaccineField): Lead {
    const text = this.#clues[field]!;
    if (field === 'cvx') return this.#followCvx(text);
    if (field === 'cpt') return this.#followCpt('cpt', text);
    if (field === 'ndc') return { ...followNdc(text, this.#codes), options: [], ifDecisive: NO_FINDINGS };
    return this.#followName(field, text);
  }

  #lead(
    field: VaccineField,
    cvx: string | null,
    findings: readonly Finding[] = [],
    ifDecisive: readonly Finding[] = [],
    options: readonly string[] = [],
  ): Lead {
    return { field, cvx, findings, ifDecisive, options };
  }

  #followCvx(text: string): Lead {
    const codes = this.#codes;
    const value = tidyText(text).toUpperCase();
    const lead = (cvx: string | null, finding?: Finding): Lead => this.#lead('cvx', cvx, finding ? [finding] : []);
    if (codes.cvx(value) !== undefined) return lead(value);

    // 08.0 is what a spreadsheet makes of 08, 003 what a database makes of 03.
    const number = /^0*(\d{1,3})(?:\.0+)?$/.exec(value);
    if (number !== null && !/^\d{4,}/.test(value)) {
      const code = number[1]!.padStart(2, '0');
      if (codes.cvx(code) !== undefined) return lead(code, createFinding('cvx-padded', 'cvx', text, { after: code }));
      const expected = codes.table('cvx').asOf;
      const newer = Number(code) > codes.newestCvx && Number(code) < 500;
      return lead(null, createFinding(newer ? 'cvx-newer-than-table' : 'cvx-unknown', 'cvx', text, { expected }));
    }
    if (LIKE_CPT.test(readCpt(text).code)) {
      const byCpt = this.#followCpt('cvx', text);
      if (byCpt.cvx === null) return byCpt;
      const found = createFinding('cpt-in-cvx', 'cvx', text, { after: byCpt.cvx });
      return { ...byCpt, findings: [found, ...byCpt.findings] };
    }
    const parts = this.#texts.get('cvx') ?? null;
    const named = parts === null ? null : vaccineOn(parts, this.#day, codes).cvx;
    if (named !== null) {
      const found = [createFinding('name-in-cvx', 'cvx', text, { after: named })];
      return PLACEHOLDERS.has(named) ? this.#lead('cvx', named, [], found) : this.#lead('cvx', named, found);
    }
    return lead(null, createFinding('cvx-invalid', 'cvx', text));
  }

  #followCpt(field: 'cvx' | 'cpt', text: string): Lead {
    const { code, isCut } = readCpt(text);
    const meanings = this.#codes.vaccinesOfCpt(code);
    const isAct = meanings.length === 0 && ADMINISTRATION_CPT.test(code);
    const isKnown = meanings.length > 0 || isAct;
    const cut = isCut && isKnown ? [createFinding('cpt-modifier', field, text, { after: code })] : [];
    const fail = (finding: Finding, options: readonly string[] = []): Lead =>
      this.#lead(field, null, [...cut, finding], [], options);
    const vaccines = [...new Set(meanings.map(({ cvx }) => cvx))];
    const other = vaccines.join(' or ');
    const holding = meanings.filter((meaning) => holdsOn(meaning, this.#day));
    if (holding.length === 1) {
      const { cvx } = holding[0]!;
      const byDay =
        vaccines.length > 1 ? [createFinding('cpt-decided-by-date', field, text, { after: cvx, other })] : [];
      return this.#lead(field, cvx, cut, byDay);
    }
    if (vaccines.length > 0) return fail(createFinding('cpt-ambiguous', field, text, { other }), vaccines);
    if (isAct) return fail(createFinding('cpt-administration', field, text));
    return fail(createFinding('cpt-unknown', field, text, { expected: this.#codes.table('cpt').asOf }));
  }

  #followName(field: 'vaccine_name' | 'vaccine_group', text: string): Lead {
    const parts = this.#texts.get(field) ?? null;
    if (parts === null) return this.#lead(field, null, [this.#unknownName(field, text)]);
    const { cvx, options, notBefore } = vaccineOn(parts, this.#day, this.#codes);
    if (cvx !== null)
      return this.#lead(field, cvx, [], [createFinding('vaccine-from-name', field, text, { after: cvx })]);
    const other = options.join(' or ');
    if (notBefore !== null) {
      const early = createFinding('vaccine-name-too-early', field, text, { other, expected: notBefore });
      return this.#lead(field, null, [early], [], options);
    }
    return this.#lead(field, null, [createFinding('vaccine-name-several', field, text, { other })], [], options);
  }

  /** A near miss is told, and never taken. */
  #unknownName(field: 'vaccine_name' | 'vaccine_group', text: string): Finding {
    const { names } = this.#codes;
    const essence = essenceOf(text, this.#codes);
    const nearest = names.nearestTo(essence);
    // A disease alone is near to the vaccine against it.
    const against = nearest.length > 0 || nameKey(essence) === '' ? [] : names.nearestTo(`${essence} vaccine`);
    const near = [...nearest, ...against].map((name) => {
      const vaccines = new Set(names.meaningsOf(name).map(({ cvx }) => cvx));
      return `${name} (CVX ${[...vaccines].join(' or ')})`;
    });
    if (near.length === 0) return createFinding('vaccine-name-unknown', field, text);
    return createFinding('vaccine-name-near', field, text, { other: near.join(', ') });
  }
}

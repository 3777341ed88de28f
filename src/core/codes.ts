/** The code tables, as values: read by the adapters, looked up by the normalizers and rules. */
import { Makers } from './makers.js';
import { type Meaning, VaccineNames } from './vaccine-names.js';

/** A code table as it lies in `specs/codes/`. */
export interface CodeTable {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** The day (or release) the table stands for. */
  readonly asOf: string;
  readonly notes: string;
  readonly columns: readonly string[];
  /** Text in the order of the columns; empty where not known. */
  readonly rows: readonly (readonly string[])[];
}

/** The tables that immload cannot work without. */
export const CODE_TABLES = [
  'cvx', 'mvx', 'product', 'vaccine_group', 'vaccine_alias', 'cpt', 'cpt_period', 'ndc', 'maker_alias', 'maker_merger',
  'vis', 'race', 'ethnicity', 'sex', 'language', 'state', 'zip_prefix', 'county', 'county_us', 'relationship', 'registry_status',
  'publicity', 'yes_no', 'information_source', 'completion_status',
  'refusal_reason', 'eligibility', 'funding_source', 'route', 'body_site', 'dose_unit', 'action',
] as const; // biome-ignore format: a list of names

/** What is known of a CVX code. */
export interface Cvx {
  readonly code: string;
  readonly name: string;
  readonly status: 'Active' | 'Inactive' | 'Non-US' | 'Never Active' | 'Pending';
  /** Immune globulin, skin test or placeholder rather than a vaccine. */
  readonly nonVaccine: boolean;
  /** Its name says that the formulation is not known. */
  readonly unspecified: boolean;
  /** The code that CDC asks to use instead, `null` if it does not. */
  readonly useInstead: string | null;
  /** First and last day of use in the US, `null` where not known. Only dates fit for a warning. */
  readonly validStart: string | null;
  readonly validEnd: string | null;
  /** The day on which CDC made the code, where only that is known: a hint, for older doses may be entered with newer codes. */
  readonly codeStart: string | null;
  /** A year before {@link codeStart}: earlier doses are unlikely. */
  readonly unlikelyBefore: string | null;
  /**
   * A day since which it has its status for certain: when CDC retired the code, or changed its row for the last time.
   * `null` where not known.
   */
  readonly statusSince: string | null;
}

/** Tables that were updated by the user. */
export interface CodeUpdates {
  readonly folder: string;
  /** Their ids. */
  readonly tables: readonly string[];
}

/**
 * Vaccine groups of codes that CDC's list leaves out, by the code that stands for the group. They serve to compare what the
 * columns of a record say, and nothing else.
 */
const OWN_GROUPS: ReadonlyMap<string, readonly string[]> = new Map([
  ['11', ['107']],
  ['13', ['13']],
  ['14', ['14']],
  ['71', ['304']],
  ['86', ['14']],
  ['87', ['14']],
  ['93', ['304']],
  ['95', ['98']],
  ['96', ['98']],
  ['97', ['98']],
  ['98', ['98']],
  ['112', ['139']],
  ['142', ['139']],
  ['145', ['304']],
  ['154', ['14']],
  ['156', ['159']],
  ['157', ['159']],
  ['159', ['159']],
  ['167', ['108', '164']],
  ['169', ['85']],
  ['178', ['89']],
  ['179', ['89']],
  ['180', ['13']],
  ['182', ['89']],
  ['190', ['91']],
  ['191', ['108']],
  ['192', ['108']],
  ['198', ['107', '45', '17']],
]);

/** Days on which statements for patients were published, whatever their vaccine. */
export class VisEditions {
  readonly #days: ReadonlySet<string>;
  readonly #first: string;
  readonly #asOf: string;

  constructor(asOf: string, rows: readonly Readonly<Record<string, string>>[]) {
    const days = rows.map((row) => row['edition_date']!).filter((day) => day !== '');
    this.#days = new Set(days);
    this.#first = days.reduce((first, day) => (day < first ? day : first), asOf);
    this.#asOf = asOf;
  }

  /** Whether a statement is of that day, as far as the table goes: of days before and after it, nothing is known. */
  mayBe(day: string): boolean {
    return this.#days.has(day) || day < this.#first || day > this.#asOf;
  }
}

/** Code tables with their lookups. */
export class Codes {
  readonly #tables: ReadonlyMap<string, CodeTable>;
  readonly #lookups = new Map<string, ReadonlyMap<string, string | null>>();
  readonly #columns = new Map<string, ReadonlyMap<string, string>>();
  readonly #cvx: ReadonlyMap<string, Cvx>;
  readonly #groups = new Map<string, Set<string>>();
  readonly #vaccinesByCpt = new Map<string, Meaning[]>();
  readonly #vaccinesByNdc = new Map<string, Set<string>>();
  #names: VaccineNames | undefined;
  #makers: Makers | undefined;
  #visEditions: VisEditions | undefined;
  readonly #stateNumbers: ReadonlyMap<string, string>;
  /** The first three digits of ZIP codes, from and to, by state. */
  readonly #zipRanges = new Map<string, (readonly [string, string])[]>();
  /** The highest CVX number below the ranges that CDC keeps for special purposes. */
  readonly newestCvx: number;
  /** The tables that are not those that come with immload, and their folder; `null` if all are. */
  readonly updates: CodeUpdates | null;

  /** @throws Error when a table is missing */
  constructor(tables: Iterable<CodeTable>, updates: CodeUpdates | null = null) {
    this.updates = updates;
    this.#tables = new Map([...tables].map((table) => [table.id, table]));
    for (const id of CODE_TABLES) if (!this.#tables.has(id)) throw new Error(`the code table ${id} is missing`);

    const cvx = new Map<string, Cvx>();
    let newest = 0;
    for (const row of this.rows('cvx')) {
      const fit = row['valid_basis'] === 'use' || row['valid_basis'] === 'note';
      const codeStart = (!fit && row['valid_start']) || null;
      cvx.set(row['code']!, {
        code: row['code']!,
        name: row['short_name']!,
        status: row['status'] as Cvx['status'],
        nonVaccine: row['non_vaccine'] === 'true',
        unspecified: row['unspecified'] === 'true',
        useInstead: row['use_instead'] || null,
        validStart: (fit && row['valid_start']) || null,
        validEnd: (fit && row['valid_end']) || null,
        codeStart,
        unlikelyBefore: codeStart === null ? null : `${Number(codeStart.slice(0, 4)) - 1}${codeStart.slice(4)}`,
        statusSince: (!fit && row['valid_end']) || row['last_updated'] || null,
      });
      const number = Number(row['code']);
      // 500 and above are used for Non-US vaccines, adjuvants and placeholders.
      if (number < 500) newest = Math.max(newest, number);
    }
    this.#cvx = cvx;
    this.newestCvx = newest;
    for (const row of this.vaccineRows('vaccine_group')) {
      addTo(this.#groups, row['cvx']!, row['group_cvx'] || row['group_name']!);
    }
    for (const row of this.vaccineRows('ndc')) addTo(this.#vaccinesByNdc, row['ndc']!, row['cvx']!);
    this.#stateNumbers = new Map([...this.rows('state')].map((row) => [row['code']!, row['fips']!]));
    for (const { state, from, to } of this.rows('zip_prefix')) {
      this.#zipRanges.set(state!, [...(this.#zipRanges.get(state!) ?? []), [from!, to!]]);
    }
    this.#addCpt();
  }

  /** A CPT code with periods stands for nothing else: CDC's table has no days. */
  #addCpt(): void {
    const periods = [...this.vaccineRows('cpt_period')];
    const dated = new Set(periods.map((row) => row['cpt']!));
    const rows = [...[...this.vaccineRows('cpt')].filter((row) => !dated.has(row['cpt']!)), ...periods];
    for (const { cpt, cvx, from, until } of rows) {
      const meaning = { cvx: cvx!, isTradeName: false, from: from || null, until: until || null, covers: null };
      this.#vaccinesByCpt.set(cpt!, [...(this.#vaccinesByCpt.get(cpt!) ?? []), meaning]);
    }
  }

  /** Rows about vaccines of the CVX table. One table may be newer than another, and know vaccines that it lacks. */
  *vaccineRows(id: string): Generator<Record<string, string>> {
    for (const row of this.rows(id)) if (this.#cvx.has(row['cvx']!)) yield row;
  }

  /** The rows of a table by the names of its columns. @throws Error when there is no such table */
  *rows(id: string): Generator<Record<string, string>> {
    const table = this.table(id);
    for (const row of table.rows) {
      yield Object.fromEntries(table.columns.map((column, index) => [column, row[index] ?? '']));
    }
  }

  /** The tables, in the order in which they were given. */
  get tables(): readonly CodeTable[] {
    return [...this.#tables.values()];
  }

  /** @throws Error when there is no such table */
  table(id: string): CodeTable {
    const table = this.#tables.get(id);
    if (table === undefined) throw new Error(`there is no code table ${id}`);
    return table;
  }

  /**
   * The codes of a table by everything that stands for them: the code itself, its name, other codes of the row, all in
   * upper case. `null` stands for a code that says "unknown". Old codes lead to their successors.
   */
  lookup(id: string): ReadonlyMap<string, string | null> {
    let lookup = this.#lookups.get(id);
    if (lookup === undefined) {
      lookup = this.#buildLookup(id);
      this.#lookups.set(id, lookup);
    }
    return lookup;
  }

  #buildLookup(id: string): Map<string, string | null> {
    const lookup = new Map<string, string | null>();
    const add = (key: string | undefined, code: string | null): void => {
      if (key !== undefined && key !== '' && !lookup.has(key.toUpperCase())) lookup.set(key.toUpperCase(), code);
    };
    const rows = [...this.rows(id)];
    const codeOf = (row: Record<string, string>): string | null => {
      if (row['kind'] === 'legacy') return row['replaced_by'] || null;
      return row['code_system'] === 'NCIT' && row['equivalent'] ? row['equivalent'] : row['code']!;
    };
    for (const row of rows) add(row['code'], codeOf(row));
    for (const row of rows) {
      const code = codeOf(row);
      add(row['alpha_2'], code);
      add(row['bibliographic'], code);
      // An old letter's name is a name of its successor only where there is one.
      if (row['kind'] !== 'legacy') add(row['name'], code);
    }
    return lookup;
  }

  /** What a column of a table says of each code, such as `eligibility.status`. @throws Error when there is no such table */
  column(name: `${string}.${string}`): ReadonlyMap<string, string> {
    let values = this.#columns.get(name);
    if (values === undefined) {
      const [id, column] = name.split('.') as [string, string];
      values = new Map([...this.rows(id)].map((row) => [row['code']!, row[column]!]));
      this.#columns.set(name, values);
    }
    return values;
  }

  /** The editions of Vaccine Information Statements that CDC lists. */
  get visEditions(): VisEditions {
    this.#visEditions ??= new VisEditions(this.table('vis').asOf, [...this.rows('vis')]);
    return this.#visEditions;
  }

  cvx(code: string): Cvx | undefined {
    return this.#cvx.get(code);
  }

  /** All CVX codes, in the order of their table. */
  vaccines(): readonly Cvx[] {
    return [...this.#cvx.values()];
  }

  /** The groups of a CVX code, each by the code that stands for it; none for skin tests and the like. */
  groupsOf(cvx: string): readonly string[] {
    return [...(this.#groups.get(cvx) ?? [])];
  }

  /** The names of vaccines. */
  get names(): VaccineNames {
    this.#names ??= new VaccineNames(this);
    return this.#names;
  }

  /** The makers of vaccines. */
  get makers(): Makers {
    this.#makers ??= new Makers(this);
    return this.#makers;
  }

  /** What a CPT code stands for: nothing when it is unknown, several vaccines when it is ambiguous or changed. */
  vaccinesOfCpt(cpt: string): readonly Meaning[] {
    return this.#vaccinesByCpt.get(cpt) ?? [];
  }

  /** Whether there is an NDC table: none comes with immload. */
  get hasNdcs(): boolean {
    return this.#vaccinesByNdc.size > 0;
  }

  /** The CVX codes of an NDC as CDC writes it, `00006-4681-00`: none when it is unknown. */
  vaccinesOfNdc(ndc: string): readonly string[] {
    return [...(this.#vaccinesByNdc.get(ndc) ?? [])];
  }

  /** Whether two vaccines share a group; `null` when one of them has no group. */
  shareGroup(cvxA: string, cvxB: string): boolean | null {
    const a = this.#groups.get(cvxA);
    const b = this.#groups.get(cvxB);
    if (a === undefined || b === undefined) return null;
    for (const group of a) if (b.has(group)) return true;
    return false;
  }

  /** The groups to compare a vaccine by, also of those that CDC gives none; at least the vaccine itself. */
  comparableGroupsOf(cvx: string): readonly string[] {
    const groups = this.groupsOf(cvx);
    return groups.length > 0 ? groups : (OWN_GROUPS.get(cvx) ?? [cvx]);
  }

  /** Whether a ZIP code lies in a state; `null` for a state whose ZIP codes are not in the table. */
  isZipOfState(zip: string, state: string): boolean | null {
    const ranges = this.#zipRanges.get(state);
    if (ranges === undefined) return null;
    const prefix = zip.slice(0, 3);
    return ranges.some(([from, to]) => prefix >= from && prefix <= to);
  }

  /** State number of FIPS 5-2 by USPS abbreviation, `undefined` where there is none. */
  stateNumber(state: string): string | undefined {
    return this.#stateNumbers.get(state) || undefined;
  }
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

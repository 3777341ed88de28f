/**
 * What each part of a spec is for, in a person's words.
 *
 * The check knows the properties and values from here, the schema and the documents say the same of them: a part
 * without words is not compiled, and one that is not here is not a part.
 */
import type { ColumnRule, Condition } from './column-rule.js';
import type { ControlTotal, Counted, Framing, LongRows, MarkRecord, MarkUse, ShortRows } from './framing.js';
import type { FileRole, Severity } from './model.js';
import type {
  DelimitedLayout,
  FieldUse,
  FixedLayout,
  Layout,
  LayoutField,
  ProvenanceStatus,
  RepeatedGroup,
  Spec,
  WidthUnit,
} from './spec.js';
import type { OfFiles, OfLines, OtherLine, TaggedLine, TaggedLines } from './tagged.js';

type Words<Name extends string> = Readonly<Record<Name, string>>;
type WordsOf<Part> = Words<Extract<keyof Part, string>>;

/** Parts of a layout that are made from others, and not written. */
type Made = 'tag' | 'lines';

/** The objects of a spec and their properties. */
interface SpecProperties {
  readonly spec: WordsOf<Spec> & Words<'$schema'>;
  readonly provenance: WordsOf<Spec['provenance']>;
  readonly dates: WordsOf<Spec['dates']>;
  readonly layouts: Words<FileRole | 'tagged'>;
  readonly delimited: WordsOf<Omit<DelimitedLayout, Made>>;
  readonly fixed: WordsOf<Omit<FixedLayout, Made>>;
  /** `dose` is made from a repeated group, and is not written. */
  readonly field: WordsOf<Omit<LayoutField, 'dose'>>;
  readonly group: WordsOf<RepeatedGroup>;
  /** A tagged layout: its lines, and how they are divided. */
  readonly taggedDelimited: WordsOf<Omit<DelimitedLayout, OfFiles | OfLines> & Omit<TaggedLines, 'glued'>>;
  readonly taggedFixed: WordsOf<Omit<FixedLayout, OfLines> & TaggedLines>;
  readonly line: WordsOf<TaggedLine>;
  readonly otherLine: WordsOf<OtherLine>;
  readonly mark: WordsOf<MarkRecord>;
  readonly total: WordsOf<ControlTotal>;
  readonly rule: WordsOf<ColumnRule>;
  readonly condition: WordsOf<Condition>;
  /** A set that is a code table, and no list. */
  readonly set: Words<'table'>;
}

/** The parts of every layout that say how its records are framed. */
const FRAMING: WordsOf<Framing> = {
  shortRows: 'What becomes of a record that ends before the last column.',
  longRows: 'What becomes of a record that goes on behind the last column.',
  comments: 'What a line begins with that is a comment, such as #. Comments are counted, told, and not read.',
  headerRecord: 'A record at the top that is no data, and says who sent the file, when, or how much is in it.',
  trailerRecord: 'A record at the end that is no data. Where it must be there and is not, the file was cut short.',
};

const CONDITIONS =
  'What a record may say that matters to rules, by name: {"refusal": [{"column": "refused", "is": ["YES"]}]}. A condition holds where all that it lists holds.';
const NOT_LOADED =
  'Conditions, of which one is enough, under which a record is judged by the rules of its columns and not loaded, such as one that names no patient.';
const DELIMITED = {
  format: 'How a record is divided into columns.',
  delimiter: 'The character between two columns: one ASCII character, such as | or , or \\t.',
  quote: 'The character around values that hold the delimiter; null when quotes have no meaning.',
  escape:
    'The character before quotes, delimiters and line ends that belong to a value, and before itself, such as \\\\. Left out where a quote within quotes is doubled; such quotes are understood with it, too.',
};

const FIXED = {
  format: 'How a record is divided into columns.',
  widths: 'What the widths of the columns count.',
};

const TAGGED_DELIMITED = {
  patient: 'The lines that are patients.',
  immunization: 'The lines that are doses. Each is of the patient above it, and needs no patient id of its own.',
  others: 'The lines that are known and not loaded. A line whose tag is not known at all is rejected.',
};

const TAGGED: WordsOf<TaggedLines> = {
  ...TAGGED_DELIMITED,
  glued:
    'Whether several of these stand one behind the other on one line, each in its whole width and beginning with its tag (fixed). A line that does not come out even is rejected as a whole, and so is one that may be counted in bytes or in characters: say which as `widths`.',
};

export const SPEC_PROPERTIES: SpecProperties = {
  spec: {
    $schema: 'Path of spec.schema.json, for editors that complete and check. immload itself does not read it.',
    id: 'What the specification is called on the command line and in reports: lower case letters, digits and hyphens.',
    version: 'Version of the document that the specification was made from.',
    title: 'What the specification is called by people.',
    provenance: 'Where the specification comes from, and how sure it is of itself.',
    dates: 'How dates are written.',
    nulls: 'Values that stand for "no value" in every column, such as NULL or N/A. Case does not matter.',
    vaccineOrder:
      'Which of the columns decides where several name the vaccine: the first that leads to one. The others must agree, by vaccine group. Fields that are left out follow in their usual order: ndc, cvx, cpt, vaccine_name, vaccine_group.',
    layouts: 'The kinds of file that a sender sends, column by column.',
    severities:
      'Issue codes that weigh differently here than in general. `immload explain` lists all codes and what they weigh.',
    sets: 'Lists of values that rules of columns name: {"answers": ["YES", "NO"]}, or {"counties": {"table": "county_us"}} for the codes of a code table.',
    prefixes:
      'Beginnings of values by the value of another column, for rules of columns: {"zip-of-state": {"MA": ["010-027", "055"]}}. 010-027 stands for all between the two, which have the same length. Case does not matter.',
    codes:
      'What the document that the specification was made from calls a breach, by issue code: {"value-too-long": "DATA008"}. It is shown beside the issue.',
  },
  provenance: {
    status: 'How sure the specification is of itself.',
    source: 'The documents it was made from, with their versions or dates.',
    notes: 'What a reader should know: which parts are confirmed, and which are inferred.',
  },
  dates: {
    formats: 'The forms in which dates are read, the one that senders should use first.',
    twoDigitYears: 'What becomes of a year of two digits.',
  },
  layouts: {
    patient: 'The file of patients: one record for each patient.',
    immunization: 'The file of immunizations: one record for each dose.',
    combined: 'One file in the place of both: each record has a patient, and doses of that patient.',
    tagged:
      'One file in the place of both: each line is a patient, or a dose of the patient above it, and begins with a tag that says which.',
    comment:
      'A file that may go with the others: one record for each comment on a patient, such as a refusal, a contraindication or a history of disease.',
  },
  delimited: {
    ...DELIMITED,
    header: 'Whether the first record names the columns.',
    titleRows:
      'How many lines may stand above the header, such as titles and instructions: 10 unless told otherwise, 0 where the header must come first. The header is the first line that names the columns; what stands above it is counted, told, and not read.',
    ...FRAMING,
    fields: 'The columns in their order. A combined layout may have groups of columns that stand once for each dose.',
    conditions: CONDITIONS,
    notLoaded: NOT_LOADED,
    blanks: 'What blanks around a value, or in its place, are for the rules of columns.',
    retired:
      'Columns of earlier versions. Their values are not loaded, but conditions may ask about them where a header names them.',
  },
  fixed: {
    ...FIXED,
    ...FRAMING,
    fields: 'The columns in their order. Each begins where the one before it ends.',
    conditions: CONDITIONS,
    notLoaded: NOT_LOADED,
  },
  field: {
    name: 'As the specification calls the column. Headers are matched by it; case, blanks and underscores do not matter.',
    field:
      'What the column carries: a field of the registry, or null for a column that is not loaded. In a combined layout, a field that patients and doses have says whose it is: patient.eligibility.',
    width: 'Longest value in characters (delimited), or the width of the column (fixed).',
    aliases: 'Other names of the column that headers use.',
    use: 'How much a value is asked for. Columns are optional unless they say otherwise.',
    dates: 'The date formats of this column, if others than those of the whole specification.',
    values: 'The sender’s own values and what each stands for: {"H": "2135-2"}. An empty text stands for no value.',
    default:
      'What a blank stands for, as a sender would write it: it is read as any other value is, by "values" first. A value that is not understood, and does not keep its record out, stands for the same.',
    store: 'False for a column that is used to tell patients apart, and not stored.',
    note: 'For people: what a sender should know about the column.',
    example:
      'A value as a sender would write it, which samples have in every record. {n} in it stands for a number that differs. Rules may ask for what the made-up clinic of the samples does not have: then an example has it.',
    rules:
      'What is asked of the values as they are written, beside what the field asks. Words for "no value" count as blanks.',
  },
  taggedDelimited: { ...DELIMITED, ...FRAMING, ...TAGGED_DELIMITED },
  taggedFixed: { ...FIXED, ...FRAMING, ...TAGGED },
  line: {
    tag: 'What they begin with: the value of the first column, such as P, or the first characters (fixed).',
    fields: 'Their columns in their order. The first has the tag: {"name": "Line", "field": null}.',
    conditions: CONDITIONS,
    notLoaded: NOT_LOADED,
  },
  otherLine: {
    tag: 'What they begin with.',
    width: 'How wide they are. Needed where lines are glued together.',
  },
  mark: {
    tag: 'The value of its first column, such as T (delimited).',
    prefix: 'What its line begins with, such as TRAILER. It has either this or a tag.',
    use: 'Whether each file must have it. It must unless told otherwise.',
    totals: 'What it counts, and where the numbers stand. Where they do not fit, the file was cut or changed.',
  },
  total: {
    counts: 'What the number counts.',
    field: 'Number of its column, from 1; a tag is column 1 (delimited).',
    start: 'Place of its first character in the line, from 1. It has either a place or a field.',
    width: 'How many characters it has.',
  },
  group: {
    repeat: 'How many doses one record may hold.',
    fields: 'The columns of one dose in their order. {n} in their names stands for the number of the dose.',
  },
  rule: {
    required: 'Has to have a value.',
    notToSend: 'Has to be blank.',
    fixed: 'Has to be this very value. Case does not matter.',
    pattern:
      'Has to be of this form from its first character to its last: characters, . [A-Z] [^A-Z] \\d \\w \\s \\D \\W \\S, ( | ), and ? * + {n} {n,} {n,m}. Every pattern is read in one go, so that none is slow.',
    set: 'Has to be one of the values of this set. Case, and blanks around the value, do not matter.',
    longest: 'May have so many characters, and no more.',
    dates: 'Has to be a day, or a month where YYYY-MM is allowed, written to the letter in one of these forms.',
    needs: 'Where it has a value, this column must have one, too.',
    notAfter:
      'Must not be later than the value of this column. Both are read as the dates of their columns; what is no date is not judged by it.',
    notInFuture:
      'Must not be later than the day of the load. It is read as a date of its column; what is no date is not judged by it.',
    prefixes: 'Has to begin as this table of prefixes says for the value of another column.',
    unique:
      'Must not stand in an earlier record of the file, too. Case does not matter. It takes 15 to 30 bytes of memory for each record.',
    of: 'With prefixes: the other column.',
    unlisted:
      'With prefixes: what a value is where the table does not list the value of the other column. Right unless it says otherwise.',
    asText:
      'With notAfter and notInFuture: true if dates are read to the letter, and what is no such date is compared as text.',
    evenBlank:
      'With notAfter: whether a blank in one of the two columns is a breach, too. With unique: whether a second blank is.',
    when: 'The conditions of the layout under which the rule is asked, of which one is enough. Without it, it is always asked.',
    code: 'What the document that the specification was made from calls a breach of this rule.',
  },
  condition: {
    column: 'The column that is asked about.',
    is: 'It has one of these values. Case does not matter.',
    isNot: 'It has none of these values. A blank has none of them.',
    filled: 'Whether it has a value.',
    any: 'Conditions of which one has to hold, at least.',
  },
  set: {
    table: 'The code table whose codes are the values of the set.',
  },
};

/** The values that some properties choose from. */
interface SpecValues {
  readonly status: Words<ProvenanceStatus>;
  readonly twoDigitYears: Words<Spec['dates']['twoDigitYears']>;
  readonly format: Words<Layout['format']>;
  readonly header: Words<DelimitedLayout['header']>;
  readonly widths: Words<WidthUnit>;
  readonly shortRows: Words<ShortRows>;
  readonly longRows: Words<LongRows>;
  readonly markUse: Words<MarkUse>;
  readonly counts: Words<Counted>;
  readonly use: Words<FieldUse>;
  readonly blanks: Words<NonNullable<DelimitedLayout['blanks']>>;
  readonly unlisted: Words<NonNullable<ColumnRule['unlisted']>>;
  readonly severity: Words<Severity | 'off'>;
}

export const SPEC_VALUES: SpecValues = {
  status: {
    official: 'From the document that the registry publishes.',
    'public-code': 'From public programs that write or read the format.',
    inferred: 'Put together from rules and code sets, without a document of the format itself.',
  },
  twoDigitYears: {
    'latest-past':
      'It is the latest such year that is not in the future (for expiries, not more than ten years ahead).',
    reject: 'The value is no date.',
  },
  format: {
    delimited: 'By a character between the columns.',
    fixed: 'By position: each column has its width.',
  },
  header: {
    required: 'The first record names the columns, and a file without it is refused.',
    optional: 'A first record that names the columns is understood. Without it, columns stand in the order given here.',
    absent: 'The first record is data. Columns stand in the order given here.',
  },
  widths: {
    auto: 'Bytes; but a record that has exactly as many characters as the layout is wide is counted in characters. This is the default, for senders count one or the other and do not say which.',
    bytes: 'Bytes, as programs count that know no letters beyond ASCII. In UTF-16 there are only characters to count.',
    characters: 'Characters, however many bytes each has.',
  },
  shortRows: {
    pad: 'It is read as if blanks followed; of delimited files, how many there were is told. The default of fixed-width layouts.',
    reject:
      'It is rejected. The default of delimited layouts: from a missing delimiter on, values stand in wrong columns.',
  },
  longRows: {
    cut: 'What lies behind the last column is not read, and how many such records there were is told. The default of fixed-width layouts.',
    reject: 'It is rejected. The default of delimited layouts: a value with the delimiter in it moves all that follow.',
  },
  markUse: {
    required: 'Each file must have it. Without it, nothing is loaded.',
    optional: 'Files may come without it.',
  },
  counts: {
    records:
      'The records of the file: without comments, header and trailer records, and the names of columns. Lines of a tagged file that are not loaded count, glued together or not.',
    patients: 'The records of patients.',
    immunizations: 'The records of doses.',
    all: 'The records with the header and trailer records.',
  },
  use: {
    required: 'A record without a value is rejected, unless the code of that blank weighs less than an error.',
    preferred: 'A value is wanted. A blank is loaded, and counted in the summary.',
    optional: 'May be blank.',
  },
  blanks: {
    ignored: 'They do not count: a value of blanks alone is a blank.',
    kept: 'They belong to the value. Only where neither quotes nor escapes have a meaning.',
  },
  unlisted: {
    right: 'The rule is not asked.',
    wrong: 'The value is wrong.',
  },
  severity: {
    error: 'The record is rejected; where it is about the whole file, nothing is loaded.',
    warning: 'The record is loaded, and somebody should look at it.',
    info: 'The record is loaded.',
    off: 'Not reported.',
  },
};

/** The names of an object's properties, or of the values to choose from. */
export function namesOf(words: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(words);
}

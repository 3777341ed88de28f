/** Small submissions in which as much as can be comes together: what must survive when a load of them is cut short. */
import { checkSpec, completeSpec, type Spec } from '../../src/core/spec.js';
import { MIIS } from './fixtures.js';
import { Random } from './random.js';
import { miis, type Sandbox, type SandboxLoad } from './sandbox.js';
import { smallestTagged } from './small-spec.js';

/** `miis-legacy` with comments on patients. */
const COMMENTED: Spec = {
  ...MIIS,
  layouts: {
    ...MIIS.layouts,
    comment: {
      format: 'delimited',
      delimiter: '|',
      quote: '"',
      header: 'optional',
      fields: [
        { name: 'facility_id', field: 'site_id', use: 'required' },
        { name: 'patient_id', field: 'source_patient_id', use: 'required' },
        { name: 'code', field: 'comment_code', use: 'required', values: { R: 'refusal', V: 'immunity' } },
        { name: 'since', field: 'applies_on', use: 'optional' },
      ],
    },
  },
};

function specOf(json: object): Spec {
  const problems = checkSpec(json);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return completeSpec(json);
}

/** Up to two doses in each row, with their patient. */
const COMBINED = {
  id: 'rows',
  version: '1',
  title: 'A test',
  provenance: { status: 'inferred', source: 'made up', notes: [] },
  dates: { formats: ['YYYYMMDD'], twoDigitYears: 'reject' },
  layouts: {
    combined: {
      format: 'delimited',
      delimiter: '|',
      quote: '"',
      header: 'required',
      fields: [
        { name: 'site', field: 'site_id', use: 'required' },
        { name: 'id', field: 'source_patient_id', use: 'required' },
        { name: 'last', field: 'last_name', use: 'required' },
        { name: 'first', field: 'first_name' },
        { name: 'born', field: 'birth_date', use: 'required' },
        { name: 'phone', field: 'phone' },
        {
          repeat: 2,
          fields: [
            { name: 'cvx{n}', field: 'cvx' },
            { name: 'given{n}', field: 'administered_on' },
            { name: 'lot{n}', field: 'lot_number' },
          ],
        },
      ],
    },
  },
};

const PATIENTS = 'facility_id|patient_id|last_name|first_name|birth_date|sex|street|phone';
const DOSES = 'facility_id|patient_id|vaccination_id|cvx|admin_date|lot_number|mvx|information_source';

/** People whom several sites know, by one or several ids, with faults, and with ids that stand for two. */
function patientsOf(random: Random, count: number): string[] {
  return Array.from({ length: count }, () => {
    const person = random.integer(1, 12);
    // Now and then an id is given to somebody else, or the name is missing.
    const id = random.chance(0.06) ? (person % 12) + 1 : person;
    const name = random.chance(0.05) ? '' : `Lee${'ABCDEFGHIJKL'[person - 1]}`;
    const day = `201505${String(10 + person)}`;
    const sex = random.pick(['F', 'F', 'Q', '']);
    const first = random.pick(['Ann', 'Ann', 'Anne']);
    const street = random.pick(['', '1 Elm St', '2 Oak Rd']);
    return `F${random.integer(1, 3)}|${id}|${name}|${first}|${day}|${sex}|${street}|${random.pick(['', '6175550134'])}`;
  });
}

/** A vaccine that nobody knows is among them. */
const VACCINES = ['08', '45', '110', '20', '107', '03', '03', '998877'];
const LOTS = ['', '', 'A1234', 'A1243', 'B5678'];

function dayOf(random: Random): string {
  return random.chance(0.03) ? '20161399' : `2016050${random.integer(2, 9)}`;
}

/** Doses in no order, many of which are the same as others, or may be. */
function dosesOf(random: Random, count: number, run: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const place = `F${random.integer(1, 3)}|${random.integer(1, 14)}|${run}-${i}`;
    const made = random.pick(['', 'SKB', 'MSD']);
    return `${place}|${random.pick(VACCINES)}|${dayOf(random)}|${random.pick(LOTS)}|${made}|${random.pick(['00', '01'])}`;
  });
}

function commentsOf(random: Random, count: number): string[] {
  return Array.from({ length: count }, () => {
    const since = random.pick(['', '20160504', '20160505']);
    return `F${random.integer(1, 3)}|${random.integer(1, 13)}|${random.pick(['R', 'V', 'V', 'X'])}|${since}`;
  });
}

function combinedOf(random: Random, count: number): string[] {
  return Array.from({ length: count }, () => {
    const person = random.integer(1, 10);
    const dose = (): string => `${random.pick(VACCINES)}|${dayOf(random)}|${random.pick(LOTS)}`;
    const born = `201505${String(10 + (random.chance(0.05) ? 11 : person))}`;
    const phone = random.pick(['', '6175550134']);
    const who = `F${random.integer(1, 2)}|${person}|Lee${'ABCDEFGHIJ'[person - 1]}|Ann|${born}|${phone}`;
    return `${who}|${dose()}|${random.chance(0.5) ? dose() : '||'}`;
  });
}

function taggedOf(random: Random, patients: number): string[] {
  return Array.from({ length: patients }, () => {
    const person = random.integer(1, 10);
    const doses = Array.from({ length: random.integer(0, 4) }, () => {
      return `I|05/0${random.integer(2, 9)}/2016|${random.pick(VACCINES)}`;
    });
    const name = random.chance(0.06) ? '' : `Lee${'ABCDEFGHIJ'[person - 1]}`;
    return [`P|${person}|${name}|05/${10 + person}/2015`, ...doses].join('\n');
  });
}

/** So little at a time that there are many borders. */
export const TINY = { chunkBytes: 400, blockBytes: 300, batchRows: 12, sortCharacters: 900 };

/** The specification of each kind, as a file holds it. */
export const RICH_SPECS: Readonly<Record<string, object>> = {
  'three kinds of files': COMMENTED,
  'matched by weight': MIIS,
  'a file of patients and doses': COMBINED,
  'lines of patients and doses': smallestTagged(),
};

/** Submissions by what they are; each kind in two runs, of which the first makes what the second meets. */
export const RICH: Readonly<Record<string, (seed: number, run: 0 | 1) => SandboxLoad>> = {
  'three kinds of files': (seed, run) => {
    const random = new Random(seed * 2 + run);
    return {
      spec: COMMENTED,
      patients: { 'p.txt': miis(PATIENTS, ...patientsOf(random, 26)) },
      immunizations: {
        'd.txt': miis(DOSES, ...dosesOf(random, 70, run)),
        'e.txt': miis(DOSES, ...dosesOf(random, 20, run + 2)),
      },
      comments: { 'c.txt': miis('facility_id|patient_id|code|since', ...commentsOf(random, 24)) },
      sizes: TINY,
    };
  },
  'matched by weight': (seed, run) => {
    const random = new Random(seed * 2 + run);
    return {
      spec: MIIS,
      patients: { 'p.txt': miis(PATIENTS, ...patientsOf(random, 30)) },
      immunizations: { 'd.txt': miis(DOSES, ...dosesOf(random, 30, run)) },
      // The first run leaves keys to be added.
      matchModel: run === 0 ? 'exact' : 'fixed',
      sizes: TINY,
    };
  },
  'a file of patients and doses': (seed, run) => {
    const random = new Random(seed * 2 + run);
    const columns = 'site|id|last|first|born|phone|cvx1|given1|lot1|cvx2|given2|lot2';
    return { spec: specOf(COMBINED), files: { 'h.txt': miis(columns, ...combinedOf(random, 40)) }, sizes: TINY };
  },
  'lines of patients and doses': (seed, run) => {
    const random = new Random(seed * 2 + run);
    return {
      spec: specOf(smallestTagged()),
      site: 'F1',
      files: { 'h.txt': miis('P|99|First|05/04/2015', ...taggedOf(random, 24)) },
      sizes: TINY,
    };
  },
};

/** A submission with its files on the disk, so that every load reads the same ones. */
export function writeRich(sandbox: Sandbox, submission: SandboxLoad): SandboxLoad {
  const written: Record<string, string[]> = {};
  for (const role of ['patients', 'immunizations', 'comments', 'files'] as const) {
    written[role] = Object.entries((submission[role] ?? {}) as Record<string, string>).map(([name, text]) => {
      return sandbox.write(name, text);
    });
  }
  return { ...submission, ...written };
}

/**
 * A clinic with a thousand faults of the kinds that suggestions think of, and what each record said before. Beside them
 * stand faults of other kinds that look like those.
 *
 * Faults are planted as senders make them, whether they can be seen or not: a day and a month that are swapped often give
 * another possible day, and a ZIP code with two digits transposed one of the same state. Names of vaccines are those that
 * stand in charts, and lots those that several makers might have written. Each fault stands with a patient of its own.
 */
import type { FieldName, Role } from '../../src/core/model.js';
import { toCells, toLine } from '../../src/core/write.js';
import { makeClinic, type TrueDose, type TruePatient } from './clinic.js';
import { MIIS } from './fixtures.js';
import { Random } from './random.js';
import { mistype, mistypeDigits } from './typing-errors.js';

export const FAULT_KINDS = [
  'day and month swapped',
  'birth date and dose date exchanged',
  'wrong century',
  'ZIP digits transposed',
  'vaccine by a mistyped name',
  'maker left out or mistyped',
  'last and first name exchanged',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Faults of which suggestions do not think, and that look as those do of which they think. */
export const LOOK_ALIKES = [
  'birth year some years late',
  'doses of an elder sister',
  'decade of a birth date mistyped',
  'decade of a dose mistyped',
  'a digit of a date mistyped',
  'another vaccine of nearly the same name',
  'a history of the disease',
] as const;
export type LookAlike = (typeof LOOK_ALIKES)[number];

/** A fault, the record that it shows itself in, and what should be written there. */
export interface PlantedFault {
  readonly kind: FaultKind;
  readonly role: Role;
  /** Number of the record in its file. */
  readonly record: number;
  /** The right values by field, as the layout writes them. A value of another record has `patient.` before its field. */
  readonly right: Readonly<Record<string, string>>;
}

/** A submission with faults. */
export interface FaultyClinic {
  /**
   * What the records say in truth, in the order of their files: values by field, as the layout writes them, and beside a
   * dose its patient's, as `patient.birth_date`.
   */
  readonly truth: Readonly<Record<Role, readonly Readonly<Record<string, string>>[]>>;
  readonly patients: string;
  readonly immunizations: string;
  readonly faults: readonly PlantedFault[];
}

/** A record while it is spoiled: what stands in it, by field. Days are as the layout writes them. */
type Cells = Partial<Record<FieldName, string>>;

interface Victim {
  readonly patient: Cells;
  readonly doses: Cells[];
}

/** What a fault does: the record that it shows itself in (-1 for the patient), and the right values; `null` if it cannot be planted here. */
type Plant = (
  victim: Victim,
  random: Random,
) => { readonly dose: number; readonly right: Record<string, string> } | null;

const PATIENT = -1;

function swapDayAndMonth(date: string): string {
  return date.slice(0, 4) + date.slice(6) + date.slice(4, 6);
}

const PLANTS: Readonly<Record<FaultKind, Plant>> = {
  'day and month swapped': ({ patient, doses }, random) => {
    const dose = random.chance(0.4) ? PATIENT : random.integer(0, doses.length - 1);
    const [cells, field] =
      dose === PATIENT ? ([patient, 'birth_date'] as const) : ([doses[dose]!, 'administered_on'] as const);
    const right = cells[field]!;
    const [y, m, d] = [right.slice(0, 4), right.slice(4, 6), right.slice(6)];
    if (m === d) return null;
    cells[field] = random.chance(0.5) ? swapDayAndMonth(right) : `${d}/${m}/${y}`;
    return { dose, right: { [field]: right } };
  },
  'birth date and dose date exchanged': ({ patient, doses }, random) => {
    const dose = random.integer(0, doses.length - 1);
    const [birth, day] = [patient.birth_date!, doses[dose]!.administered_on!];
    if (birth === day) return null;
    patient.birth_date = day;
    doses[dose]!.administered_on = birth;
    return { dose, right: { administered_on: day, 'patient.birth_date': birth } };
  },
  'wrong century': ({ patient, doses }, random) => {
    const dose = random.chance(0.5) ? PATIENT : random.integer(0, doses.length - 1);
    const [cells, field] =
      dose === PATIENT ? ([patient, 'birth_date'] as const) : ([doses[dose]!, 'administered_on'] as const);
    const right = cells[field]!;
    const century = Number(right.slice(0, 2)) + random.pick([-1, 1]);
    cells[field] = century + right.slice(2);
    return { dose, right: { [field]: right } };
  },
  'ZIP digits transposed': ({ patient }, random) => {
    const right = patient.zip!;
    const transposed = [0, 1, 2, 3]
      .map((at) => right.slice(0, at) + right[at + 1]! + right[at]! + right.slice(at + 2))
      .filter((zip) => zip !== right);
    if (transposed.length === 0) return null;
    patient.zip = random.pick(transposed);
    return { dose: PATIENT, right: { zip: right } };
  },
  'vaccine by a mistyped name': ({ doses }, random) => {
    const dose = random.integer(0, doses.length - 1);
    const right = doses[dose]!.cvx!;
    doses[dose]!.vaccine_name = mistype(random.pick(NAMES_IN_CHARTS[right]!), random);
    doses[dose]!.cvx = random.pick(['', '777', 'A1']);
    return { dose, right: { cvx: right } };
  },
  'maker left out or mistyped': ({ doses }, random) => {
    const given = doses.flatMap((each, at) => (each.mvx === undefined ? [] : [at]));
    if (given.length === 0) return null;
    const dose = random.pick(given);
    const right = doses[dose]!.mvx!;
    doses[dose]!.mvx = random.pick(['', 'XQZ']);
    return { dose, right: { mvx: right } };
  },
  'last and first name exchanged': ({ patient }) => {
    const { last_name: last, first_name: first } = patient;
    if (last === undefined || first === undefined || last === first) return null;
    patient.last_name = first;
    patient.first_name = last;
    return { dose: PATIENT, right: { last_name: last, first_name: first } };
  },
};

/** What charts have for the vaccines of the clinic, as far as it says which one it was. */
const NAMES_IN_CHARTS: Readonly<Record<string, readonly string[]>> = {
  '08': ['Engerix-B Pediatric', 'Recombivax HB Pediatric', 'Hepatitis B, pediatric'],
  '20': ['Infanrix', 'DTaP (Infanrix)'],
  '10': ['IPOL', 'Polio (IPV)', 'Ipol'],
  '49': ['PedvaxHIB', 'Pedvax HIB', 'Hib (PRP-OMP)'],
  '116': ['RotaTeq', 'Rotateq', 'Rotavirus, pentavalent'],
  '133': ['Prevnar 13', 'PCV13', 'Prevnar13'],
  '03': ['M-M-R II', 'MMR', 'MMR II', 'Measles, Mumps, Rubella'],
  '21': ['Varivax', 'Varicella', 'VARIVAX'],
  '83': ['Havrix Pediatric', 'Vaqta Pediatric', 'Hep A, ped/adol, 2 dose'],
  '115': ['Boostrix', 'Adacel', 'Tdap', 'Tdap (Boostrix)'],
  '114': ['Menactra', 'MENACTRA'],
  '62': ['Gardasil', 'HPV, quadrivalent'],
  '165': ['Gardasil 9', 'Gardasil9', 'HPV9'],
  '33': ['Pneumovax 23', 'Pneumovax', 'PPSV23'],
  '141': ['Fluvirin', 'Influenza, seasonal, injectable', 'Influenza, trivalent, with preservative'],
  '158': ['Influenza, injectable, quadrivalent', 'Afluria quadrivalent, with preservative'],
  '140': ['Fluarix trivalent, preservative free', 'Influenza, seasonal, injectable, preservative free'],
};

/** Names beside which another vaccine has nearly the same, by the vaccine that was given. */
const NEIGHBOUR_NAMES: Readonly<Record<string, readonly string[]>> = {
  '08': ['Hep A, pediatric', 'Engerix-B Adult 3', 'Hepatitis X'],
  '20': ['DTaP, 4 pertussis antigens', 'DTap-IPV-X', 'Infanrix Hex'],
  '03': ['Priorix-Tetr', 'MMRX', 'M-M-V'],
  '133': ['pneumococcal conjugate PCV 14', 'Prevnar 12', 'PCV 11'],
  '21': ['Varilrix', 'Varicella IG', 'Varivax-like'],
  '165': ['HPV8', 'Gardasil 4', 'HPV, bivalent'],
  '141': ['Influenza, high-dose, bivalent, PF', 'Influenza, live, intramuscular', 'Vaxigrip'],
  '158': ['Influenza, quintivalent, PF', 'Flublok bivalent', 'Influvac'],
  '115': ['Tdap-IPV-Hib', 'Td adsorbed 9', 'Boostrix-IPV'],
  '10': ['Imovax Polio', 'IPOX', 'OPV 2'],
};

/** The ways in which makers write their lots: some have several, and most of them are shared. */
const LOT_SHAPES: Readonly<Record<string, readonly string[]>> = {
  MSD: ['A999999', '9999A', 'A99999'],
  SKB: ['AA99A999AA', '9A9AA', 'A99999'],
  PMC: ['A9999AA', 'AA999AA', 'A99999'],
  PFR: ['A99999', 'AA9999'],
  WAL: ['A99999', '999999'],
  SEQ: ['A999999999', '999999'],
  CSL: ['999999', 'A999999999'],
};
const LOTS_A_YEAR = 3;

/** Lots as clinics get them: a lot goes to many patients, and nothing in it says which vaccine it is. */
class LotBook {
  readonly #random: Random;
  readonly #lots = new Map<string, string>();

  constructor(random: Random) {
    this.#random = random;
  }

  lotOf({ mvx, cvx, administered_on: day }: TrueDose): string {
    const key = `${mvx} ${cvx} ${day!.slice(0, 4)} ${this.#random.integer(1, LOTS_A_YEAR)}`;
    let lot = this.#lots.get(key);
    if (lot === undefined) {
      const shape = this.#random.pick(LOT_SHAPES[mvx!]!);
      lot = shape.replace(/[A9]/g, (kind) => (kind === '9' ? this.#random.digits(1) : this.#random.pick([...LETTERS])));
      this.#lots.set(key, lot);
    }
    return lot;
  }
}

const LETTERS = 'ABCDEFGHJKLMNPRSTUVWXY';

/** The date with its year moved. */
function inYear(date: string, year: number): string {
  return String(year) + date.slice(4);
}

/** Plants a look-alike; `false` if it cannot be planted here. */
type PlantLookAlike = (victim: Victim, random: Random) => boolean;

const LOOK_ALIKE_PLANTS: Readonly<Record<LookAlike, PlantLookAlike>> = {
  'birth year some years late': ({ patient }, random) => {
    patient.birth_date = inYear(
      patient.birth_date!,
      Number(patient.birth_date!.slice(0, 4)) + random.pick([1, 2, 3, 10]),
    );
    return true;
  },
  'doses of an elder sister': ({ doses }, random) => {
    const years = random.integer(2, 9);
    for (const dose of doses) {
      dose.administered_on = inYear(dose.administered_on!, Number(dose.administered_on!.slice(0, 4)) - years);
    }
    return true;
  },
  'decade of a birth date mistyped': ({ patient }, random) => {
    const date = patient.birth_date!;
    patient.birth_date = date.slice(0, 2) + random.pick([...'3456789']) + date.slice(3);
    return true;
  },
  'decade of a dose mistyped': ({ doses }, random) => {
    const dose = random.pick(doses);
    const date = dose.administered_on!;
    dose.administered_on = date.slice(0, 2) + random.pick([...'3456789']) + date.slice(3);
    return true;
  },
  'a digit of a date mistyped': ({ patient, doses }, random) => {
    const [cells, field] = random.chance(0.4)
      ? ([patient, 'birth_date'] as const)
      : ([random.pick(doses), 'administered_on'] as const);
    cells[field] = mistypeDigits(cells[field]!, random);
    return true;
  },
  'another vaccine of nearly the same name': ({ doses }, random) => {
    const dose = random.pick(doses);
    const names = NEIGHBOUR_NAMES[dose.cvx!];
    if (names === undefined) return false;
    dose.vaccine_name = random.pick(names);
    dose.cvx = random.pick(['', '777', 'A1']);
    return true;
  },
  'a history of the disease': ({ doses }, random) => {
    const dose = random.pick(doses);
    const disease = random.pick(['Varicella', 'Measles', 'Mumps', 'Chickenpox', 'Shingles', 'Hepatitis B']);
    dose.vaccine_name = mistype(`${disease} ${random.pick(['hx', 'history', 'disease', 'titer', 'immune'])}`, random);
    dose.cvx = random.pick(['', '777']);
    return true;
  },
};

function cellsOf(values: TruePatient | TrueDose, role: Role): Cells {
  const cells = toCells(values, role, MIIS);
  const named = MIIS.layouts[role].fields.flatMap(({ field }, at) =>
    field === null || cells[at] === '' ? [] : [[field, cells[at]!] as const],
  );
  return Object.fromEntries(named);
}

function lineOf(cells: Cells, role: Role): string {
  const layout = MIIS.layouts[role];
  return toLine(
    layout.fields.map(({ field }) => (field === null ? '' : (cells[field] ?? ''))),
    layout,
  );
}

/** Makes the clinic. The same seed gives the same faults. */
export function plantFaults(seed: number, wanted: number): FaultyClinic {
  const random = new Random(seed);
  const book = new LotBook(random);
  const victims: Victim[] = [];
  for (const { patient, doses } of makeClinic({ patients: wanted * 3, dosesPerPatient: 7, seed: seed + 1 })) {
    const withLots = doses.map((dose) => (dose.mvx === undefined ? dose : { ...dose, lot_number: book.lotOf(dose) }));
    victims.push({
      patient: cellsOf(patient, 'patient'),
      doses: withLots.map((dose) => cellsOf(dose, 'immunization')),
    });
  }
  const truth = {
    patient: victims.map(({ patient }) => ({ ...patient })),
    immunization: victims.flatMap(({ patient, doses }) =>
      doses.map((dose) => ({ ...dose, 'patient.birth_date': patient.birth_date! })),
    ),
  };
  const planted: { kind: FaultKind; victim: number; dose: number; right: Record<string, string> }[] = [];
  let at = 0;
  for (; planted.length < wanted; at++) {
    const kind = FAULT_KINDS[planted.length % FAULT_KINDS.length]!;
    const fault = victims[at]!.doses.length === 0 ? null : PLANTS[kind](victims[at]!, random);
    if (fault !== null) planted.push({ kind, victim: at, ...fault });
  }
  for (let count = 0; count < wanted / 2; at++) {
    const victim = victims[at]!;
    if (victim.doses.length > 0 && LOOK_ALIKE_PLANTS[LOOK_ALIKES[count % LOOK_ALIKES.length]!](victim, random)) count++;
  }
  const firstDose: number[] = [];
  let doses = 0;
  for (const victim of victims) {
    firstDose.push(doses + 1);
    doses += victim.doses.length;
  }
  const faults = planted.map(({ kind, victim, dose, right }): PlantedFault => {
    const ofPatient = dose === PATIENT;
    const record = ofPatient ? victim + 1 : firstDose[victim]! + dose;
    return { kind, role: ofPatient ? 'patient' : 'immunization', record, right };
  });
  return {
    truth,
    patients: `${victims.map(({ patient }) => lineOf(patient, 'patient')).join('\n')}\n`,
    immunizations: `${victims.flatMap((victim) => victim.doses.map((dose) => lineOf(dose, 'immunization'))).join('\n')}\n`,
    faults,
  };
}

/**
 * A clinic with a thousand faults of the kinds that suggestions think of, and what each record said before.
 *
 * Faults are planted as senders make them, whether they can be seen or not: a day and a month that are swapped often give
 * another possible day. Each fault stands with a patient of its own.
 */
import type { FieldName, Role } from '../../src/core/model.js';
import { toCells, toLine } from '../../src/core/write.js';
import { isZipOfState } from '../../src/core/zip-states.js';
import { makeClinic, type TrueDose, type TruePatient } from './clinic.js';
import { CODES, MIIS } from './fixtures.js';
import { Random } from './random.js';
import { mistype } from './typing-errors.js';

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
      .filter((zip) => zip !== right && isZipOfState(zip, patient.state!) === false);
    if (transposed.length === 0) return null;
    patient.zip = random.pick(transposed);
    return { dose: PATIENT, right: { zip: right } };
  },
  'vaccine by a mistyped name': ({ doses }, random) => {
    const dose = random.integer(0, doses.length - 1);
    const right = doses[dose]!.cvx!;
    const products = CODES.table('product').rows.filter((row) => row[1] === right && row[0]!.length > 4);
    if (products.length === 0) return null;
    const name = random.pick(products)[0]!;
    doses[dose]!.vaccine_name = mistype(name, random);
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

/** Lots as clinics get them: a maker’s lot goes to many patients, and looks like that maker’s lots. */
function lotOf(dose: TrueDose, random: Random): string {
  const prefix = { MSD: 'K', SKB: 'AC', PMC: 'U', PFR: 'F', WAL: 'W', SEQ: 'P', CSL: 'C' }[dose.mvx!] ?? 'X';
  return `${prefix}${dose.cvx!.padStart(3, '0')}${dose.administered_on!.slice(2, 4)}${random.integer(1, 3)}A`;
}

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
  const victims: Victim[] = [];
  for (const { patient, doses } of makeClinic({ patients: wanted * 3, dosesPerPatient: 7, seed: seed + 1 })) {
    const withLots = doses.map((dose) =>
      dose.mvx === undefined ? dose : { ...dose, lot_number: lotOf(dose, random) },
    );
    victims.push({
      patient: cellsOf(patient, 'patient'),
      doses: withLots.map((dose) => cellsOf(dose, 'immunization')),
    });
  }
  const planted: { kind: FaultKind; victim: number; dose: number; right: Record<string, string> }[] = [];
  for (let at = 0; planted.length < wanted; at++) {
    const kind = FAULT_KINDS[planted.length % FAULT_KINDS.length]!;
    const fault = victims[at]!.doses.length === 0 ? null : PLANTS[kind](victims[at]!, random);
    if (fault !== null) planted.push({ kind, victim: at, ...fault });
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
    patients: `${victims.map(({ patient }) => lineOf(patient, 'patient')).join('\n')}\n`,
    immunizations: `${victims.flatMap((victim) => victim.doses.map((dose) => lineOf(dose, 'immunization'))).join('\n')}\n`,
    faults,
  };
}

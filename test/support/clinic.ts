/**
 * A made-up clinic: patients and their doses, as the truth that files are written from.
 *
 * Nobody in it exists. Names are put together from lists, addresses from made-up streets, phone numbers from the 555
 * exchange. The same options give the same clinic.
 */
import type { Codes } from '../../src/core/codes.js';
import type { ImmunizationField, IsoDate, PatientField } from '../../src/core/model.js';
import { Random } from './random.js';

/** Values by field, as the registry would hold them. A field without a value is left out. */
export type TruePatient = Partial<Record<PatientField, string>>;
export type TrueDose = Partial<Record<ImmunizationField, string>>;

export interface ClinicOptions {
  readonly patients: number;
  /** Doses per patient, on average. */
  readonly dosesPerPatient: number;
  readonly seed: number;
  readonly site?: string;
  /** The last day anything happened on. */
  readonly until?: string;
}

export interface PatientWithDoses {
  readonly patient: TruePatient;
  readonly doses: readonly TrueDose[];
}

const LAST_NAMES = [
  'Abbott', 'Alvarez', 'Andrade', 'Baptiste', 'Barros', 'Bennett', 'Bouchard', 'Brennan', 'Cabral', 'Callahan', 'Chan',
  'Chen', 'Connolly', 'Costa', 'Cruz', 'Cunha', 'Curran', 'DaSilva', 'Delgado', 'Desrosiers', 'Diaz', 'Doherty',
  'Donovan', 'Dubois', 'Estrada', 'Farrell', 'Ferreira', 'Figueroa', 'Fitzgerald', 'Flores', 'Fontaine', 'Fournier',
  'Gagnon', 'Garcia', 'Gauthier', 'Gomes', 'Gonzalez', 'Goodwin', 'Greene', 'Guzman', 'Hadley', 'Harrington', 'Hayes',
  'Hernandez', 'Huang', 'Jean-Louis', 'Jimenez', 'Johnson', 'Joseph', 'Kaplan', 'Keane', 'Kelley', 'Kim', 'Kowalski',
  'Lavoie', 'LeBlanc', 'Lee', 'Lopes', 'Lopez', 'Lynch', 'MacDonald', 'Mahoney', 'Marques', 'Martin', 'McCarthy',
  'McGrath', 'Medeiros', 'Mendes', 'Mensah', 'Miller', 'Monteiro', 'Moreau', 'Murphy', 'Nguyen', 'Nowak', 'Nunes',
  'O\'Brien', 'O\'Leary', 'Oliveira', 'Ortiz', 'Osei', 'Pacheco', 'Park', 'Patel', 'Pelletier', 'Pereira', 'Perez',
  'Pham', 'Pierre', 'Pires', 'Powers', 'Quinn', 'Ramirez', 'Reis', 'Reyes', 'Richard', 'Rivera', 'Roche', 'Rodrigues',
  'Rosario', 'Santos', 'Shah', 'Silva', 'Singh', 'Soares', 'Sousa', 'Sullivan', 'Tavares', 'Teixeira', 'Thibault',
  'Torres', 'Tran', 'Vargas', 'Vieira', 'Walsh', 'Wang', 'Whitman', 'Wong', 'Young', 'Zhang',
]; // biome-ignore format: a list of names
const FEMALE_NAMES = [
  'Abigail', 'Alicia', 'Amelia', 'Ana', 'Angela', 'Anna', 'Beatriz', 'Brianna', 'Camila', 'Carla', 'Caroline',
  'Catherine', 'Chloe', 'Clara', 'Daniela', 'Deborah', 'Elena', 'Elizabeth', 'Emily', 'Emma', 'Erin', 'Fatima',
  'Gabriela', 'Grace', 'Hannah', 'Helena', 'Isabel', 'Jasmine', 'Jennifer', 'Julia', 'Karen', 'Kathleen', 'Laura',
  'Leah', 'Linda', 'Lucia', 'Maeve', 'Margaret', 'Maria', 'Mary', 'Megan', 'Mei', 'Mia', 'Natalie', 'Nora', 'Olivia',
  'Patricia', 'Priya', 'Rachel', 'Rosa', 'Sarah', 'Sofia', 'Teresa', 'Thuy', 'Valeria', 'Victoria', 'Yara', 'Zoe',
]; // biome-ignore format: a list of names
const MALE_NAMES = [
  'Aaron', 'Adam', 'Alexander', 'Andre', 'Anthony', 'Antonio', 'Benjamin', 'Brendan', 'Brian', 'Bruno', 'Caleb',
  'Carlos', 'Charles', 'Christopher', 'Daniel', 'David', 'Diego', 'Dylan', 'Edward', 'Eli', 'Ethan', 'Felipe',
  'Gabriel', 'George', 'Henry', 'Hugo', 'Ian', 'Isaac', 'Ivan', 'Jack', 'Jacob', 'James', 'Joao', 'John', 'Jorge',
  'Jose', 'Joseph', 'Juan', 'Kevin', 'Kwame', 'Liam', 'Lucas', 'Luis', 'Marco', 'Matthew', 'Michael', 'Miguel', 'Minh',
  'Nathan', 'Noah', 'Oscar', 'Patrick', 'Paul', 'Pedro', 'Rafael', 'Robert', 'Ryan', 'Samuel', 'Sean', 'Thomas',
  'Tiago', 'Victor', 'Wei', 'William',
]; // biome-ignore format: a list of names
const STREETS = ['Maple', 'Oak', 'Harbor', 'Mill', 'Chestnut', 'Orchard', 'Quarry', 'Lighthouse', 'Meadow', 'Station'];
const STREET_KINDS = ['St', 'Ave', 'Rd', 'Ln', 'Ct'];
/** City, ZIP code, county. */
const PLACES = [
  ['Boston', '02118', '25025'],
  ['Worcester', '01605', '25027'],
  ['Springfield', '01108', '25013'],
  ['Lowell', '01852', '25017'],
  ['Cambridge', '02139', '25017'],
  ['New Bedford', '02740', '25005'],
  ['Brockton', '02301', '25023'],
  ['Quincy', '02169', '25021'],
  ['Lynn', '01902', '25009'],
  ['Fall River', '02720', '25005'],
  ['Lawrence', '01841', '25009'],
  ['Pittsfield', '01201', '25003'],
  ['Barnstable', '02630', '25001'],
] as const;
const RACES = ['2106-3', '2106-3', '2106-3', '2054-5', '2028-9', '2131-1', '1002-5', '2076-8'];
const LANGUAGES = ['eng', 'eng', 'eng', 'eng', 'spa', 'por', 'zho', 'hat', 'vie', 'khm'];
const NURSES = [
  ['Ashford', 'Joyce', 'RN'],
  ['Bellamy', 'Ruth', 'LPN'],
  ['Crane', 'Philip', 'MD'],
  ['Danforth', 'Irene', 'NP'],
] as const;

/** A vaccine of the schedule: codes, makers that make it, first and last year of use, route, age in months of each dose. */
interface ScheduledVaccine {
  readonly cvx: string;
  readonly cpt: string;
  readonly makers: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly route: string;
  readonly ages: readonly number[];
}

const SCHEDULE: readonly ScheduledVaccine[] = [
  { cvx: '08', cpt: '90744', makers: ['SKB', 'MSD'], from: 1992, to: 2026, route: 'IM', ages: [0, 1, 6] },
  { cvx: '20', cpt: '90700', makers: ['PMC', 'SKB'], from: 1998, to: 2026, route: 'IM', ages: [2, 4, 6, 15, 54] },
  { cvx: '10', cpt: '90713', makers: ['PMC'], from: 1992, to: 2026, route: 'IM', ages: [2, 4, 12, 54] },
  { cvx: '49', cpt: '90647', makers: ['MSD'], from: 1992, to: 2026, route: 'IM', ages: [2, 4, 12] },
  { cvx: '116', cpt: '90680', makers: ['MSD'], from: 2007, to: 2026, route: 'PO', ages: [2, 4, 6] },
  { cvx: '133', cpt: '90670', makers: ['PFR', 'WAL'], from: 2011, to: 2022, route: 'IM', ages: [2, 4, 6, 13] },
  { cvx: '03', cpt: '90707', makers: ['MSD'], from: 1980, to: 2026, route: 'SC', ages: [12, 50] },
  { cvx: '21', cpt: '90716', makers: ['MSD'], from: 1996, to: 2026, route: 'SC', ages: [12, 50] },
  { cvx: '83', cpt: '90633', makers: ['SKB', 'MSD'], from: 2000, to: 2026, route: 'IM', ages: [13, 20] },
  {
    cvx: '115',
    cpt: '90715',
    makers: ['PMC', 'SKB'],
    from: 2006,
    to: 2026,
    route: 'IM',
    ages: [133, 253, 373, 493, 613],
  },
  { cvx: '114', cpt: '90734', makers: ['PMC'], from: 2006, to: 2022, route: 'IM', ages: [134, 194] },
  { cvx: '62', cpt: '90649', makers: ['MSD'], from: 2007, to: 2016, route: 'IM', ages: [135, 137, 141] },
  { cvx: '165', cpt: '90651', makers: ['MSD'], from: 2017, to: 2026, route: 'IM', ages: [136, 142] },
  { cvx: '33', cpt: '90732', makers: ['MSD'], from: 1990, to: 2026, route: 'IM', ages: [780] },
];
/** Flu vaccine by season: the autumn of the year. */
const FLU: readonly ScheduledVaccine[] = [
  { cvx: '141', cpt: '90658', makers: ['PMC', 'CSL'], from: 2009, to: 2013, route: 'IM', ages: [] },
  { cvx: '158', cpt: '90688', makers: ['PMC', 'SEQ'], from: 2014, to: 2023, route: 'IM', ages: [] },
  { cvx: '140', cpt: '90656', makers: ['PMC', 'SEQ'], from: 2024, to: 2026, route: 'IM', ages: [] },
];
/** What a program that bills, and knows no CVX, calls each vaccine. */
const CPT_OF_CVX: ReadonlyMap<string, string> = new Map([...SCHEDULE, ...FLU].map(({ cvx, cpt }) => [cvx, cpt]));

/** How a program names vaccines: a layout has a column for the one or the other. */
export type VaccineNaming = 'cvx' | 'cpt' | 'vaccine_name';

/** The dose as a program reports it that names vaccines so. */
export function codedBy(naming: VaccineNaming, dose: TrueDose, codes: Codes): TrueDose {
  const { cvx, ...rest } = dose;
  switch (naming) {
    case 'cvx':
      return dose;
    case 'cpt':
      return { ...rest, cpt: CPT_OF_CVX.get(cvx!)! };
    case 'vaccine_name':
      return { ...rest, vaccine_name: codes.table('cvx').rows.find(([code]) => code === cvx)![1]! };
  }
}

const BODY_SITES = ['LD', 'RD', 'LT', 'RT', 'LA', 'RA'];

/** Makes the patients of a clinic one after the other. */
export function* makeClinic(options: ClinicOptions): Generator<PatientWithDoses> {
  const random = new Random(options.seed);
  const until = options.until ?? '2026-06-30';
  const site = options.site ?? 'MA1234';
  // Patient ids and the doses' own ids, as two programs of a clinic number them.
  let doseNumber = 0;
  for (let i = 0; i < options.patients; i++) {
    const patient = makePatient(random, site, i, until);
    const wanted = Math.max(1, Math.round(options.dosesPerPatient * (0.6 + 0.8 * random.next())));
    const doses = makeDoses(random, patient, wanted, until);
    for (const dose of doses) {
      dose.source_immunization_id = `V${String(++doseNumber).padStart(8, '0')}`;
    }
    yield { patient, doses };
  }
}

function makePatient(random: Random, site: string, number: number, until: string): TruePatient {
  const female = random.chance(0.5);
  const birthDate = makeBirthDate(random, until);
  const child = birthDate > '2008-06-30';
  const [city, zip, county] = random.pick(PLACES);
  const lastName = random.pick(LAST_NAMES) + (random.chance(0.03) ? `-${random.pick(LAST_NAMES)}` : '');
  const patient: TruePatient = {
    site_id: site,
    source_patient_id: String(100_000 + number),
    last_name: lastName,
    first_name: random.pick(female ? FEMALE_NAMES : MALE_NAMES),
    birth_date: birthDate,
    sex: female ? 'F' : 'M',
    race: random.pick(RACES),
    ethnicity: random.chance(0.2) ? '2135-2' : '2186-5',
    language: random.pick(LANGUAGES),
    street: `${random.integer(1, 400)} ${random.pick(STREETS)} ${random.pick(STREET_KINDS)}`,
    city,
    state: 'MA',
    zip,
    county,
    phone: `${random.pick(['617', '508', '413', '781', '978'])}555${random.digits(4)}`,
    registry_status: 'A',
  };
  if (random.chance(0.6)) patient.middle_name = random.pick(female ? FEMALE_NAMES : MALE_NAMES).charAt(0);
  if (!female && random.chance(0.03)) patient.suffix = random.pick(['JR', 'SR', 'II', 'III']);
  if (random.chance(0.25)) patient.email = `${patient.first_name!.toLowerCase()}.${number}@mail.example`;
  if (child) {
    patient.mother_maiden_last_name = random.pick(LAST_NAMES);
    patient.mother_first_name = random.pick(FEMALE_NAMES);
    patient.guardian_last_name = lastName;
    patient.guardian_first_name = random.chance(0.7) ? patient.mother_first_name : random.pick(MALE_NAMES);
    patient.guardian_relationship = patient.guardian_first_name === patient.mother_first_name ? 'MTH' : 'FTH';
  }
  if (random.chance(0.02)) {
    patient.multiple_birth = 'Y';
    patient.birth_order = '1';
  }
  if (random.chance(0.3)) patient.medicaid_id = `10${random.digits(10)}`;
  if (random.chance(0.01)) {
    patient.sharing_objection = 'Y';
    patient.sharing_objection_date = '2024-03-12';
  }
  return patient;
}

/** Seven in ten patients are children, as in a clinic that preloads its history. */
function makeBirthDate(random: Random, until: string): IsoDate {
  const lastYear = Number(until.slice(0, 4)) - 1;
  const year = random.chance(0.7) ? random.integer(lastYear - 17, lastYear) : random.integer(1935, lastYear - 18);
  return isoDate(year, random.integer(1, 12), random.integer(1, 28));
}

function isoDate(year: number, month: number, day: number): IsoDate {
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}` as IsoDate;
}

/** The day `months` after birth, give or take some days. */
function dayAt(birthDate: string, months: number, random: Random): IsoDate {
  const total = Number(birthDate.slice(0, 4)) * 12 + Number(birthDate.slice(5, 7)) - 1 + months;
  const day = months === 0 ? Number(birthDate.slice(8)) : random.integer(1, 28);
  return isoDate(Math.floor(total / 12), (total % 12) + 1, day);
}

function makeDoses(random: Random, patient: TruePatient, wanted: number, until: string): TrueDose[] {
  const doses: TrueDose[] = [];
  const add = (vaccine: ScheduledVaccine, date: IsoDate): void => {
    const year = Number(date.slice(0, 4));
    if (date < patient.birth_date! || date > until || year < vaccine.from || year > vaccine.to) return;
    if (doses.length < wanted) doses.push(makeDose(random, patient, vaccine, date));
  };
  for (const vaccine of SCHEDULE) for (const age of vaccine.ages) add(vaccine, dayAt(patient.birth_date!, age, random));
  for (let year = 2025; year >= 2009 && doses.length < wanted; year--) {
    const flu = FLU.find((vaccine) => year >= vaccine.from && year <= vaccine.to)!;
    add(flu, isoDate(year, random.integer(9, 12), random.integer(1, 28)));
  }
  return doses.sort((a, b) => (a.administered_on! < b.administered_on! ? -1 : 1));
}

function makeDose(random: Random, patient: TruePatient, vaccine: ScheduledVaccine, date: IsoDate): TrueDose {
  const dose: TrueDose = {
    site_id: patient.site_id!,
    source_patient_id: patient.source_patient_id!,
    administered_on: date,
    cvx: vaccine.cvx,
  };
  if (random.chance(0.35)) {
    dose.information_source = random.pick(['01', '01', '02', '05', '07']);
    return dose;
  }
  const [last, first, title] = random.pick(NURSES);
  const expiryYear = Number(date.slice(0, 4)) + 1;
  const given: TrueDose = {
    ...dose,
    information_source: '00',
    mvx: random.pick(vaccine.makers),
    lot_number: `${random.pick(['AC', 'U4', 'KX', '9F'])}${vaccine.cvx}${date.slice(2, 4)}${random.digits(2)}`,
    lot_expiration: isoDate(expiryYear, random.integer(1, 12), 28),
    dose_amount: '0.5',
    dose_unit: 'mL',
    route: vaccine.route,
    ...(vaccine.route !== 'PO' && { body_site: random.pick(BODY_SITES) }),
    administered_by_last_name: last,
    administered_by_first_name: first,
    administered_by_title: title,
  };
  const eligibility = random.pick(['V01', 'V01', 'V02', 'V03']);
  const funds = random.pick(['PHC70', 'VXC50']);
  return {
    ...given,
    eligibility,
    // Children whom the public pays for do not get private vaccine.
    funding_source: eligibility === 'V01' ? funds : 'VXC50',
    completion_status: 'CP',
  };
}

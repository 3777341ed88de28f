/** What must be true of a dose, by itself and together with its patient. */
import type { Codes, Cvx } from '../codes.js';
import type { Facts } from '../issue.js';
import { DOSE, type FieldName, type Row } from '../model.js';
import { yearsBetween } from '../normalize/date.js';
import { agesOf } from '../whole/vaccine-ages.js';
import { eligibilityRules } from './eligibility.js';
import { canLookAdministered, looksAdministered } from './likelihood.js';
import { dayOfMonth, isLastOfMonth } from './month-days.js';
import { type RememberedSlots, RuleMemory } from './remembered.js';
import type { Rule, RuleContext } from './rule.js';
import { isWrongRoute, isWrongSite, type Way, wayOf } from './vaccine-routes.js';

/** The fields that have an issue code of their own when they are blank. */
export const IMMUNIZATION_MISSING = {
  site_id: 'site-missing',
  source_patient_id: 'dose-patient-id-missing',
  administered_on: 'dose-date-missing',
} as const satisfies Partial<Record<FieldName, string>>;

/** Leaves out what means nothing alone: a unit without an amount. */
export function refineImmunization(row: Row): void {
  if (row[DOSE.dose_amount] === null) row[DOSE.dose_unit] = null;
}

/** The information source of a dose that was given at the site that sends it. */
const ADMINISTERED = '00';

function isAdministered(row: Row): boolean {
  return row[DOSE.information_source] === ADMINISTERED && isGiven(row);
}

/** Whether something was given, wholly or in part. A blank status counts as completed. */
function isGiven(row: Row): boolean {
  const status = row[DOSE.completion_status];
  return status !== 'RE' && status !== 'NA';
}

const cvxOf = (row: Row): { after: string } => ({ after: row[DOSE.cvx]! });

/** The day of the CVX table. */
function dayOfTable(codes: Codes): string {
  return codes.table('cvx').asOf.slice(0, 10);
}

function isNewerThanTable(row: Row, codes: Codes): boolean {
  return (row[DOSE.administered_on] ?? '') > dayOfTable(codes);
}

const ofTable = (row: Row, { codes }: RuleContext): Facts => ({ after: row[DOSE.cvx]!, expected: dayOfTable(codes) });

/** CVX codes of tuberculin skin tests. */
const SKIN_TESTS = new Set(['95', '96', '97', '98']);

/** A rule about some vaccines only. */
export interface VaccineRule extends Rule {
  /** Whether a dose of this vaccine can break the rule at all. */
  readonly concerns: (vaccine: Cvx) => boolean;
}

/** How a vaccine cannot have been given, and where. */
function rulesOfWay(way: Way): readonly VaccineRule[] {
  const concerns = (vaccine: Cvx): boolean => wayOf(vaccine) === way;
  return [
    {
      code: 'route-wrong-for-vaccine',
      concerns,
      needs: [DOSE.route],
      holds: (row) => !isWrongRoute(way, row[DOSE.route]!),
      facts: cvxOf,
    },
    {
      code: 'body-site-wrong-for-vaccine',
      concerns,
      needs: [DOSE.body_site],
      holds: (row) => !isWrongSite(way, row[DOSE.body_site]!),
      facts: cvxOf,
    },
  ];
}

/** All of them; {@link rulesOfVaccine} says which concern a vaccine. */
export const VACCINE_RULES: readonly VaccineRule[] = [
  { code: 'cvx-reserved', concerns: ({ code }) => code === '99', needs: [], holds: () => false },
  { code: 'cvx-no-vaccine', concerns: ({ code }) => code === '998', needs: [], holds: (row) => !isGiven(row) },
  { code: 'cvx-unknown-vaccine', concerns: ({ code }) => code === '999', needs: [], holds: isAdministered },
  {
    code: 'cvx-unknown-administered',
    concerns: ({ code }) => code === '999',
    needs: [],
    holds: (row) => !isAdministered(row),
  },
  { code: 'cvx-adjuvant', concerns: ({ code }) => code === '801', needs: [], holds: () => false },
  {
    code: 'cvx-not-vaccine',
    concerns: ({ code }) => SKIN_TESTS.has(code),
    needs: [],
    holds: () => false,
    facts: cvxOf,
  },
  {
    code: 'cvx-never-active',
    concerns: ({ status }) => status === 'Never Active',
    needs: [],
    holds: () => false,
    facts: cvxOf,
  },
  {
    code: 'cvx-pending',
    concerns: ({ status }) => status === 'Pending',
    needs: [],
    holds: (row, { codes }) => !isAdministered(row) && isNewerThanTable(row, codes),
    facts: ofTable,
  },
  {
    code: 'cvx-pending-outdated',
    concerns: ({ status }) => status === 'Pending',
    needs: [],
    holds: (row, { codes }) => isAdministered(row) || !isNewerThanTable(row, codes),
    facts: ofTable,
  },
  {
    code: 'cvx-superseded',
    concerns: ({ status, useInstead }) => useInstead !== null && status !== 'Never Active',
    needs: [],
    holds: () => false,
    facts: (row, { codes }) => ({ other: codes.cvx(row[DOSE.cvx]!)!.useInstead }),
  },
  {
    code: 'cvx-unspecified',
    // An immune globulin of an open kind is right for a dose given here, too: code-sets, immune globulins.
    concerns: ({ unspecified, nonVaccine }) => unspecified && !nonVaccine,
    needs: [],
    holds: (row) => !isAdministered(row),
    facts: cvxOf,
  },
  {
    code: 'cvx-foreign',
    concerns: ({ status }) => status === 'Non-US',
    needs: [],
    holds: (row) => !isAdministered(row),
    facts: cvxOf,
  },
  // The table of severities asks for an error where an administered dose is later than the end of use. Of most codes only
  // the day is known on which CDC edited its list, and of the others some are days of expiry: so a wrong date of ours would
  // reject a right dose. Dates of use warn, and never reject; before the end of use, an inactive code says nothing.
  {
    code: 'cvx-inactive',
    concerns: ({ validEnd }) => validEnd !== null,
    needs: [DOSE.administered_on],
    holds: (row, { codes }) =>
      !isAdministered(row) || row[DOSE.administered_on]! <= codes.cvx(row[DOSE.cvx]!)!.validEnd!,
    facts: cvxOf,
  },
  {
    code: 'cvx-retired',
    // What is known of the end of its use says more: cvx-inactive.
    concerns: (vaccine) =>
      vaccine.status === 'Inactive' && vaccine.validEnd === null && !vaccine.unspecified && !vaccine.nonVaccine,
    needs: [DOSE.administered_on],
    holds: (row, { codes }) => {
      const { statusSince } = codes.cvx(row[DOSE.cvx]!)!;
      return !isAdministered(row) || statusSince === null || row[DOSE.administered_on]! <= statusSince;
    },
    facts: (row, { codes }) => ({ after: row[DOSE.cvx]!, other: codes.cvx(row[DOSE.cvx]!)!.statusSince }),
  },
  ...(['swallowed', 'sprayed', 'injected'] as const).flatMap(rulesOfWay),
  {
    code: 'dose-date-before-licence',
    concerns: ({ validStart, status }) => validStart !== null && status !== 'Non-US',
    needs: [DOSE.administered_on],
    holds: (row, { codes }) => row[DOSE.administered_on]! >= codes.cvx(row[DOSE.cvx]!)!.validStart!,
    facts: (row, { codes }) => ({ after: row[DOSE.cvx]!, other: codes.cvx(row[DOSE.cvx]!)!.validStart }),
  },
  {
    code: 'dose-date-before-code',
    concerns: ({ unlikelyBefore, status }) => unlikelyBefore !== null && status !== 'Non-US',
    needs: [DOSE.administered_on],
    holds: (row, { codes }) => row[DOSE.administered_on]! >= codes.cvx(row[DOSE.cvx]!)!.unlikelyBefore!,
    facts: (row, { codes }) => ({ after: row[DOSE.cvx]!, other: codes.cvx(row[DOSE.cvx]!)!.codeStart }),
  },
  {
    code: 'dose-date-after-use',
    concerns: ({ validEnd }) => validEnd !== null,
    needs: [DOSE.administered_on],
    // An administered dose has its own, stronger words: cvx-inactive.
    holds: (row, { codes }) =>
      isAdministered(row) || row[DOSE.administered_on]! <= codes.cvx(row[DOSE.cvx]!)!.validEnd!,
    facts: (row, { codes }) => ({ after: row[DOSE.cvx]!, other: codes.cvx(row[DOSE.cvx]!)!.validEnd }),
  },
];

/** The rules that a dose of this vaccine can break. Most vaccines have one or two. */
export function rulesOfVaccine(
  cvx: string,
  plan: { readonly codes: Codes; readonly vaccineRules: Map<string, readonly Rule[]> },
): readonly Rule[] {
  let rules = plan.vaccineRules.get(cvx);
  if (rules === undefined) {
    const vaccine = plan.codes.cvx(cvx);
    rules = vaccine === undefined ? [] : VACCINE_RULES.filter((rule) => rule.concerns(vaccine));
    plan.vaccineRules.set(cvx, rules);
  }
  return rules;
}

const DATE_RULES: readonly Rule[] = [
  {
    code: 'dose-date-in-future',
    needs: [DOSE.administered_on],
    holds: (row, { today }) => row[DOSE.administered_on]! <= today,
  },
  {
    code: 'dose-date-first-of-month',
    needs: [DOSE.administered_on],
    holds: (row, { today }) => dayOfMonth(row[DOSE.administered_on]!) !== 1 || row[DOSE.administered_on]! > today,
  },
  {
    code: 'dose-date-fifteenth-of-month',
    needs: [DOSE.administered_on],
    holds: (row, { today }) => dayOfMonth(row[DOSE.administered_on]!) !== 15 || row[DOSE.administered_on]! > today,
  },
  {
    code: 'dose-date-last-of-month',
    needs: [DOSE.administered_on],
    holds: (row, { today }) => !isLastOfMonth(row[DOSE.administered_on]!) || row[DOSE.administered_on]! > today,
  },
  {
    code: 'dose-after-lot-expiry',
    needs: [DOSE.administered_on, DOSE.lot_expiration],
    holds: (row) => {
      const [day, expiry] = [row[DOSE.administered_on]!, row[DOSE.lot_expiration]!];
      // A month without a day lasts to its last day.
      return day <= expiry || day.startsWith(expiry);
    },
  },
  {
    code: 'vis-after-dose',
    needs: [DOSE.administered_on, DOSE.vis_given_date],
    holds: (row) => row[DOSE.vis_given_date]! <= row[DOSE.administered_on]!,
  },
  {
    code: 'vis-edition-after-dose',
    needs: [DOSE.administered_on, DOSE.vis_edition_date],
    holds: (row) => areEditionsUpTo(row[DOSE.administered_on]!, row),
  },
  {
    code: 'vis-given-before-edition',
    needs: [DOSE.vis_given_date, DOSE.vis_edition_date],
    holds: (row) => areEditionsUpTo(row[DOSE.vis_given_date]!, row),
  },
  {
    code: 'vis-edition-unknown',
    needs: [DOSE.vis_edition_date],
    holds: (row, { codes }) => editionsOf(row).every((edition) => codes.visEditions.mayBe(edition)),
  },
];

/** Whether no statement that was given with a dose is newer than a day. Most doses have one, of ten characters. */
function areEditionsUpTo(day: string, row: Row): boolean {
  const editions = row[DOSE.vis_edition_date]!;
  return editions.length <= 10 ? editions <= day : editionsOf(row).every((edition) => edition <= day);
}

/** The editions of all statements that were given with a dose. */
function editionsOf(row: Row): readonly string[] {
  return row[DOSE.vis_edition_date]!.split('~');
}

/** What remembered rules look at. */
const REMEMBERED: RememberedSlots = {
  values: [
    DOSE.action_code,
    DOSE.completion_status,
    DOSE.refusal_reason,
    DOSE.information_source,
    DOSE.cvx,
    DOSE.mvx,
    DOSE.body_site,
    DOSE.eligibility,
    DOSE.funding_source,
  ],
  presence: [DOSE.lot_number],
};

/** Marks rules that look at nothing else. */
const remembered = (rules: readonly Rule[]): readonly Rule[] => rules.map((rule) => ({ ...rule, isRemembered: true }));

const DETAIL_RULES: readonly Rule[] = [
  ...remembered([
    { code: 'action-not-add', needs: [DOSE.action_code], holds: (row) => row[DOSE.action_code] === 'A' },
    { code: 'dose-refused', needs: [DOSE.completion_status], holds: (row) => row[DOSE.completion_status] !== 'RE' },
    { code: 'dose-not-given', needs: [DOSE.completion_status], holds: (row) => row[DOSE.completion_status] !== 'NA' },
    { code: 'dose-partial', needs: [DOSE.completion_status], holds: (row) => row[DOSE.completion_status] !== 'PA' },
    {
      code: 'refusal-reason-missing',
      needs: [DOSE.completion_status],
      holds: (row) => row[DOSE.completion_status] !== 'RE' || row[DOSE.refusal_reason] !== null,
      asksFor: ['refusal_reason'],
    },
    {
      code: 'mvx-missing',
      needs: [],
      holds: (row) => !isAdministered(row) || row[DOSE.mvx] !== null,
      asksFor: ['mvx'],
    },
    {
      code: 'lot-missing',
      needs: [],
      holds: (row) => !isAdministered(row) || row[DOSE.lot_number] !== null,
      asksFor: ['lot_number'],
    },
    {
      code: 'product-unknown',
      needs: [DOSE.cvx, DOSE.mvx],
      holds: (row, { codes }) => codes.makers.checkProduct(row[DOSE.cvx]!, row[DOSE.mvx]!) !== 'of-others',
      facts: (row, { codes }) => ({ after: row[DOSE.cvx]!, other: codes.makers.ofVaccine(row[DOSE.cvx]!).join(', ') }),
    },
  ]),
  {
    code: 'mvx-retired',
    needs: [DOSE.mvx, DOSE.administered_on],
    holds: (row, { codes }) => {
      const since = codes.makers.retiredSince(row[DOSE.mvx]!);
      return since === null || !isAdministered(row) || row[DOSE.administered_on]! <= since;
    },
    facts: (row, { codes }) => ({ after: row[DOSE.mvx]!, other: codes.makers.retiredSince(row[DOSE.mvx]!) }),
  },
  {
    code: 'cpt-not-valid-on-date',
    needs: [DOSE.cpt, DOSE.cvx, DOSE.administered_on],
    // Where the CPT code itself decides, the words about its vaccine say the same.
    holds: (row, { codes }) => {
      const vaccines = codes.vaccinesOfCpt(row[DOSE.cpt]!);
      if (vaccines.length === 0 || vaccines.some(({ cvx }) => cvx === row[DOSE.cvx])) return true;
      return vaccines.some(({ cvx }) => isInUse(codes.cvx(cvx)!, row[DOSE.administered_on]!));
    },
    facts: (row, { codes }) => ({ other: codes.vaccinesOfCpt(row[DOSE.cpt]!)[0]!.cvx }),
  },
  ...remembered([
    {
      code: 'body-site-deprecated',
      needs: [DOSE.body_site],
      holds: (row, { codes }) => codes.column('body_site.hl7_status').get(row[DOSE.body_site]!) !== 'deprecated',
    },
    ...eligibilityRules(DOSE.eligibility),
    {
      code: 'funding-eligibility-disagree',
      needs: [DOSE.eligibility, DOSE.funding_source],
      holds: (row, { codes }) => {
        const funds = row[DOSE.funding_source]!;
        if ((funds !== FEDERAL_FUNDS && funds !== PRIVATE_FUNDS) || !isAdministered(row)) return true;
        const isEligible = codes.column('eligibility.vfc_eligible').get(row[DOSE.eligibility]!);
        return isEligible !== (funds === FEDERAL_FUNDS ? 'false' : 'true');
      },
    },
  ]),
  {
    code: 'dose-looks-historical',
    needs: [],
    // Few doses that were given here lack both.
    holds: (row, context) =>
      row[DOSE.lot_number] !== null ||
      row[DOSE.mvx] !== null ||
      !isAdministered(row) ||
      looksAdministered(row, context) ||
      !canLookAdministered(context),
    asReceived: 'information_source',
  },
  {
    code: 'dose-looks-administered',
    needs: [DOSE.lot_number, DOSE.information_source],
    holds: (row, context) =>
      row[DOSE.information_source] === ADMINISTERED || !isGiven(row) || !looksAdministered(row, context),
    asReceived: 'information_source',
  },
];

/** Federal money pays for the vaccines of VFC. Public money of other kinds pays for anybody's, where a state buys for all. */
const FEDERAL_FUNDS = 'VXC1';
const PRIVATE_FUNDS = 'PHC70';

/** Whether a vaccine was in use on a day, as far as it is known. */
function isInUse({ validStart, validEnd, status }: Cvx, day: string): boolean {
  return status === 'Non-US' || ((validStart === null || day >= validStart) && (validEnd === null || day <= validEnd));
}

/** The rules of a dose by itself; those of its vaccine come on top. */
export const IMMUNIZATION_RULES: readonly Rule[] = [...DATE_RULES, ...DETAIL_RULES];

/** Runs {@link IMMUNIZATION_RULES} over the doses of a file. */
export function createDoseRules(): RuleMemory {
  return new RuleMemory(IMMUNIZATION_RULES, REMEMBERED);
}

/** What a dose's patient says about the possible dates of a dose. */
export interface PatientDates {
  readonly birthDate: string | null;
  readonly deathDate: string | null;
}

/** A rule that needs the dose's patient. */
export interface LinkRule {
  readonly code: 'dose-date-before-birth' | 'dose-date-after-death' | 'dose-age-unusual';
  readonly holds: (administeredOn: string, patient: PatientDates, cvx: string) => boolean;
}

/** The rules of a dose together with its patient. Dates of equal days are fine. */
export const LINK_RULES: readonly LinkRule[] = [
  {
    code: 'dose-date-before-birth',
    holds: (administeredOn, { birthDate }) => birthDate === null || administeredOn >= birthDate,
  },
  {
    code: 'dose-date-after-death',
    holds: (administeredOn, { deathDate }) => deathDate === null || administeredOn <= deathDate,
  },
  {
    code: 'dose-age-unusual',
    holds: (administeredOn, { birthDate }, cvx) => {
      const ages = agesOf(cvx);
      if (ages === undefined || birthDate === null || administeredOn < birthDate) return true;
      const years = yearsBetween(birthDate, administeredOn);
      return years >= ages.from && years < ages.before;
    },
  },
];

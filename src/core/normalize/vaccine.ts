/** Which vaccine a record means: one CVX code, from the columns that may say it. */
import type { Codes } from '../codes.js';
import { createFinding, type Finding } from '../issue.js';
import type { ImmunizationField } from '../model.js';
import { followNdc } from './ndc.js';
import { tidyText } from './text.js';

/** What a record says about its vaccine, as received. */
export interface VaccineClues {
  readonly cvx: string | null;
  readonly cpt: string | null;
  readonly ndc: string | null;
  readonly vaccine_name: string | null;
  readonly vaccine_group: string | null;
}

export interface VaccineReading {
  /** The CVX code, `null` if the clues do not lead to one with certainty. */
  readonly cvx: string | null;
  /** The NDC as CDC writes it, `null` if there is none, or no certainty which it is. */
  readonly ndc: string | null;
  readonly findings: readonly Finding[];
}

/** A clue's outcome: a code, or why there is none. */
interface Lead {
  readonly field: ImmunizationField;
  readonly cvx: string | null;
  /** Of an NDC: how CDC writes it. */
  readonly ndc?: string | null;
  readonly findings: readonly Finding[];
}

/** CPT codes for the act of giving a vaccine. */
const ADMINISTRATION_CPT = /^(?:9046[01]|9047[0-4]|0\d{3}A|G00(?:08|09|10))$/;

/** The fields that can name the vaccine, the one that decides first. A spec may state another order. */
export const VACCINE_ORDER = ['ndc', 'cvx', 'cpt', 'vaccine_name', 'vaccine_group'] as const;
export type VaccineField = (typeof VACCINE_ORDER)[number];

/**
 * Resolves the vaccine. The first field of the order that leads to a vaccine decides; one that leads to another vaccine
 * group is reported. Codes always say what is wrong with them, names only while nothing before them has decided.
 */
export function resolveVaccine(
  clues: VaccineClues,
  codes: Codes,
  order: readonly VaccineField[] = VACCINE_ORDER,
): VaccineReading {
  const findings: Finding[] = [];
  let cvx: string | null = null;
  let ndc: string | null = null;
  for (const [place, field] of order.entries()) {
    const clue = clues[field];
    if (clue === null) continue;
    if (!isCode(field)) {
      if (cvx === null) {
        const lead = followName(field, clue, codes);
        cvx = lead.cvx;
        // Where a spec lets names decide before codes, that one did needs no words.
        const isAsked = order.slice(place + 1).some((later) => isCode(later) && clues[later] !== null);
        if (cvx === null || !isAsked) findings.push(...lead.findings);
      } else if (field === 'vaccine_name' && namesOthers(clue, cvx, codes)) {
        findings.push(disagreement(field, clues, cvx));
      }
      continue;
    }
    // Without its table, an NDC says nothing.
    if (field === 'ndc' && !codes.hasNdcs) continue;
    const lead = FOLLOW_CODE[field](clue, codes);
    findings.push(...lead.findings);
    if (lead.field === 'ndc') ndc = lead.ndc ?? null;
    if (cvx === null) cvx = lead.cvx;
    else if (lead.cvx !== null && codes.shareGroup(cvx, lead.cvx) === false) {
      findings.push(disagreement(field, clues, cvx));
    } else if (field === 'cvx' && lead.cvx !== null && lead.cvx !== cvx) {
      findings.push(createFinding('cvx-replaced', field, clue, { after: cvx }));
    }
  }
  if (cvx !== null) return { cvx, ndc, findings };
  if (clues.ndc !== null && !codes.hasNdcs) findings.push(createFinding('ndc-unresolved', 'ndc', clues.ndc));
  const said = Object.values(clues).some((clue) => clue !== null);
  findings.push(
    said ? createFinding('vaccine-unresolved', 'cvx', clues.cvx) : createFinding('vaccine-missing', 'cvx', null),
  );
  return { cvx: null, ndc, findings };
}

type CodeField = 'ndc' | 'cvx' | 'cpt';

const FOLLOW_CODE: Readonly<Record<CodeField, (clue: string, codes: Codes) => Lead>> = {
  ndc: followNdc,
  cvx: followCvx,
  cpt: (clue, codes) => followCpt('cpt', clue, codes),
};

function isCode(field: VaccineField): field is CodeField {
  return Object.hasOwn(FOLLOW_CODE, field);
}

/** Whether a name stands for vaccines of other groups only. */
function namesOthers(name: string, cvx: string, codes: Codes): boolean {
  const named = codes.vaccinesOfName(name);
  return named.length > 0 && named.every((each) => codes.shareGroup(cvx, each) === false);
}

function disagreement(field: ImmunizationField, clues: VaccineClues, cvx: string): Finding {
  return createFinding('vaccine-codes-disagree', field, clues[field as keyof VaccineClues], { after: cvx });
}

function followCvx(text: string, codes: Codes): Lead {
  const field = 'cvx';
  const value = tidyText(text).toUpperCase();
  const lead = (cvx: string | null, ...findings: Finding[]): Lead => ({ field, cvx, findings });
  if (codes.cvx(value) !== undefined) return lead(value);

  // 08.0 is what a spreadsheet makes of 08, 003 what a database makes of 03.
  const number = /^0*(\d{1,3})(?:\.0+)?$/.exec(value);
  if (number !== null && !/^\d{4,}/.test(value)) {
    const code = number[1]!.padStart(2, '0');
    if (codes.cvx(code) !== undefined) return lead(code, createFinding('cvx-padded', field, text, { after: code }));
    const expected = codes.table('cvx').asOf;
    const newer = Number(code) > codes.newestCvx && Number(code) < 500;
    return lead(null, createFinding(newer ? 'cvx-newer-than-table' : 'cvx-unknown', field, text, { expected }));
  }
  if (/^\d{5}$|^\d{4}[A-Z]$/.test(value)) {
    const byCpt = followCpt(field, text, codes);
    if (byCpt.cvx === null) return byCpt;
    return lead(byCpt.cvx, createFinding('cpt-in-cvx', field, text, { after: byCpt.cvx }));
  }
  return lead(null, createFinding('cvx-invalid', field, text));
}

function followCpt(field: 'cvx' | 'cpt', text: string, codes: Codes): Lead {
  const cpt = tidyText(text).toUpperCase();
  const vaccines = codes.vaccinesOfCpt(cpt);
  const fail = (finding: Finding): Lead => ({ field, cvx: null, findings: [finding] });
  if (vaccines.length === 1) return { field, cvx: vaccines[0]!, findings: [] };
  if (vaccines.length > 1) return fail(createFinding('cpt-ambiguous', field, text, { other: vaccines.join(' or ') }));
  if (ADMINISTRATION_CPT.test(cpt)) return fail(createFinding('cpt-administration', field, text));
  return fail(createFinding('cpt-unknown', field, text, { expected: codes.table('cpt').asOf }));
}

function followName(field: 'vaccine_name' | 'vaccine_group', name: string, codes: Codes): Lead {
  const vaccines = field === 'vaccine_name' ? codes.vaccinesOfName(name) : [];
  const cvx = vaccines.length === 0 ? codes.vaccineOfGroup(name) : vaccines.length === 1 ? vaccines[0]! : undefined;
  const finding =
    cvx === undefined
      ? createFinding('vaccine-name-unknown', field, name)
      : createFinding('vaccine-from-name', field, name, { after: cvx });
  return { field, cvx: cvx ?? null, findings: [finding] };
}

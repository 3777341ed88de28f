/** Which vaccine a record means: one CVX code, from the columns that may say it. */
import type { Codes } from '../codes.js';
import { createFinding, type Finding } from '../issue.js';
import type { ImmunizationField } from '../model.js';
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
  readonly findings: readonly Finding[];
}

/** A clue's outcome: a code, or why there is none. */
interface Lead {
  readonly field: ImmunizationField;
  readonly cvx: string | null;
  readonly findings: readonly Finding[];
}

/** CPT codes for the act of giving a vaccine. */
const ADMINISTRATION_CPT = /^(?:9046[01]|9047[0-4]|0\d{3}A|G00(?:08|09|10))$/;

/**
 * Resolves the vaccine. CVX comes before CPT, CPT before the name, the name before the group; a later clue that leads to
 * another vaccine group is reported.
 */
export function resolveVaccine(clues: VaccineClues, codes: Codes): VaccineReading {
  const leads: Lead[] = [];
  if (clues.cvx !== null) leads.push(followCvx(clues.cvx, codes));
  if (clues.cpt !== null) leads.push(followCpt('cpt', clues.cpt, codes));
  const byCode = leads.find((lead) => lead.cvx !== null);
  const findings = leads.flatMap((lead) => lead.findings);

  if (byCode?.cvx != null) {
    for (const lead of leads) {
      if (lead !== byCode && lead.cvx !== null && codes.shareGroup(byCode.cvx, lead.cvx) === false) {
        findings.push(disagreement(lead.field, clues, byCode.cvx));
      }
    }
    if (clues.vaccine_name !== null) {
      const named = codes.vaccinesOfName(clues.vaccine_name);
      if (named.length > 0 && named.every((cvx) => codes.shareGroup(byCode.cvx!, cvx) === false)) {
        findings.push(disagreement('vaccine_name', clues, byCode.cvx));
      }
    }
    return { cvx: byCode.cvx, findings };
  }

  const byName = followName(clues, codes);
  findings.push(...byName.findings);
  if (byName.cvx !== null) return { cvx: byName.cvx, findings };
  if (clues.ndc !== null) findings.push(createFinding('ndc-unresolved', 'ndc', clues.ndc));
  const said = Object.values(clues).some((clue) => clue !== null);
  findings.push(
    said ? createFinding('vaccine-unresolved', 'cvx', clues.cvx) : createFinding('vaccine-missing', 'cvx', null),
  );
  return { cvx: null, findings };
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

function followName(clues: VaccineClues, codes: Codes): Lead {
  const findings: Finding[] = [];
  if (clues.vaccine_name !== null) {
    const vaccines = codes.vaccinesOfName(clues.vaccine_name);
    const byGroup = codes.vaccineOfGroup(clues.vaccine_name);
    const cvx = vaccines.length === 1 ? vaccines[0]! : vaccines.length === 0 ? byGroup : undefined;
    if (cvx !== undefined) return found('vaccine_name', clues.vaccine_name, cvx);
    findings.push(createFinding('vaccine-name-unknown', 'vaccine_name', clues.vaccine_name));
  }
  if (clues.vaccine_group !== null) {
    const cvx = codes.vaccineOfGroup(clues.vaccine_group);
    if (cvx !== undefined) {
      const lead = found('vaccine_group', clues.vaccine_group, cvx);
      return { ...lead, findings: [...findings, ...lead.findings] };
    }
    findings.push(createFinding('vaccine-name-unknown', 'vaccine_group', clues.vaccine_group));
  }
  return { field: 'vaccine_name', cvx: null, findings };
}

function found(field: 'vaccine_name' | 'vaccine_group', value: string, cvx: string): Lead {
  return { field, cvx, findings: [createFinding('vaccine-from-name', field, value, { after: cvx })] };
}

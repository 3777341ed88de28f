/** Silences the rule that `SILENCED` names, such as `patient/3`, before the tests of a mutation run. */
import { vi } from 'vitest';
import type { IssueCode } from '../../src/core/catalogue.js';
import { RULE_TABLES, silencedCode } from './rule-tables.js';

/** The code that nothing may tell. It is known when all modules are there, and asked when they are called. */
const silenced = vi.hoisted((): { code: IssueCode | null } => ({ code: null }));

vi.mock('../../src/core/plan.js', async (load) => {
  const plan = await load<typeof import('../../src/core/plan.js')>();
  const compilePlan: typeof plan.compilePlan = (options) => {
    const compiled = plan.compilePlan(options);
    if (silenced.code === null) return compiled;
    return { ...compiled, severities: { ...compiled.severities, [silenced.code]: 'off' } };
  };
  return { ...plan, compilePlan };
});

vi.mock('../../src/core/normalize/vaccine.js', async (load) => {
  const vaccine = await load<typeof import('../../src/core/normalize/vaccine.js')>();
  const readingOn: typeof vaccine.readingOn = (...on) => {
    const reading = vaccine.readingOn(...on);
    if (silenced.code === null) return reading;
    return { ...reading, findings: reading.findings.filter(({ code }) => code !== silenced.code) };
  };
  return { ...vaccine, readingOn };
});

vi.mock('../../src/core/normalize/ndc.js', async (load) => {
  const ndc = await load<typeof import('../../src/core/normalize/ndc.js')>();
  const followNdc: typeof ndc.followNdc = (...of) => {
    const lead = ndc.followNdc(...of);
    if (silenced.code === null) return lead;
    return { ...lead, findings: lead.findings.filter(({ code }) => code !== silenced.code) };
  };
  return { ...ndc, followNdc };
});

const mutation = process.env['SILENCED'] ?? '';
const [table, place] = mutation.split('/');
if (table !== undefined && table !== '') {
  RULE_TABLES[table]!.silence(Number(place));
  silenced.code = silencedCode(mutation);
}

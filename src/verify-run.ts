/** Verifies the certificate of a run: against the registry, the journal, and the files of its report. */
import type { Certificate, CertifiedFile, KeptRecords } from './core/certificate.js';
import { describeCertificate } from './core/certificate-text.js';
import { FATES } from './core/model.js';
import { sumDoses } from './core/totals/stored.js';
import { checkJournal, type JournalEntry, type JournalHead } from './db/journal.js';
import type { RegistryStore } from './db/registry-store.js';
import type { FileContents, RunContents } from './db/run-contents.js';
import type { RunJudgement, StoredReport } from './db/run-reports.js';
import { describeCutShort, type RunRecord, type RunState } from './db/store.js';
import {
  CERTIFICATE_FILE,
  CERTIFICATE_PAGE,
  certifyTables,
  compareReports,
  findCertificateFault,
  readText,
} from './files/certificates.js';

/** A run that cannot be verified. */
export class VerifyError extends Error {
  readonly code = 'verify';
  constructor(problem: string) {
    super(problem);
    this.name = 'VerifyError';
  }
}

/**
 * What became of something certified: it agrees; it agreed when the run was loaded, or may have, and was changed since by what
 * may change it; or it is not what was certified.
 */
export type Verdict = 'agrees' | 'changed' | 'wrong';

export interface VerifiedPart {
  readonly what: string;
  readonly verdict: Verdict;
  /** In words and numbers; no value of a record. */
  readonly detail: string;
}

export interface Verification {
  readonly run: number;
  readonly digest: string;
  readonly parts: readonly VerifiedPart[];
}

const WITHOUT_CERTIFICATE: Readonly<Record<RunState, (runId: number) => string>> = {
  completed: () => 'it was loaded by an immload that wrote none',
  running: () => 'it is loading; verify it when that is done',
  'cut short': (runId) => `it ${describeCutShort(runId)}`,
  failed: () => 'it failed, and nothing of it is in the registry',
  undone: () => 'it was loaded by an immload that wrote none, and undone',
};

/**
 * Recomputes what can be recomputed of a certificate. `folder` is the report, `null` to leave it out.
 * @throws VerifyError when there is nothing to verify; the error of the system when the report cannot be read
 */
export async function verifyRun(store: RegistryStore, runId: number, folder: string | null): Promise<Verification> {
  const run = await store.readRun(runId);
  if (run === null) throw new VerifyError(`there is no run ${runId}; \`immload runs\` lists them`);
  const report = await store.readReport(runId);
  if (report === null) {
    throw new VerifyError(`run ${runId} has no certificate: ${WITHOUT_CERTIFICATE[run.status](runId)}`);
  }
  const parts = [verifyStored(report)];
  if (parts[0]!.verdict === 'wrong') return { run: runId, digest: report.digest, parts };
  const certificate = JSON.parse(report.certificate) as Certificate;
  const judgement = await store.readJudgement(runId);
  const journal = await store.readJournal();
  parts.push(...verifyJournal(certificate, journal));
  parts.push(verifyJudgement(certificate, run, judgement));
  parts.push(verifyTables(certificate, run));
  parts.push(...certificate.files.map((file, i) => verifyFile(file, run.files[i])));
  parts.push(...(await verifyContents(store, certificate, run, judgement, journal.entries)));
  if (folder !== null) parts.push(...(await verifyReport(folder, report, certificate)));
  return { run: runId, digest: report.digest, parts };
}

function part(what: string, problems: readonly string[], detail = ''): VerifiedPart {
  return problems.length === 0
    ? { what, verdict: 'agrees', detail }
    : { what, verdict: 'wrong', detail: problems.join('; ') };
}

function verifyStored({ certificate, digest }: StoredReport): VerifiedPart {
  const fault = findCertificateFault(certificate);
  const isOther = fault === null && (JSON.parse(certificate) as Certificate).digest !== digest;
  const problems = fault !== null ? [fault] : isOther ? ['it is another than its digest in the registry'] : [];
  return part('certificate in the registry', problems);
}

function verifyJournal(
  { run, digest, journal: { entries: count, hash } }: Certificate,
  { entries, head }: { readonly entries: readonly JournalEntry[]; readonly head: JournalHead },
): VerifiedPart[] {
  const entry = entries.find(({ action, runId }) => action === 'load' && runId === run);
  const loads: string[] = [];
  if (entry === undefined) loads.push('the journal has no entry of this load');
  else if ((JSON.parse(entry.details) as { certificate?: unknown }).certificate !== digest) {
    loads.push(`entry ${entry.id} of the journal tells of another certificate`);
  }
  // Up to the head that was certified, the journal may only have grown.
  const chain = checkJournal(entries, head, count === 0 ? null : { entries: count, hash });
  return [
    part('entry of the load in the journal', loads, entry === undefined ? '' : `entry ${entry.id}`),
    part('journal', chain, `${entries.length} entries, whole; ${count} of them before this load`),
  ];
}

function verifyJudgement(certificate: Certificate, run: RunRecord, judgement: RunJudgement): VerifiedPart {
  const { spec, site, today, immload, started_at, finished_at, changed_rules: rules, matching } = certificate;
  const compared: readonly (readonly [string, unknown, unknown])[] = [
    ['specification', `${spec.id} ${spec.version}`, `${run.specId} ${run.specVersion}`],
    ['site', site, run.siteId],
    ['today', today, judgement.today],
    ['version of immload', immload, judgement.programVersion],
    ['start', started_at, run.startedAt],
    ['end', finished_at, run.finishedAt],
    ['rule changes', Object.keys(rules).length === 0 ? null : JSON.stringify(rules), judgement.ruleChanges],
    ['matching', matching.model, judgement.matchModel],
    ['threshold of one person', matching.match_threshold, judgement.matchThreshold],
    ['threshold of a question', matching.review_threshold, judgement.reviewThreshold],
  ];
  const differing = compared.filter(([, certified, found]) => certified !== found).map(([name]) => `${name} differs`);
  return part('what the run was judged by', differing, `${spec.id} ${spec.version}, ${matching.model}`);
}

function verifyTables({ code_tables: certified }: Certificate, run: RunRecord): VerifiedPart {
  const what = 'code tables';
  if (run.codeTables.length === 0 && run.status === 'undone') {
    return { what, verdict: 'changed', detail: 'forgotten when the run was undone' };
  }
  const found = new Map(certifyTables(run.codeTables).map(({ id, sha256 }) => [id, sha256]));
  const problems = certified.flatMap(({ id, sha256 }) => {
    const own = found.get(id);
    if (own === undefined) return [`${id} is missing`];
    return own === sha256 ? [] : [`${id} is another`];
  });
  return part(what, problems, `${certified.length} tables`);
}

function verifyFile(certified: CertifiedFile, found: RunRecord['files'][number] | undefined): VerifiedPart {
  const { role, name, sha256, bytes, records } = certified;
  const what = `${name}: file and fates`;
  if (found === undefined) return part(what, ['the registry does not know it']);
  const problems = [
    ...(found.role === role && found.name === name ? [] : ['its name or role differs']),
    ...(found.sha256 === sha256 && found.bytes === bytes ? [] : ['its hash or size differs']),
    ...differences({ records, ...fatesOf(certified) }, { records: found.records, ...found.fates }),
  ];
  return part(what, problems, `${records} records`);
}

function fatesOf(file: CertifiedFile): Record<string, number> {
  return Object.fromEntries(FATES.map((fate) => [fate, file[fate]]));
}

type Counts = Readonly<Record<string, number>>;

/** Numbers of differences that are told. */
const MOST_DIFFERENCES = 5;

/** Where counts are not equal: `03: 412 certified, 411 found`. */
function differences(certified: Counts, found: Counts): string[] {
  const names = [...new Set([...Object.keys(certified), ...Object.keys(found)])].sort();
  const differing = names
    .filter((name) => (certified[name] ?? 0) !== (found[name] ?? 0))
    .map((name) => `${name}: ${certified[name] ?? 0} certified, ${found[name] ?? 0} found`);
  const rest = differing.length - MOST_DIFFERENCES;
  return rest > 0 ? [...differing.slice(0, MOST_DIFFERENCES), `and ${rest} more`] : differing;
}

const sum = ({ new: fresh, merged, duplicate }: KeptRecords): number => fresh + merged + duplicate;

/** What the records of the run are in the registry. */
async function verifyContents(
  store: RegistryStore,
  certificate: Certificate,
  run: RunRecord,
  { undoneAt }: RunJudgement,
  journal: readonly JournalEntry[],
): Promise<VerifiedPart[]> {
  const now = await store.readRunContents(certificate.run, 'now');
  if (run.status === 'undone') return [verifyUndone(now, undoneAt)];
  const kept = certificate.files.map((file, i) => verifyKept(file, now.files[i]));
  const wanted = countsAtLoad(certificate);
  const found = countsOf(now);
  if (wanted.every(([name, counts]) => differences(counts, found.get(name)!).length === 0)) {
    return [...kept, ...wanted.map(([name]) => part(name, []))];
  }
  const atLoad = countsOf(await store.readRunContents(certificate.run, 'at load'));
  const { runs, decisions } = await store.readLaterChanges(certificate.run);
  const explained = [
    ...(runs.length > 0 ? [`run${runs.length === 1 ? '' : 's'} ${runs.join(', ')}`] : []),
    ...(decisions > 0 ? [`${decisions} decision${decisions === 1 ? '' : 's'} of reviewers`] : []),
  ].join(' and ');
  const rewritten = describeRewriting(certificate, journal);
  const parts = wanted.map(([what, counts]): VerifiedPart => {
    const differing = differences(counts, found.get(what)!);
    if (differing.length === 0) return part(what, []);
    const which = differing.map((text) => text.replace('found', 'now')).join('; ');
    if (differences(counts, atLoad.get(what)!).length === 0) {
      return { what, verdict: 'changed', detail: `as certified at the load; changed since by ${explained}: ${which}` };
    }
    if (rewritten !== null) return { what, verdict: 'changed', detail: `${rewritten}: ${which}` };
    return part(what, differing);
  });
  return [...kept, ...parts];
}

/** What may have put the records of a run together anew, so that nobody can tell how they were; `null` if nothing. */
function describeRewriting({ run }: Certificate, journal: readonly JournalEntry[]): string | null {
  const load = journal.find(({ action, runId }) => action === 'load' && runId === run);
  const later = journal.filter(({ id }) => load !== undefined && id > load.id);
  const undone = later.filter(({ action }) => action === 'undo').map(({ runId }) => runId);
  const reviews = later.filter(({ action }) => action === 'review').length;
  const causes = [
    ...(undone.length > 0 ? [`undoing run${undone.length === 1 ? '' : 's'} ${undone.join(', ')}`] : []),
    ...(reviews > 0 ? [`${reviews} decision${reviews === 1 ? '' : 's'} of reviewers`] : []),
  ];
  return causes.length === 0 ? null : `put together anew since by ${causes.join(' and ')}`;
}

function verifyUndone({ files }: RunContents, undoneAt: string | null): VerifiedPart {
  const count = (of: (file: FileContents) => number): number => files.reduce((total, file) => total + of(file), 0);
  const rest = count((file) => file.doses + file.furtherDoses + file.comments + file.furtherComments);
  const staying = count(({ patients }) => sum(patients));
  const what = 'records in the registry';
  if (rest > 0) return part(what, [`the run was undone, and ${rest} doses or comments of it are there`]);
  const day = undoneAt?.slice(0, 10) ?? 'an unknown day';
  const detail =
    staying === 0 ? 'nothing of it is there' : `${staying} patient records stay, for later runs need their ids`;
  return { what, verdict: 'changed', detail: `the run was undone on ${day}; ${detail}` };
}

/** What stays true for ever: each record that was kept is a patient's, a dose's or a comment's row, whichever. */
function verifyKept({ name, kept }: CertifiedFile, found: FileContents | undefined): VerifiedPart {
  const certified = { patients: sum(kept.patients), doses: sum(kept.doses), comments: sum(kept.comments) };
  const there = {
    patients: found === undefined ? 0 : sum(found.patients),
    doses: (found?.doses ?? 0) + (found?.furtherDoses ?? 0),
    comments: (found?.comments ?? 0) + (found?.furtherComments ?? 0),
  };
  const words = Object.entries(certified).filter(([, count]) => count > 0);
  const detail = words.map(([kind, count]) => `${count} of ${kind}`).join(', ');
  return part(`${name}: records kept`, differences(certified, there), detail);
}

const PERSONS = 'persons that the run made';
const PATIENTS = 'patient records, new, merged and duplicate';
const DOSES = 'doses that the run made';
const VACCINES = 'doses by vaccine';
const YEARS = 'doses by year';

/** What was certified as it was at the load. */
function countsAtLoad({ at_load: { persons, doses, by_vaccine, by_year } }: Certificate): [string, Counts][] {
  return [
    [PERSONS, { persons: persons.new }],
    [PATIENTS, { ...persons }],
    [DOSES, { doses: doses.stored }],
    [VACCINES, by_vaccine],
    [YEARS, by_year],
  ];
}

function countsOf({ files, persons, doses }: RunContents): ReadonlyMap<string, Counts> {
  const total = (of: (file: FileContents) => number): number => files.reduce((all, file) => all + of(file), 0);
  const { by_vaccine, by_year } = sumDoses(doses);
  const patients = {
    new: total((file) => file.patients.new),
    merged: total((file) => file.patients.merged),
    duplicate: total((file) => file.patients.duplicate),
  };
  return new Map<string, Counts>([
    [PERSONS, { persons }],
    [PATIENTS, patients],
    [DOSES, { doses: total((file) => file.doses) }],
    [VACCINES, by_vaccine],
    [YEARS, by_year],
  ]);
}

async function verifyReport(folder: string, stored: StoredReport, certificate: Certificate): Promise<VerifiedPart[]> {
  const given = readText(folder, CERTIFICATE_FILE);
  if (given === null && stored.purgedAt !== null) {
    const detail = `removed on ${stored.purgedAt.slice(0, 10)}`;
    return [{ what: 'report', verdict: 'changed', detail }];
  }
  const fault = given === null ? 'it is missing' : findCertificateFault(given);
  const differs = fault === null && given !== stored.certificate ? 'it is another than that in the registry' : null;
  const page = readText(folder, CERTIFICATE_PAGE);
  const isPage = page === describeCertificate(certificate);
  const problems = await compareReports(folder, certificate.reports);
  return [
    part(
      CERTIFICATE_FILE,
      [fault ?? differs].filter((each) => each !== null),
    ),
    part(CERTIFICATE_PAGE, isPage ? [] : [page === null ? 'it is missing' : 'it does not say what is certified']),
    part('files of the report', problems, `${certificate.reports.length} files`),
  ];
}

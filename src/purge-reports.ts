/** Removes reports that a registry knows, and notes it in its journal. */
import type { Certificate } from './core/certificate.js';
import type { RegistryStore } from './db/registry-store.js';
import type { StoredReport } from './db/run-reports.js';
import { type Removal, removeReport } from './files/report-removal.js';
import { machineName } from './files/reports.js';

/** A report that cannot be removed. */
export class PurgeError extends Error {
  readonly code = 'purge';
  constructor(problem: string) {
    super(problem);
    this.name = 'PurgeError';
  }
}

export interface PurgeOptions {
  /** Also files that were changed or added since. */
  readonly all: boolean;
  /** Tells what would be done, and changes nothing. */
  readonly isPlan: boolean;
  /** When it is done, ISO 8601. */
  readonly at: string;
  /** Who does it. */
  readonly by: string;
}

/** A report and what became of it: removed, or refused in words. */
export interface PurgedReport {
  readonly run: number;
  readonly folder: string;
  readonly removal: Removal | null;
  readonly refusal: string | null;
}

/** The report of a run, on this machine and not removed yet. @throws PurgeError */
export async function findReport(store: RegistryStore, runId: number): Promise<StoredReport> {
  const report = await store.readReport(runId);
  if (report === null) throw new PurgeError(`run ${runId} has no report that the registry knows of`);
  if (report.purgedAt !== null) {
    throw new PurgeError(`the report of run ${runId} was removed on ${report.purgedAt.slice(0, 10)}`);
  }
  return report;
}

/** Removes reports one after the other; one that is refused does not keep the others. */
export async function purgeReports(
  store: RegistryStore,
  reports: readonly StoredReport[],
  options: PurgeOptions,
): Promise<PurgedReport[]> {
  const purged: PurgedReport[] = [];
  for (const report of reports) purged.push(await purgeReport(store, report, options));
  return purged;
}

async function purgeReport(store: RegistryStore, report: StoredReport, options: PurgeOptions): Promise<PurgedReport> {
  const { runId, host, folder, certificate } = report;
  const refused = (refusal: string): PurgedReport => ({ run: runId, folder, removal: null, refusal });
  if (host !== machineName()) return refused(`${folder}: is on ${host}; remove it there`);
  let removal: Removal;
  try {
    const { reports } = JSON.parse(certificate) as Certificate;
    removal = await removeReport({ folder, certificate, reports }, options);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return refused(code === 'removal' ? message : `${folder}: cannot be removed (${String(code)})`);
  }
  if (!options.isPlan) {
    const details = { files: removal.removed.length, left: removal.left.length };
    await store.closeReport(runId, options.at, { at: options.at, who: options.by, action: 'purge', runId, details });
  }
  return { run: runId, folder, removal, refusal: null };
}

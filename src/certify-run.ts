/** Certifies a run that is about to be completed: its certificate goes into the report, and into the registry. */
import {
  CERTIFICATE_FORM,
  type Certificate,
  type CertifiedFile,
  type KeptRecords,
  renderCertificate,
} from './core/certificate.js';
import { describeCertificate } from './core/certificate-text.js';
import type { RecordRole } from './core/model.js';
import type { Spec } from './core/spec.js';
import { sumDoses } from './core/totals/stored.js';
import type { StoredDoses } from './db/run-contents.js';
import type { RunReport } from './db/store.js';
import {
  CERTIFICATE_FILE,
  CERTIFICATE_PAGE,
  certifyTables,
  hashReports,
  hashSpec,
  listReportFiles,
  sealCertificate,
} from './files/certificates.js';
import type { FileRun, KeptFates, RunContext, Summary } from './run.js';

/** What is known of a run when all else of its report is written. */
export interface CertifiedRun {
  readonly summary: Summary;
  /** The spec as it was given, before rules were changed for the run. */
  readonly spec: Spec;
  readonly files: readonly FileRun[];
  /** The doses of the registry that came with it; `null` where it must be asked. */
  readonly stored: readonly StoredDoses[] | null;
  /** The first id that a dose of the run may have. */
  readonly firstImmunizationId: number;
  /** The whole path of its report when that is finished. */
  readonly folder: string;
}

/** Writes the certificate into the report, which must hold all other files, and gives what the registry keeps of it. */
export async function certifyRun(
  { summary, spec, files, stored, firstImmunizationId, folder }: CertifiedRun,
  context: RunContext,
): Promise<RunReport> {
  const { store, runId, codes, folder: work } = context;
  const doses = stored ?? (await store.countDosesFrom(runId, firstImmunizationId));
  const certificate = sealCertificate({
    form: CERTIFICATE_FORM,
    immload: summary.immload,
    run: runId,
    site: summary.site,
    today: summary.today,
    started_at: summary.started_at,
    finished_at: summary.finished_at,
    spec: { id: spec.id, version: spec.version, sha256: hashSpec(spec) },
    changed_rules: context.changedRules,
    map: summary.map === null ? null : { name: summary.map.name, sha256: summary.map.sha256 },
    matching: summary.matching,
    code_tables: certifyTables(codes.tables),
    files: files.map((file, i) => certifyFile(file, summary.files[i]!)),
    at_load: { persons: sumKept(files, 'patient'), doses: countStored(files, doses), ...sumDoses(doses) },
    totals: summary.reconciliation ?? null,
    reports: await hashReports(work.workPath, listReportFiles(work.workPath)),
    journal: await store.readJournalHead(),
  });
  const text = renderCertificate(certificate);
  work.writeText(CERTIFICATE_FILE, text);
  work.writeText(CERTIFICATE_PAGE, describeCertificate(certificate));
  return { folder, certificate: text, digest: certificate.digest };
}

function certifyFile({ kept }: FileRun, summary: Summary['files'][number]): CertifiedFile {
  const { role, name, container, sha256, bytes, encoding, records, loaded, merged, duplicate, rejected, skipped } =
    summary;
  return {
    ...{ role, name, container, sha256, bytes, encoding, records, loaded, merged, duplicate, rejected, skipped },
    kept: { patients: keptOf(kept.patient), doses: keptOf(kept.immunization), comments: keptOf(kept.comment) },
  };
}

function keptOf({ loaded, merged, duplicate }: KeptFates[RecordRole]): KeptRecords {
  return { new: loaded, merged, duplicate };
}

function sumKept(files: readonly FileRun[], role: RecordRole): KeptRecords {
  const sum = { loaded: 0, merged: 0, duplicate: 0 };
  for (const { kept } of files)
    for (const fate of ['loaded', 'merged', 'duplicate'] as const) sum[fate] += kept[role][fate];
  return keptOf(sum);
}

function countStored(files: readonly FileRun[], doses: readonly StoredDoses[]): Certificate['at_load']['doses'] {
  const { new: fresh, merged, duplicate } = sumKept(files, 'immunization');
  const stored = doses.reduce((sum, { count }) => sum + count, 0);
  return { stored, further: fresh + merged + duplicate - stored };
}

/** The certificate of a load: what was received, what became of it, and by which rules, sealed with a digest. */
import type { FileRole } from './model.js';
import type { ChangedRule } from './rule-changes.js';
import type { ReconciliationSummary } from './totals/reconcile.js';

/** The form of certificates that this program writes. */
export const CERTIFICATE_FORM = 1;

/** Records of one kind that the registry keeps of a file, by what they became. */
export interface KeptRecords {
  readonly new: number;
  readonly merged: number;
  readonly duplicate: number;
}

/** A file as it was received. */
export interface CertifiedFile {
  readonly role: FileRole;
  readonly name: string;
  readonly container: string | null;
  readonly sha256: string;
  readonly bytes: number;
  readonly encoding: string;
  readonly records: number;
  readonly loaded: number;
  readonly merged: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly skipped: number;
  /**
   * Records that the registry keeps of it. Their sum stays true for ever, whatever later runs and reviewers do, until the run
   * is undone; which of them are new may change.
   */
  readonly kept: { readonly patients: KeptRecords; readonly doses: KeptRecords; readonly comments: KeptRecords };
}

/** A file of the report. */
export interface CertifiedReport {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A code table that was used. */
export interface CertifiedTable {
  readonly id: string;
  readonly as_of: string;
  readonly sha256: string;
}

/** What is certified. */
export interface CertificateContent {
  readonly form: number;
  readonly immload: string;
  readonly run: number;
  readonly site: string | null;
  readonly today: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly spec: { readonly id: string; readonly version: string; readonly sha256: string };
  readonly changed_rules: Readonly<Record<string, ChangedRule>>;
  readonly map: { readonly name: string; readonly sha256: string } | null;
  readonly matching: {
    readonly model: string;
    readonly match_threshold: number | null;
    readonly review_threshold: number | null;
  };
  readonly code_tables: readonly CertifiedTable[];
  readonly files: readonly CertifiedFile[];
  /** As they were when the run was completed; later runs and reviewers may put persons and doses together anew. */
  readonly at_load: {
    readonly persons: KeptRecords;
    /**
     * Doses of the registry that came with this run, and its further records of them and of others. A record that was loaded
     * may have become part of a dose of which a later record of the same load says more.
     */
    readonly doses: { readonly stored: number; readonly further: number };
    readonly by_vaccine: Readonly<Record<string, number>>;
    readonly by_year: Readonly<Record<string, number>>;
  };
  /** The sender's totals and what came of them, `null` where none were said. */
  readonly totals: ReconciliationSummary | null;
  readonly reports: readonly CertifiedReport[];
  /** The journal as it was before the entry of this load. */
  readonly journal: { readonly entries: number; readonly hash: string };
}

export interface Certificate extends CertificateContent {
  /** SHA-256 of the content in its canonical form, in hex. */
  readonly digest: string;
}

/** JSON in one form for all that is equal: the names of an object in their order, and no blanks. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** The bytes of `certificate.json`. */
export function renderCertificate(certificate: Certificate): string {
  return `${JSON.stringify(certificate, null, 2)}\n`;
}

/** Certificates as files: sealed, written into the report, read and checked again. */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Certificate,
  type CertificateContent,
  type CertifiedReport,
  type CertifiedTable,
  canonicalJson,
  renderCertificate,
} from '../core/certificate.js';
import type { CodeTable } from '../core/codes.js';
import type { Spec } from '../core/spec.js';

export const CERTIFICATE_FILE = 'certificate.json';
export const CERTIFICATE_PAGE = 'certificate.txt';

/** Seals what is certified. */
export function sealCertificate(content: CertificateContent): Certificate {
  return { ...content, digest: sha256(canonicalJson(content)) };
}

/** What is wrong with the text of a certificate, `null` if it is as it was sealed: any other byte is found. */
export function findCertificateFault(text: string): string | null {
  let certificate: Certificate;
  try {
    certificate = JSON.parse(text) as Certificate;
    // All that is JSON goes through; what is no object has no content.
    const { digest, ...content } = certificate;
    if (sha256(canonicalJson(content)) !== digest) return 'its digest is not that of its content';
  } catch {
    return 'it is not JSON';
  }
  return renderCertificate(certificate) === text ? null : 'it is not written as it was sealed';
}

/**
 * The text of a file of a report, `null` if it is not there; what is not UTF-8 is no text that was sealed.
 * @throws the error of the system when it cannot be read
 */
export function readText(folder: string, name: string): string | null {
  const bytes = readReport(folder, name);
  if (bytes === null) return null;
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : bytes.toString('latin1');
}

function readReport(folder: string, name: string): Buffer | null {
  try {
    return readFileSync(join(folder, name));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** Which files of a report are not as they were certified, in words. */
export async function compareReports(folder: string, certified: readonly CertifiedReport[]): Promise<string[]> {
  const problems: string[] = [];
  for (const report of certified) {
    if (statSync(join(folder, report.name), { throwIfNoEntry: false })?.isFile() !== true) {
      problems.push(`${report.name} is missing`);
      continue;
    }
    const [found] = await hashReports(folder, [report.name]);
    if (found!.sha256 !== report.sha256) problems.push(`${report.name} was changed`);
  }
  return problems;
}

/** The files of a folder and of those in it, by their paths in it, in order. Links are not followed, and are no files. */
export function listReportFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}

/** Size and hash of each file of a report. */
export async function hashReports(folder: string, names: readonly string[]): Promise<CertifiedReport[]> {
  const reports: CertifiedReport[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
    reports.push({ name, sha256: hash.digest('hex'), bytes: statSync(path).size });
  }
  return reports;
}

/** The code tables by their hashes, as the registry keeps them. */
export function certifyTables(tables: readonly CodeTable[]): CertifiedTable[] {
  return tables.map((table) => ({ id: table.id, as_of: table.asOf, sha256: sha256(JSON.stringify(table)) }));
}

/** The hash of a spec: equal for specs that say the same, whatever the file looks like. */
export function hashSpec(spec: Spec): string {
  return sha256(canonicalJson(spec));
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

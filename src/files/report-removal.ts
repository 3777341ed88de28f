/** Removes a report: files that immload wrote, as it wrote them, and nothing that a link leads to. */
import { lstatSync, readdirSync, realpathSync, rmdirSync, type Stats, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CertifiedReport } from '../core/certificate.js';
import { CERTIFICATE_FILE, CERTIFICATE_PAGE, hashReports, readText } from './certificates.js';

/** What became of a report that was to be removed. */
export interface Removal {
  /** Files that are gone, or would go. */
  readonly removed: readonly string[];
  /** Files that stay, and why. */
  readonly left: readonly { readonly name: string; readonly why: string }[];
  /** Whether the folder was not there any more. */
  readonly isMissing: boolean;
}

/** What is to be removed. */
export interface RemovableReport {
  /** The whole path. */
  readonly folder: string;
  /** The text of its certificate, by which the folder is known. */
  readonly certificate: string;
  readonly reports: readonly CertifiedReport[];
}

/** A folder that is not touched, in words. */
export class RemovalRefused extends Error {
  readonly code = 'removal';
  constructor(folder: string, problem: string) {
    super(`${folder}: ${problem}; nothing was removed`);
    this.name = 'RemovalRefused';
  }
}

/**
 * Removes a report. Files that were changed or added since are left, unless `all`; links never are followed, and never
 * removed. With `isPlan`, it only tells.
 * @throws RemovalRefused when the folder is not that report, or a link leads to it
 */
export async function removeReport(
  { folder, certificate, reports }: RemovableReport,
  { all, isPlan }: { readonly all: boolean; readonly isPlan: boolean },
): Promise<Removal> {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return { removed: [], left: [], isMissing: true };
  if (stats.isSymbolicLink()) throw new RemovalRefused(folder, 'is a symbolic link');
  if (!stats.isDirectory()) throw new RemovalRefused(folder, 'is no folder');
  if (realpathSync(folder) !== folder) throw new RemovalRefused(folder, 'a symbolic link leads to it');
  const own = lstatSync(join(folder, CERTIFICATE_FILE), { throwIfNoEntry: false });
  if (own?.isFile() !== true || readText(folder, CERTIFICATE_FILE) !== certificate) {
    throw new RemovalRefused(folder, 'does not hold the certificate of the run');
  }
  const { removed, left } = await sortOut(folder, reports, all);
  if (!isPlan) {
    // The certificate last: what is cut short can be done again.
    for (const name of removed) unlinkSync(join(folder, name));
    for (const part of new Set(removed.map((name) => dirname(name))))
      if (part !== '.') removeIfEmpty(join(folder, part));
    removeIfEmpty(folder);
  }
  return { removed, left, isMissing: false };
}

/** What goes, the certificate last, and what stays. */
async function sortOut(
  folder: string,
  reports: readonly CertifiedReport[],
  all: boolean,
): Promise<Pick<Removal, 'removed' | 'left'>> {
  const written = new Map(reports.map((report) => [report.name, report]));
  const removed: string[] = [];
  const left: { name: string; why: string }[] = [];
  for (const { name, stats } of listEntries(folder, '')) {
    if (name === CERTIFICATE_FILE || name === CERTIFICATE_PAGE) continue;
    const report = written.get(name);
    if (stats.isSymbolicLink()) left.push({ name, why: 'is a symbolic link' });
    else if (!stats.isFile()) left.push({ name, why: 'is no file' });
    else if (all) removed.push(name);
    else if (report === undefined) left.push({ name, why: 'was not written by the load' });
    else if ((await hashReports(folder, [name]))[0]!.sha256 !== report.sha256) {
      left.push({ name, why: 'was changed since' });
    } else removed.push(name);
  }
  const page = lstatSync(join(folder, CERTIFICATE_PAGE), { throwIfNoEntry: false });
  return { removed: [...removed, ...(page?.isFile() ? [CERTIFICATE_PAGE] : []), CERTIFICATE_FILE], left };
}

/** All that is in a folder and in those in it, without following links, and without the folders themselves. */
function listEntries(folder: string, part: string): { name: string; stats: Stats }[] {
  return readdirSync(join(folder, part))
    .sort()
    .flatMap((entry) => {
      const name = part === '' ? entry : `${part}/${entry}`;
      const stats = lstatSync(join(folder, name));
      return stats.isDirectory() ? listEntries(folder, name) : [{ name, stats }];
    });
}

function removeIfEmpty(folder: string): void {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

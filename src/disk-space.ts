/** Whether there is room for what a load writes, told before it is missed. */
import { isPostgresAddress } from './db/postgres-address.js';
import { findFreeSpace } from './files/free-space.js';
import type { Source } from './files/source.js';
import type { Loading } from './resume.js';

/** Of the bytes of its files, what a registry in SQLite grows by at most, and what reports of the worst files need. */
const REGISTRY_SHARE = 1.5;
const REPORT_SHARE = 1;
/** A packed file of text becomes so much larger, most often. */
const UNPACKED = 8;

/** Disks that may become full, in words; none where there is room, or nobody knows. */
export function findNarrowDisks({ submission, options }: Loading, reportFolder: string): string[] {
  const bytes = submission.files.reduce((sum, { source }) => sum + textBytes(source), 0);
  const { database } = options;
  const needs = [{ path: reportFolder, bytes: bytes * REPORT_SHARE }];
  if (!isPostgresAddress(database)) needs.unshift({ path: database, bytes: bytes * REGISTRY_SHARE });
  const disks = new Map<number, { readonly path: string; needed: number; readonly free: number }>();
  for (const need of needs) {
    const space = findFreeSpace(need.path);
    if (space === null) continue;
    const known = disks.get(space.disk);
    if (known === undefined) disks.set(space.disk, { path: need.path, needed: need.bytes, free: space.bytes });
    else known.needed += need.bytes;
  }
  return [...disks.values()].flatMap(({ path, needed, free }) => {
    if (free >= needed) return [];
    const [wanted, left] = [needed, free].map((each) => `${Math.ceil(each / 1e6)} MB`);
    return [
      `${path}: up to ${wanted} may be needed and ${left} are free; if the disk gets full, make room and run the same command again`,
    ];
  });
}

/** The size of a file’s text, as far as it is known. */
function textBytes({ bytes, container }: Source): number {
  return container === null ? bytes : (container.expected?.bytes ?? bytes * UNPACKED);
}

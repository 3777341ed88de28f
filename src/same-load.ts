/** Whether a submission was loaded before, to the byte. */
import { type EarlierLoad, type NewRun, StoreError } from './db/store.js';
import { SourceReader } from './files/source.js';
import type { LoadOptions } from './load.js';
import { openForReading } from './open-store.js';
import type { Submission } from './receive.js';

const CHUNK_BYTES = 1 << 20;

/**
 * The last completed run of the same files and site, read in the same way; `null` if there is none. Files are hashed only
 * where sizes fit.
 */
export async function findSameLoad(
  { files }: Submission,
  { database }: Pick<LoadOptions, 'database'>,
  run: NewRun,
): Promise<EarlierLoad | null> {
  const earlier = await readEarlierLoads(database, run);
  const sizes = files.map(({ role, source }) => `${role} ${source.bytes}`).sort();
  const fitting = earlier.filter((load) =>
    areEqual(load.files.map(({ role, bytes }) => `${role} ${bytes}`).sort(), sizes),
  );
  if (fitting.length === 0) return null;
  const hashes: string[] = [];
  for (const { role, source } of files) {
    const reader = new SourceReader(source, CHUNK_BYTES);
    for await (const _ of reader.chunks());
    hashes.push(`${role} ${reader.sha256()}`);
  }
  hashes.sort();
  return (
    fitting.find((load) => areEqual(load.files.map(({ role, sha256 }) => `${role} ${sha256}`).sort(), hashes)) ?? null
  );
}

/** None where there is no registry yet, or one that must be migrated before it can be asked. */
async function readEarlierLoads(database: string, run: NewRun): Promise<readonly EarlierLoad[]> {
  try {
    const store = await openForReading(database);
    try {
      return await store.findEarlierLoads(run);
    } finally {
      await store.close();
    }
  } catch (error) {
    // What is wrong with it is told when it is opened for loading.
    if (error instanceof StoreError) return [];
    throw error;
  }
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}

/** Whether a submission was loaded before, to the byte, or all but one step of it. */
import { type EarlierLoad, type NewRun, type Store, StoreError } from './db/store.js';
import { SourceReader } from './files/source.js';
import { openForReading } from './open-store.js';
import type { Submission } from './receive.js';
import { findUnclosed, type Loading, type Unclosed } from './resume.js';

const CHUNK_BYTES = 1 << 20;

/** What was done before of a submission. */
export interface DoneBefore {
  /** The last completed run of the same files and site, read in the same way; `null` if there is none. */
  readonly load: EarlierLoad | null;
  /** A run of which nothing is left to do but to mark it as completed; `null` if there is none. */
  readonly unclosed: Unclosed | null;
}

const NOTHING: DoneBefore = { load: null, unclosed: null };

/** Looks into the registry, which is not changed. None where there is no registry yet, or one that must be migrated. */
export async function lookAtEarlier(loading: Loading, run: NewRun): Promise<DoneBefore> {
  const { database, again, restart } = loading.options;
  try {
    const store = await openForReading(database);
    try {
      return {
        load: again === false ? await findSameLoad(store, loading.submission, run) : null,
        unclosed: restart === true ? null : await findUnclosed(store, loading),
      };
    } finally {
      await store.close();
    }
  } catch (error) {
    // What is wrong with it is told when it is opened for loading.
    if (error instanceof StoreError) return NOTHING;
    throw error;
  }
}

/** Files are hashed only where sizes fit. */
async function findSameLoad(store: Store, { files }: Submission, run: NewRun): Promise<EarlierLoad | null> {
  const earlier = await store.findEarlierLoads(run);
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

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}

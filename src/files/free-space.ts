/** How much room there is on a disk. */
import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The disk that a path is on, or will be, and the bytes that are free there; `null` where the system does not tell. */
export function findFreeSpace(path: string): { readonly disk: number; readonly bytes: number } | null {
  let place = resolve(path);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    const { bavail, bsize } = statfsSync(place);
    return { disk: statSync(place).dev, bytes: bavail * bsize };
  } catch {
    return null;
  }
}

/** A user whom permissions bind. They do not bind root, as whom containers often run the tests. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ProgramUser } from './program.js';

/** `nobody`, who owns no files. */
const NOBODY = 65_534;
/** Packages that the program does not need, by the beginning of their names: they are most of the bytes. */
const DEVELOPMENT = ['@biomejs', '@rolldown', '@types', '@typescript', 'lightningcss', 'typescript', 'vite'];

/** A user whom permissions bind, with a program within reach. Close it when the tests are done. */
export interface OrdinaryUser extends ProgramUser {
  close(): void;
}

/** Oneself, or nobody where oneself is root. Where nobody cannot reach the program, a copy is made. */
export function findOrdinaryUser(own: ProgramUser): OrdinaryUser {
  if (process.getuid?.() !== 0) return { ...own, close: () => {} };
  const nobody = { ...own, id: NOBODY };
  if (canRun(nobody)) return { ...nobody, close: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'immload-program-'));
  chmodSync(folder, 0o755);
  for (const name of ['dist', 'specs', 'package.json'])
    cpSync(join(own.package, name), join(folder, name), { recursive: true });
  const modules = join(own.package, 'node_modules');
  cpSync(modules, join(folder, 'node_modules'), {
    recursive: true,
    filter: (path) => !DEVELOPMENT.some((name) => path.startsWith(join(modules, name))),
  });
  const node = join(folder, basename(own.node));
  copyFileSync(own.node, node);
  const copy = { id: NOBODY, node, package: folder };
  if (!canRun(copy)) throw new Error('no user could be found whom permissions bind');
  return { ...copy, close: () => rmSync(folder, { recursive: true, force: true }) };
}

function canRun(user: ProgramUser): boolean {
  const ids = user.id === null ? {} : { uid: user.id, gid: user.id };
  const args = [join(user.package, 'dist/src/cli/main.js'), '--version'];
  return spawnSync(user.node, args, { ...ids, cwd: tmpdir() }).status === 0;
}

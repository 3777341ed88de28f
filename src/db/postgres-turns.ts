/** Whose turn it is to load into a PostgreSQL registry. */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { firstRow, type Queries } from './queries.js';
import { type Command, StoreError, type Waiting } from './store.js';

/** Marks immload's advisory locks: the letters IMLD. */
export const LOCK_CLASS = 0x494d4c44;
/** The lock of a registry is that of its table of runs: several may stand in schemas of one database. */
const TURN = `(${LOCK_CLASS}::bigint << 32) + 'runs'::regclass::oid::bigint`;
/** Has a turn, too, but no run that others see. */
const REHEARSAL = `(${LOCK_CLASS + 2}::bigint << 32) + 'runs'::regclass::oid::bigint`;
const HAS_TURN = `EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
  AND classid = ${LOCK_CLASS}::oid AND objid = 'runs'::regclass::oid AND objsubid = 1)`;
const ASK_AGAIN_MS = 100;

/**
 * Waits for the lock that one loader at a time has. It is the session's: it goes with the connection, however the loader
 * ends, so that whoever has it knows that all other runs are over.
 */
export async function waitForTurn(queries: Queries, name: string, { command, signal, onWait }: Waiting): Promise<void> {
  if (command !== null) await requireOnlyOfCommand(queries, name, command);
  let told = '';
  for (;;) {
    const [row] = await queries.arrays<[boolean]>(`SELECT pg_try_advisory_lock(${TURN})`);
    if (row![0]) return;
    const other = await firstRow<{ id: number; host: string; started_at: string }>(
      queries,
      `SELECT id, host, started_at FROM runs WHERE status = 'running' ORDER BY id DESC LIMIT 1`,
    );
    const whom =
      other === undefined
        ? 'another loader'
        : `run ${other.id}, which is loading on ${other.host} since ${other.started_at}`;
    if (other !== undefined && whom !== told) {
      onWait(`waits for ${whom}`);
      told = whom;
    }
    await setTimeout(ASK_AGAIN_MS, undefined, signal === null ? {} : { signal });
  }
}

/** Tells others that nothing will stay of what is done in this turn. */
export async function declareRehearsal(queries: Queries): Promise<void> {
  await queries.run(`SELECT pg_advisory_lock(${REHEARSAL})`);
}

/** Whether somebody has a turn, but for a rehearsal. */
export async function isTurnTaken(queries: Queries): Promise<boolean> {
  const holders = (lockClass: number): string =>
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = ${lockClass}::oid
       AND objid = 'runs'::regclass::oid AND objsubid = 1
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  const found = await queries.arrays(`${holders(LOCK_CLASS)} EXCEPT ${holders(LOCK_CLASS + 2)}`);
  return found.length > 0;
}

/** Two of one command have nothing to queue for: when the first is done, there is nothing left to do. */
async function requireOnlyOfCommand(queries: Queries, name: string, command: Command): Promise<void> {
  const number = createHash('sha256').update(JSON.stringify(command)).digest().readUInt32BE();
  const [row] = await queries.arrays<[boolean]>(
    `SELECT pg_try_advisory_lock((${LOCK_CLASS + 1}::bigint << 32) + ($1::bigint # 'runs'::regclass::oid::bigint))`,
    [number],
  );
  if (row![0]) return;
  throw new StoreError(
    'busy',
    `${name}: the very same files are being loaded already, in the same way; wait until that is done`,
  );
}

/** Shows that the run is alive, and finds out whether it still has its turn: nothing may be written without. */
export async function showAlive(queries: Queries, runId: number, name: string): Promise<void> {
  const alive = await queries.run(
    `UPDATE runs SET heartbeat_at = $1 WHERE id = $2 AND status = 'running' AND ${HAS_TURN}`,
    [new Date().toISOString(), runId],
  );
  if (alive > 0) return;
  throw new StoreError(
    'taken-back',
    `${name}: run ${runId} has lost its turn to another loader; connect to the server itself or to a pool of sessions, and run the same command again`,
  );
}

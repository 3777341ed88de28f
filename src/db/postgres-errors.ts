/** What PostgreSQL and the way to it say when something fails, as problems with a remedy, and as reasons to refuse a row. */
import { StoreError, type StoreProblem } from './store.js';

/** What an error of the server tells besides its message. */
interface ServerError {
  readonly code?: unknown;
  readonly message?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly where?: string;
}

/** By SQLSTATE, or by the code of the network or of TLS. Each remedy holds no value. */
const PROBLEMS: readonly (readonly [RegExp, StoreProblem, string])[] = [
  [/^3D000$/, 'not-a-database', 'there is no such database on that server; make it with `createdb`, or correct --db'],
  [
    /^28/,
    'refused',
    'the server refused the user or the password; check the user in --db, and PGPASSWORD or ~/.pgpass, and pg_hba.conf',
  ],
  [/^(ECONNREFUSED|ENOENT|EACCES)$/, 'unreachable', 'no server answers there; check host and port, and that it runs'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'unreachable', 'there is no such host; check the name in --db'],
  [
    /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/,
    'unreachable',
    'the host cannot be reached; check the network and its firewalls',
  ],
  [/^57P03$/, 'unreachable', 'the server is starting or stopping; try again in a moment'],
  [
    /^(08|57P0[125]|ECONNRESET|EPIPE)/,
    'unreachable',
    'the connection was lost; run the same command again when the server is back',
  ],
  [
    /CERT|^ERR_TLS|^ERR_SSL|^EPROTO|SELF_SIGNED|UNABLE_TO_/,
    'refused',
    'the server’s TLS certificate was not accepted; give its authority with sslrootcert, or check sslmode and the host name',
  ],
  [/^53100$/, 'full', 'the server’s disk is full; make room and run the same command again'],
  [/^53/, 'busy', 'the server has no connections or memory left; try again later'],
  [
    /^(42501|25006)$/,
    'not-writable',
    'the user may not write there; grant SELECT, INSERT, UPDATE and DELETE on the tables, USAGE on the sequences, and TEMPORARY on the database',
  ],
  [/^(55P03|40)/, 'busy', 'another program has it in use; try again when that is done'],
  [/^(58|XX)/, 'damaged', 'the server or its disk reports a fault; see the server’s log'],
];

/** Messages of the driver, which have no code. */
const MESSAGES: readonly (readonly [RegExp, StoreProblem, string])[] = [
  [/does not support SSL/, 'refused', 'the server does not offer TLS, and sslmode asks for it'],
  [/Connection terminated|connection error|not queryable|Client was closed/i, 'unreachable',
    'the connection was lost; run the same command again when the server is back'],
  [/timeout expired|timeout exceeded/i, 'unreachable', 'no server answered in time; check host, port and firewalls'],
  [/client password must be|SASL|password/i, 'refused',
    'the server asks for a password; give it with PGPASSWORD or ~/.pgpass'],
]; // biome-ignore format: a table

/** An error as ours, which names host and database and a remedy and holds no value and no password. */
export function toStoreError(error: unknown, name: string): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const { code } = error as ServerError;
  if (typeof code === 'string') {
    for (const [pattern, problem, remedy] of PROBLEMS) {
      if (pattern.test(code)) return new StoreError(problem, `${name}: ${remedy}`, { cause: error });
    }
    if (/^[0-9A-Z]{5}$/.test(code)) {
      const place = placeOf(error as ServerError);
      return new StoreError('failed', `${name}: the database refused (${code}${place})`, { cause: error });
    }
    return error;
  }
  for (const [pattern, problem, remedy] of MESSAGES) {
    if (pattern.test(error.message)) return new StoreError(problem, `${name}: ${remedy}`, { cause: error });
  }
  return error;
}

function placeOf({ table, constraint, column }: ServerError): string {
  const places = { table, column, constraint };
  return Object.entries(places)
    .flatMap(([what, which]) => (which === undefined ? [] : [`, ${what} ${which}`]))
    .join('');
}

/** Classes of SQLSTATE that are about values, about rules for rows, and about sizes; P0 is that of triggers. */
const ROW_CLASSES: ReadonlySet<string> = new Set(['22', '23', '44', '54', 'P0']);

/**
 * Whether a database refuses what a row says, rather than to work at all. A number that immload itself gave twice is not
 * the row's fault. Triggers may use classes of their own, which begin with 5 to 9 or I to Z.
 */
export function isRefusal(error: unknown): boolean {
  const { code, constraint } = error as ServerError;
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return false;
  if (constraint?.endsWith('_pkey') === true) return false;
  const kind = code.slice(0, 2);
  return ROW_CLASSES.has(kind) || (/^[5-9I-Z]/.test(kind) && !['53', '55', '57', '58', 'XX'].includes(kind));
}

/** What the SQLSTATEs mean that are met most. */
const REASONS: Readonly<Record<string, string>> = {
  '22001': 'a value is too long',
  '22003': 'a number is too large',
  '22007': 'a value is no date',
  '22008': 'a value is no date',
  '22021': 'a character cannot be stored',
  '22P02': 'a value is not of the column’s type',
  '22P05': 'a character is not in the encoding of the database',
  '23502': 'a value is missing',
  '23503': 'a value stands in no row of the table it must stand in',
  '23505': 'a value stands there already and may stand once',
  '23514': 'a value breaks a check',
  '44000': 'a row breaks the check of a view',
  '54000': 'a row is too large',
};

/**
 * Why a database refused a row, in words without a value: what a DBA wrote into a trigger is told only if none of the row's
 * values stands in it.
 */
export function reasonOf(error: unknown, values: Iterable<unknown>): string {
  const { code, table, where = '', constraint, message = '', ...rest } = error as ServerError & { code: string };
  const column = rest.column ?? /^COPY \S+, line \d+, column (\w+)/.exec(where)?.[1];
  const at = table ?? /^COPY (\S+),/.exec(where)?.[1]?.replace(/^.*\./, '');
  const trigger = /PL\/pgSQL function ([\w.]+)/.exec(where)?.[1];
  const known = REASONS[code];
  const words = known ?? (saysValue(message, values) ? 'refused' : message);
  const place = [
    ...(column === undefined ? [] : [`column ${column}`]),
    ...(constraint === undefined ? [] : [`constraint ${constraint}`]),
    ...(at === undefined ? [] : [`table ${at}`]),
    ...(trigger === undefined ? [] : [`trigger ${trigger}`]),
    `SQLSTATE ${code}`,
  ];
  return `${words} (${place.join(', ')})`;
}

function saysValue(message: string, values: Iterable<unknown>): boolean {
  const said = ` ${message.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')} `;
  for (const value of values) {
    if (value == null || value === '') continue;
    const text = String(value)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
    if (text !== '' && said.includes(` ${text} `)) return true;
  }
  return false;
}

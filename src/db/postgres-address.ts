/** What a `postgres://` address says: whom to connect to, how safely, and what to call it without the password. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ClientConfig } from 'pg';
import { StoreError } from './store.js';

/** Where a PostgreSQL registry is. */
export interface PostgresAddress {
  readonly config: ClientConfig;
  /** Host and database, for messages: without user and password. */
  readonly name: string;
  /** Whether it may be connected to without TLS when the server has none. */
  readonly mayBePlain: boolean;
}

/** Whether a database is named by the address of a server, and not by the path of a file. */
export function isPostgresAddress(database: string): boolean {
  return /^postgres(?:ql)?:/i.test(database.trim());
}

/** What a database is called in messages: its path, or its address without user and password. */
export function nameOfDatabase(database: string): string {
  return isPostgresAddress(database) ? readPostgresAddress(database).name : database;
}

const DEFAULT_PORT = '5432';
const CONNECT_TIMEOUT_MS = 30_000;
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

/**
 * Reads an address as libpq does, so that it means here what it means to `psql`. What it leaves out comes from the
 * environment (`PGHOST`, `PGPASSWORD`, `PGSSLMODE` …) or `~/.pgpass`.
 * @throws StoreError `refused` when it makes no sense; its text is not told, because there may be a password in it
 */
export function readPostgresAddress(text: string): PostgresAddress {
  let url: URL;
  try {
    // An empty host is that of the environment, or the socket of this machine.
    url = new URL(text.trim().replace(/^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)(?=[/?#:]|$)/i, '$1-'));
  } catch {
    throw unreadable(
      'give it as postgres://user@host:5432/database, with % and two digits for / @ : ? # in a password',
    );
  }
  const decode = (part: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw unreadable('a % in it stands for no character; write %25 for %');
    }
  };
  const option = (name: string, variable: string): string | null =>
    url.searchParams.get(name) || process.env[variable] || null;
  const inUrl = url.hostname === '-' ? '' : decode(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  const host = url.searchParams.get('host') || inUrl || process.env['PGHOST'] || 'localhost';
  const port = url.searchParams.get('port') || url.port || process.env['PGPORT'] || DEFAULT_PORT;
  const user = decode(url.username) || option('user', 'PGUSER') || userInfo().username;
  const database = decode(url.pathname.replace(/^\//, '')) || option('dbname', 'PGDATABASE') || user;
  const password = decode(url.password) || url.searchParams.get('password') || undefined;
  const mode = readSslMode(option('sslmode', 'PGSSLMODE'));
  const timeout = Number(option('connect_timeout', 'PGCONNECT_TIMEOUT') ?? Number.NaN);
  const options = option('options', 'PGOPTIONS');
  return {
    config: {
      host,
      port: Number(port),
      user,
      database,
      ...(password !== undefined && { password }),
      ssl: readTls(mode, (name) => option(name, `PG${name.toUpperCase()}`)),
      ...(options !== null && { options }),
      application_name: option('application_name', 'PGAPPNAME') ?? 'immload',
      connectionTimeoutMillis: timeout > 0 ? timeout * 1000 : CONNECT_TIMEOUT_MS,
      keepAlive: true,
    },
    name: `postgres://${host.startsWith('/') ? encodeURIComponent(host) : host}:${port}/${database}`,
    mayBePlain: mode === 'prefer',
  };
}

function unreadable(remedy: string): StoreError {
  return new StoreError('refused', `--db: the address of the database cannot be read; ${remedy}`);
}

function readSslMode(text: string | null): SslMode {
  if (text === null) return 'disable';
  const mode = SSL_MODES.find((each) => each === text);
  if (mode === undefined) throw unreadable(`sslmode is one of ${SSL_MODES.join(', ')}`);
  return mode === 'allow' ? 'prefer' : mode;
}

/** `require` alone encrypts and believes any certificate; with `sslrootcert`, it must be of that authority. */
function readTls(mode: SslMode, option: (name: string) => string | null): ClientConfig['ssl'] {
  if (mode === 'disable') return false;
  const read = (name: string): string | undefined => {
    const path = option(name);
    if (path === null || path === 'system') return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      throw new StoreError('refused', `--db: the file that ${name} names cannot be read`, { cause });
    }
  };
  const ca = read('sslrootcert');
  const cert = read('sslcert');
  const key = read('sslkey');
  const own = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
  if (mode === 'verify-full') return own;
  const isChecked = mode === 'verify-ca' || (mode === 'require' && ca !== undefined);
  return isChecked ? { ...own, checkServerIdentity: () => undefined } : { ...own, rejectUnauthorized: false };
}

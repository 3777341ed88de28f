/** A folder of its own for a test: files to load, a database to load into, reports to look at. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { parseString } from 'fast-csv';
import type { FileRole } from '../../src/core/model.js';
import type { SampleFiles } from '../../src/core/samples/samples.js';
import { openSqlite } from '../../src/db/sqlite.js';
import { type LoadOptions, load } from '../../src/load.js';
import type { Summary } from '../../src/run.js';
import { CONTENT_TABLES, type ContentTables, describeContent } from './content.js';
import { CODES, MIIS, TODAY } from './fixtures.js';

/** A row of a table or of a report. */
export type TableRow = Record<string, string | number | null>;

/** What a load is given besides its files; all of it has a default. */
export interface SandboxLoad extends Partial<Omit<LoadOptions, 'patients' | 'immunizations' | 'comments' | 'files'>> {
  /** File name → content, or a path that exists. */
  readonly patients?: Readonly<Record<string, string | Uint8Array>> | readonly string[];
  readonly immunizations?: Readonly<Record<string, string | Uint8Array>> | readonly string[];
  readonly comments?: Readonly<Record<string, string | Uint8Array>> | readonly string[];
  /** Files whose role shows in their contents. */
  readonly files?: Readonly<Record<string, string | Uint8Array>> | readonly string[];
}

/** Lines with a header, as `miis-legacy` files are. */
export function miis(columns: string, ...rows: string[]): string {
  return `${[columns, ...rows].join('\n')}\n`;
}

/** The files of a sample of a specification, as a load is given them. */
export function inputOf(files: SampleFiles): Pick<SandboxLoad, 'patients' | 'immunizations' | 'comments' | 'files'> {
  const input = (role: FileRole): Record<string, Uint8Array> => {
    const file = files.get(role);
    return file === undefined ? {} : { [file.name]: file.bytes };
  };
  return {
    patients: input('patient'),
    immunizations: input('immunization'),
    comments: input('comment'),
    files: input('combined'),
  };
}

const MEMORY = '/dev/shm';
const LEAST_MEMORY = 1 << 30;

/** In memory, where the system shows it as a folder that is large enough: tests would wait for the disk at each commit. */
const PARENT = isLarge(MEMORY) ? MEMORY : tmpdir();

function isLarge(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= LEAST_MEMORY;
  } catch {
    return false;
  }
}

let emptyRegistry: Buffer | null = null;

/** Makes an empty registry, in a tenth of the time that its migrations take: that they are run is tested elsewhere. */
async function makeRegistry(path: string): Promise<void> {
  if (emptyRegistry !== null) {
    writeFileSync(path, emptyRegistry, { mode: 0o600 });
    return;
  }
  const store = await openSqlite(path);
  await store.close();
  emptyRegistry = readFileSync(path);
}

export class Sandbox {
  readonly folder: string;
  #loads = 0;

  constructor() {
    this.folder = mkdtempSync(join(PARENT, 'immload-test-'));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  get database(): string {
    return this.path('registry.db');
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  /** Loads, into the sandbox's database unless told otherwise. */
  async load(options: SandboxLoad): Promise<Summary & { folder: string }> {
    const { patients = {}, immunizations = {}, comments = {}, files = {}, ...rest } = options;
    const number = ++this.#loads;
    const { mode = 'load', database = this.database } = rest;
    if (mode === 'load' && !existsSync(database) && !database.includes('://')) await makeRegistry(database);
    const report = rest.report ?? this.path(`report-${number}`);
    const summary = await load({
      patients: this.#paths(patients, number),
      immunizations: this.#paths(immunizations, number),
      comments: this.#paths(comments, number),
      files: this.#paths(files, number),
      spec: MIIS,
      codes: CODES,
      mode: 'load',
      database: this.database,
      site: null,
      today: TODAY,
      ...rest,
      report,
    });
    return { ...summary, folder: report };
  }

  #paths(files: NonNullable<SandboxLoad['patients']>, number: number): string[] {
    if (Array.isArray(files)) return [...(files as readonly string[])];
    const folder = this.path(`input-${number}`);
    mkdirSync(folder, { recursive: true });
    return Object.entries(files as Readonly<Record<string, string | Uint8Array>>).map(([name, content]) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    });
  }

  query(sql: string, database: string = this.database): TableRow[] {
    const connection = new Database(database, { readonly: true });
    try {
      return connection.prepare(sql).all() as TableRow[];
    } finally {
      connection.close();
    }
  }

  /** The rows of a CSV report, `[]` if it was not written. */
  async report(folder: string, name: string): Promise<Record<string, string>[]> {
    const path = join(folder, name);
    if (!existsSync(path)) return [];
    const rows: Record<string, string>[] = [];
    return new Promise((resolve, reject) => {
      parseString(readFileSync(path, 'utf8'), { headers: true })
        .on('data', (row: Record<string, string>) => rows.push(row))
        .on('error', reject)
        .on('end', () => resolve(rows));
    });
  }

  /** All files of the sandbox, by their path in it. */
  files(): string[] {
    return readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length + 1))
      .sort();
  }
}

/** What a SQLite registry says; see {@link describeContent}. */
export function contentOf(sandbox: Sandbox, database: string = sandbox.database): Record<string, TableRow[]> {
  const tables = CONTENT_TABLES.map((table) => [table, sandbox.query(`SELECT * FROM ${table}`, database)]);
  return describeContent(Object.fromEntries(tables) as ContentTables);
}

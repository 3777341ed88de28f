/** A connection to a registry, whichever kind it is: queries and transactions, one after the other. */
import type { Bound, ColumnSource, FieldSource, Queries, SqlRow } from './queries.js';

/** An open connection. What is asked of it at the same time is done one after the other. */
export abstract class Session implements Queries {
  /** What the registry is called in messages. */
  readonly name: string;
  protected readonly queries: Queries;
  /** Is told when something was given up: ids that it gave may belong to nothing. */
  onRollback: () => void = () => {};
  #last: Promise<unknown> = Promise.resolve();
  /** Whether all happens within one transaction. */
  #isOneTransaction = false;
  #savepoints = 0;

  protected constructor(name: string, queries: Queries) {
    this.name = name;
    this.queries = queries;
  }

  /** An error of the database in our words, which hold no value. */
  abstract toStoreError(error: unknown): unknown;
  protected abstract begin(): Promise<void>;
  protected abstract commit(): Promise<void>;
  /** Ends the connection, when nothing is done any more. */
  protected abstract disconnect(): Promise<void>;

  async rows<T = SqlRow>(sql: string, values?: readonly Bound[]): Promise<T[]> {
    return this.exclusive((queries) => queries.rows<T>(sql, values));
  }

  async arrays<T extends readonly unknown[]>(sql: string, values?: readonly Bound[]): Promise<T[]> {
    return this.exclusive((queries) => queries.arrays<T>(sql, values));
  }

  async run(sql: string, values?: readonly Bound[]): Promise<number> {
    return this.exclusive((queries) => queries.run(sql, values));
  }

  async insert(table: string, count: number, columns: readonly ColumnSource[], fields?: FieldSource): Promise<void> {
    return this.exclusive((queries) => queries.insert(table, count, columns, fields));
  }

  async update(table: string, rows: readonly Readonly<SqlRow>[]): Promise<void> {
    return this.exclusive((queries) => queries.update(table, rows));
  }

  rowAsJson(table: string, alias: string): string {
    return this.queries.rowAsJson(table, alias);
  }

  async makeDurable(): Promise<void> {
    return this.exclusive((queries) => queries.makeDurable());
  }

  /** Does some work that nothing else comes between. @throws StoreError */
  async exclusive<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    try {
      return await this.#inTurn(() => work(this.queries));
    } catch (error) {
      throw this.toStoreError(error);
    }
  }

  /** All of the work is in the database, or nothing of it. @throws the error of the database as it is */
  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#isOneTransaction) return this.savepoint(() => work(this.queries));
      await this.begin();
      try {
        const value = await work(this.queries);
        await this.commit();
        return value;
      } catch (error) {
        await this.#rollBack('ROLLBACK');
        throw error;
      }
    });
  }

  /** Within a transaction: all of the work, or nothing of it and the transaction goes on. */
  async savepoint<T>(work: () => Promise<T>): Promise<T> {
    const name = `part_${++this.#savepoints}`;
    await this.queries.run(`SAVEPOINT ${name}`);
    try {
      const value = await work();
      await this.queries.run(`RELEASE SAVEPOINT ${name}`);
      return value;
    } catch (error) {
      await this.#rollBack(`ROLLBACK TO SAVEPOINT ${name}`);
      throw error;
    } finally {
      this.#savepoints--;
    }
  }

  /** From here on, transactions are parts of one, until {@link endOne}. */
  async beginOne(): Promise<void> {
    await this.exclusive(() => this.begin());
    this.#isOneTransaction = true;
  }

  /** Keeps or gives up what was done since {@link beginOne}. */
  async endOne(isKept: boolean): Promise<void> {
    if (!this.#isOneTransaction) return;
    await this.exclusive(() => (isKept ? this.commit() : this.#rollBack('ROLLBACK')));
    this.#isOneTransaction = false;
  }

  async close(): Promise<void> {
    await this.endOne(false);
    await this.#last;
    await this.disconnect();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #rollBack(statement: string): Promise<void> {
    this.onRollback();
    // Where the connection is lost, the database does it by itself.
    await this.queries.run(statement).catch(() => {});
  }
}

/** Disks that are full or broken while a load writes: nothing is half, and the same command goes on afterwards. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LoadedBeforeError } from '../../src/load.js';
import { type DiskFault, FailingFiles } from '../support/failing-files.js';
import { allTables, REGISTRIES, reportFiles } from '../support/interrupted.js';
import { RICH, writeRich } from '../support/rich-submission.js';
import { Sandbox } from '../support/sandbox.js';

/** `FAULTS_EVERY=1` lets every call fail, not only some of them. */
const EVERY = Number(process.env['FAULTS_EVERY'] ?? 3);

describe.each(Object.keys(REGISTRIES))('beside a registry in %s', (database) => {
  test.each(Object.keys(RICH))('reports that cannot be written: %s', async (kind) => {
    using sandbox = new Sandbox();
    await using registry = await REGISTRIES[database]!(sandbox);
    await sandbox.load({ ...RICH[kind]!(2, 0), database: registry.address });
    await registry.keep();
    const submission = { ...writeRich(sandbox, RICH[kind]!(2, 1)), again: false, database: registry.address };
    const report = sandbox.path('reports', 'whole');
    const countCalls = async (): Promise<number> => {
      using files = new FailingFiles({ at: 0, code: 'EIO', forGood: false });
      await sandbox.load({ ...submission, report });
      return files.calls;
    };
    const calls = await countCalls();
    const expected = { tables: await allTables(registry), reports: reportFiles(report) };
    expect(calls).toBeGreaterThan(10);

    for (let at = 1; at <= calls; at += EVERY) {
      const fault: DiskFault = { at, code: at % 2 === 0 ? 'EIO' : 'ENOSPC', forGood: at % 4 < 2 };
      await registry.restore();
      const place = sandbox.path('reports', String(at));
      const attempt = async (): Promise<unknown> => {
        using _ = new FailingFiles(fault);
        return await sandbox.load({ ...submission, report: place }).catch((error: unknown) => error);
      };
      const error = await attempt();
      expect(error, `call ${at}`).toBeInstanceOf(Error);
      // There is a report only if all of it is there.
      if (existsSync(place)) expect(reportFiles(place), `call ${at}`).toEqual(expected.reports);
      else expect(readdirSync(sandbox.path('reports')), `call ${at}`).not.toContain(String(at));
      try {
        await sandbox.load({ ...submission, report: place });
      } catch (next) {
        expect(next).toBeInstanceOf(LoadedBeforeError);
      }
      const found = { tables: await allTables(registry), reports: reportFiles(place) };
      expect(found, `call ${at}: ${String(error)}`).toEqual(expected);
    }
  });
});

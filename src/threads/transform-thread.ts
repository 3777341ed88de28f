/** A thread that transforms blocks. It knows nothing but what it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import { Codes } from '../core/codes.js';
import { compileFilePlans, type FilePlans, type FileRecipe } from '../core/file-plans.js';
import { forgetReadings } from '../core/plan.js';
import { transformBlock } from '../core/transform.js';
import { VaccineMap } from '../core/vaccine-map.js';
import type { Answer, Request, ThreadStart } from './messages.js';

const { tables, map } = workerData as ThreadStart;
const codes = new Codes(tables);
const vaccineMap = map === null ? null : new VaccineMap(map);
/** Plans by the number of their file, or why there are none. */
const files = new Map<number, FilePlans | Error>();

parentPort!.on('message', (request: Request) => {
  if (request.kind === 'open') {
    files.set(request.file, open(request.recipe));
    return;
  }
  try {
    const answer = respond(request);
    const batches = answer.kind === 'transformed' ? answer.batches : [];
    const memory = batches.flatMap(({ rows }) => [rows.slots, rows.cells, rows.bytes, rows.ends]);
    parentPort!.postMessage(answer, memory.map(({ buffer }) => buffer) as ArrayBuffer[]);
  } catch (error) {
    const failed: Answer = { kind: 'failed', job: request.job, error: error as Error };
    parentPort!.postMessage(failed);
  }
});

function open(recipe: FileRecipe): FilePlans | Error {
  try {
    return compileFilePlans(recipe, codes, vaccineMap);
  } catch (error) {
    return error as Error;
  }
}

function respond(request: Exclude<Request, { kind: 'open' }>): Answer {
  const { job, file } = request;
  const opened = files.get(file)!;
  if (opened instanceof Error) throw opened;
  const { plan, dosePlans } = opened;
  const plans = request.plans === 'records' ? [plan] : dosePlans;
  if (request.kind === 'transform') {
    const batches = plans.map((each) => {
      const batch = transformBlock(request.block, each);
      return { ...batch, rows: batch.rows.toData() };
    });
    return { kind: 'transformed', job, batches };
  }
  const orders = plans.map(({ columns }) => columns.map(({ order }) => order?.days ?? null));
  for (const each of plans) forgetReadings(each);
  return { kind: 'finished', job, orders, metLines: vaccineMap?.metLines ?? [] };
}

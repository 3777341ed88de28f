/**
 * How well records were put together, when the truth is known. Pairs are counted by the sizes of groups, so that a million
 * records take a second; no pair is ever looked at, but for those that go to a review.
 */

/** What is so. */
export interface Truth {
  /** For each record its person. */
  readonly persons: Int32Array;
  /** For each record what is equal for all who were born of one multiple birth, -1 for all others. */
  readonly births?: Int32Array | undefined;
  /** For each record its family, -1 without one. */
  readonly families?: Int32Array | undefined;
}

/** What a matcher says. */
export interface Answer {
  /** For each record the lowest index of its person. */
  readonly personOf: Int32Array;
  readonly reviews: readonly { readonly a: number; readonly b: number }[];
}

export interface Score {
  readonly records: number;
  /** Pairs of records of one person. */
  readonly truePairs: number;
  /** Pairs of records that were put together. */
  readonly mergedPairs: number;
  /** Those of them that are of one person. */
  readonly foundPairs: number;
  /** 1 when nothing was put together. */
  readonly precision: number;
  /** 1 when there is nothing to find. */
  readonly recall: number;
  readonly f1: number;
  /** When the pairs of records that went to a review, and they alone, are found as well. */
  readonly recallAfterReview: number;
  /** When each review puts together, or leaves apart, the whole persons that the two records belong to. */
  readonly recallAfterReviewOfPersons: number;
  readonly reviews: number;
  readonly reviewsPerThousand: number;
  /** The share of the reviews whose records are of one person; 1 without reviews. */
  readonly reviewPrecision: number;
  /** Pairs of records of twins, or of triplets, that were put together. */
  readonly twinFalsePairs: number;
  /** Pairs of records of different persons of a family, twins among them, that were put together. */
  readonly familyFalsePairs: number;
}

/** Counts what was found, what was missed and what should not have been put together. @throws RangeError for an answer that is none */
export function scoreAnswer(answer: Answer, truth: Truth): Score {
  const { personOf, reviews } = answer;
  const { persons } = truth;
  checkAnswer(answer, persons.length);
  const truePairs = countPairs(persons);
  const mergedPairs = countPairs(personOf);
  const foundPairs = countPairs(personOf, persons);
  const precision = share(foundPairs, mergedPairs);
  const recall = share(foundPairs, truePairs);

  const seen = new Set<number>();
  const joined = Int32Array.from(personOf);
  let right = 0;
  let newlyFound = 0;
  for (const { a, b } of reviews) {
    const pair = Math.min(a, b) * persons.length + Math.max(a, b);
    if (seen.has(pair)) continue;
    seen.add(pair);
    if (persons[a] !== persons[b]) continue;
    right++;
    if (personOf[a] !== personOf[b]) newlyFound++;
    join(joined, a, b);
  }
  for (let record = 0; record < joined.length; record++) joined[record] = rootOf(joined, record);
  return {
    records: persons.length,
    truePairs,
    mergedPairs,
    foundPairs,
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    recallAfterReview: share(foundPairs + newlyFound, truePairs),
    recallAfterReviewOfPersons: share(countPairs(joined, persons), truePairs),
    reviews: seen.size,
    reviewsPerThousand: persons.length === 0 ? 0 : (1000 * seen.size) / persons.length,
    reviewPrecision: share(right, seen.size),
    twinFalsePairs: countFalsePairs(personOf, persons, truth.births),
    familyFalsePairs: countFalsePairs(personOf, persons, truth.families),
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

function checkAnswer({ personOf, reviews }: Answer, records: number): void {
  if (personOf.length !== records) throw new RangeError(`${personOf.length} answers for ${records} records`);
  for (let record = 0; record < records; record++) {
    const first = personOf[record]!;
    if (first < 0 || first > record || personOf[first] !== first) {
      throw new RangeError(`record ${record}: its person is ${first}, which is not the lowest record of a person`);
    }
  }
  for (const { a, b } of reviews) {
    if (a === b || !(a >= 0 && a < records && b >= 0 && b < records)) throw new RangeError(`a review of ${a} and ${b}`);
  }
}

/** Pairs of records that have the same value in each of the columns. */
function countPairs(...columns: readonly Int32Array[]): number {
  const order = sortBy(columns);
  let pairs = 0;
  let run = 0;
  for (let i = 0; i < order.length; i++) {
    const same = i > 0 && columns.every((column) => column[order[i]!] === column[order[i - 1]!]);
    run = same ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

/** Pairs of records that were put together and are of one group, but not of one person. Groups below 0 do not count. */
function countFalsePairs(personOf: Int32Array, persons: Int32Array, groups: Int32Array | undefined): number {
  if (groups === undefined) return 0;
  const members = persons.map((_, record) => record).filter((record) => groups[record]! >= 0);
  const of = (column: Int32Array): Int32Array => members.map((record) => column[record]!);
  const [answers, truth, group] = [of(personOf), of(persons), of(groups)];
  return countPairs(answers, group) - countPairs(answers, group, truth);
}

function sortBy(columns: readonly Int32Array[]): Int32Array {
  const order = Int32Array.from(columns[0]!, (_, record) => record);
  return order.sort((a, b) => {
    for (const column of columns) if (column[a] !== column[b]) return column[a]! - column[b]!;
    return 0;
  });
}

/** Puts the groups of two records together; `parents` has for each record one of its group, the first of all at the end. */
function join(parents: Int32Array, a: number, b: number): void {
  const [first, second] = [rootOf(parents, a), rootOf(parents, b)];
  parents[Math.max(first, second)] = Math.min(first, second);
}

function rootOf(parents: Int32Array, record: number): number {
  let root = record;
  while (parents[root] !== root) root = parents[root]!;
  parents[record] = root;
  return root;
}

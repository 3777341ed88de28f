/**
 * Which patient records are the same person. All of the deciding is here, and it is pure.
 *
 * Records are one person when the same site sends them under the same id, or when last name, first name and birth date
 * are equal and nothing speaks against it (suffix, birth order, Social Security number, sex). Missing is no evidence.
 * Where a record fits two persons that are not each other, nothing is merged: the pairs go to a reviewer. The outcome
 * does not depend on the order of the records, but for which of them counts as the first of its person.
 *
 * This is the model `exact`. The others are in `decide-people.ts`, and share with it what records of one id are.
 */
import type { MatchExplanation } from './explanation.js';
import { type Identity, matchKeyOf } from './keys.js';
import { nicknameGroups, shareGroup } from './nicknames.js';
import { areOneEditApart } from './similarity.js';

/** A record of the submission. */
export interface IncomingRecord {
  /** Its place in the submission; the lowest of a person's is the one that makes the person. */
  readonly index: number;
  readonly siteId: string;
  readonly sourcePatientId: string;
  readonly identity: Identity;
  /** Equal for records that say the same. */
  readonly content: number;
}

/** A person of the store that an incoming record may be. */
export interface KnownPatient {
  readonly patientId: number;
  readonly identity: Identity;
  /** What the records of a person that has several say, by site: that of the site may have another name than the person. */
  readonly otherIdentities?: readonly { readonly siteId: string; readonly identity: Identity }[];
  /** The keys of all names and birth dates that the person is known by. */
  readonly matchKeys: readonly number[];
  /** The source records that made the person, as far as the incoming ones share their ids. */
  readonly sources: readonly { readonly siteId: string; readonly sourcePatientId: string; readonly content: number }[];
}

/** Why a record joined a person. */
export type JoinReason = 'same site and patient id' | 'same name and birth date';

/** What becomes of an incoming record. */
export type PatientDecision =
  | { readonly kind: 'new' }
  | {
      readonly kind: 'joined';
      /** The person: an earlier record of the submission, or one of the store. */
      readonly to: { readonly index: number } | { readonly patientId: number };
      /** `null` where the fields decided: then there is an explanation of it. */
      readonly reason: JoinReason | null;
      /** Whether the person already has a record of the same id that says the same. */
      readonly duplicate: boolean;
      /** Whether the site had sent another record under this id. */
      readonly repeatsId: boolean;
    }
  /** The id stands for somebody else as well: in the submission (`index` of one such record) or in the store. */
  | { readonly kind: 'conflict'; readonly with: { readonly index: number } | { readonly patientId: number } };

/** Two persons who may be one. */
export interface DoubtfulPair {
  readonly a: { readonly index: number } | { readonly patientId: number };
  readonly b: { readonly index: number } | { readonly patientId: number };
  readonly reason: string;
  /** What a model that weighs says of it. */
  readonly explanation?: MatchExplanation;
}

export interface PatientDecisions {
  /** By index of the incoming record. */
  readonly decisions: ReadonlyMap<number, PatientDecision>;
  readonly doubts: readonly DoubtfulPair[];
}

/** Doubtful pairs reported for one name and birth date. More would be a name like TEST, and nobody would read them. */
const MOST_DOUBTS_PER_NAME = 20;

/** A person under construction: the records of one id, or a patient of the store. */
export interface Node {
  readonly stored: KnownPatient | null;
  readonly records: IncomingRecord[];
  readonly identities: Identity[];
  readonly keys: Set<number>;
  /** Records that say what an earlier one under the same id said. */
  readonly duplicates: Set<IncomingRecord>;
}

/** Decides about all records of a submission that share an id or a name with others, or with the store. */
export function decidePatients(incoming: readonly IncomingRecord[], known: readonly KnownPatient[]): PatientDecisions {
  const decisions = new Map<number, PatientDecision>();
  const doubts = new Doubts();
  const nodes = groupById(incoming, known, decisions);
  const namesakes = bucketsByName(nodes).map((bucket) => compareNamesakes(bucket, doubts));
  const clusters = new Clusters();
  for (const node of nodes) clusters.join(node, node);
  // Who agrees in all that is compared is one person whatever becomes of those who only do not contradict.
  const agreeing = namesakes.flatMap((found) => found.agreeing);
  joinGroups(agreeing, clusters, doubts);
  joinGroups([...agreeing, ...namesakes.flatMap((found) => found.compatible)], clusters, doubts);
  for (const members of clusters.all()) decideCluster(members, decisions);
  return { decisions, doubts: doubts.pairs };
}

/** Records of one site and id are one person, or a conflict that keeps all of them out, and stands in `decisions`. */
export function groupById(
  incoming: readonly IncomingRecord[],
  known: readonly KnownPatient[],
  decisions: Map<number, PatientDecision>,
): Node[] {
  const groups = new Map<string, IncomingRecord[]>();
  for (const record of incoming) {
    const key = sourceKey(record.siteId, record.sourcePatientId);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  const storedBySource = new Map<string, KnownPatient>();
  for (const patient of known) {
    for (const source of patient.sources) storedBySource.set(sourceKey(source.siteId, source.sourcePatientId), patient);
  }

  const nodes = known.map(createNode);
  const nodeOfStored = new Map(nodes.map((node) => [node.stored, node]));
  for (const [key, records] of groups) {
    const stored = storedBySource.get(key);
    if (rejectConflicts(records, stored, decisions)) continue;
    let node = stored === undefined ? undefined : nodeOfStored.get(stored);
    if (node === undefined) {
      node = createNode(null);
      nodes.push(node);
    }
    addRecords(node, records, key);
  }
  return nodes;
}

/** The key of a patient as its site knows it. */
export function sourceKey(siteId: string, sourcePatientId: string): string {
  return `${siteId}\x1f${sourcePatientId}`;
}

function createNode(stored: KnownPatient | null): Node {
  return {
    stored,
    records: [],
    identities: stored === null ? [] : [stored.identity],
    keys: new Set(stored?.matchKeys),
    duplicates: new Set(),
  };
}

/** Puts the records of one id into a node. */
function addRecords(node: Node, records: readonly IncomingRecord[], key: string): void {
  const contents = new Set<number>();
  for (const source of node.stored?.sources ?? []) {
    if (sourceKey(source.siteId, source.sourcePatientId) === key) contents.add(source.content);
  }
  for (const record of records) {
    if (contents.has(record.content)) node.duplicates.add(record);
    contents.add(record.content);
    node.records.push(record);
    node.identities.push(record.identity);
    const matchKey = matchKeyOf(record.identity);
    if (matchKey !== null) node.keys.add(matchKey);
  }
}

/** Whether the records of one id are more than one person; then all of them are conflicts. */
function rejectConflicts(
  records: readonly IncomingRecord[],
  stored: KnownPatient | undefined,
  decisions: Map<number, PatientDecision>,
): boolean {
  for (const record of records) {
    if (stored !== undefined && !hasSaid(stored, record) && !canBe(record, stored)) {
      for (const other of records)
        decisions.set(other.index, { kind: 'conflict', with: { patientId: stored.patientId } });
      return true;
    }
  }
  for (let i = 1; i < records.length; i++) {
    for (let j = 0; j < i; j++) {
      if (canShareId(records[i]!.identity, records[j]!.identity)) continue;
      const [a, b] = [records[j]!.index, records[i]!.index];
      for (const record of records) {
        decisions.set(record.index, { kind: 'conflict', with: { index: record.index === a ? b : a } });
      }
      return true;
    }
  }
  return false;
}

/**
 * Whether the store has taken the very record before. It is no conflict when it comes again, even where the person has
 * since got another name from other records.
 */
function hasSaid(stored: KnownPatient, { siteId, sourcePatientId, content }: IncomingRecord): boolean {
  return stored.sources.some(
    (source) => source.content === content && source.siteId === siteId && source.sourcePatientId === sourcePatientId,
  );
}

/** Whether a record can be of a stored person whose id it has: by what the person says, or what its site has said of it. */
function canBe(record: IncomingRecord, { identity, otherIdentities = [] }: KnownPatient): boolean {
  if (canShareId(record.identity, identity)) return true;
  return otherIdentities.some((other) => other.siteId === record.siteId && canShareId(record.identity, other.identity));
}

/**
 * Whether two records under one id can be one person: with the birth date equal, the last name may change; with both
 * names equal, the birth date may have been corrected. Another first name with the same birth date is a twin; a short form of
 * the same name is not: no site has twins under one id whose names are forms of one.
 */
function canShareId(a: Identity, b: Identity): boolean {
  if (differ(a.suffix, b.suffix) || differ(a.birthOrder, b.birthOrder)) return false;
  if (!areSimilar(a.firstName, b.firstName) && !areFormsOfOne(a.firstName, b.firstName)) return false;
  // Sam and Samantha, Max and Maxine: a boy and a girl. Where the name is the same, the sex was mistyped.
  if (differ(a.sex, b.sex) && !areSpellings(a.firstName, b.firstName)) return false;
  return !differ(a.birthDate, b.birthDate) || areSimilar(a.lastName, b.lastName);
}

function differ<T>(a: T | null, b: T | null): boolean {
  return a !== null && b !== null && a !== b;
}

/** Equal, one the beginning of the other, or one letter apart. Unknown names are similar to all. */
function areSimilar(a: string | null, b: string | null): boolean {
  return areSpellings(a, b) || a!.startsWith(b!) || b!.startsWith(a!);
}

/** Equal, or one letter apart. Unknown names may be spellings of any. */
function areSpellings(a: string | null, b: string | null): boolean {
  if (a === null || b === null || a === b) return true;
  return Math.min(a.length, b.length) >= 4 && areOneEditApart(a, b);
}

/** Whether two first names are a name and its short form, or two short forms of one. */
function areFormsOfOne(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && shareGroup(nicknameGroups(a), nicknameGroups(b));
}

/** What speaks against two namesakes being one person. */
const CONTRADICTIONS = [
  { name: 'suffix', holds: (a: Identity, b: Identity) => differ(a.suffix, b.suffix), doubtful: false },
  { name: 'birth order', holds: (a: Identity, b: Identity) => differ(a.birthOrder, b.birthOrder), doubtful: false },
  {
    name: 'Social Security number',
    holds: (a: Identity, b: Identity) => differ(a.ssnCheck, b.ssnCheck),
    doubtful: true,
  },
  { name: 'sex', holds: (a: Identity, b: Identity) => differ(a.sex, b.sex), doubtful: true },
] as const;

/** Whether anything in two nodes speaks against their being one person. Two patients of the store always are two. */
function contradict(a: Node, b: Node): boolean {
  if (a.stored !== null && b.stored !== null) return true;
  return a.identities.some((one) =>
    b.identities.some((other) => CONTRADICTIONS.some((contradiction) => contradiction.holds(one, other))),
  );
}

/** Nodes that share a name and birth date, in the order of their first record. */
function bucketsByName(nodes: readonly Node[]): Node[][] {
  const buckets = new Map<number, Node[]>();
  for (const node of nodes) {
    for (const key of node.keys) {
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [node]);
      else if (!bucket.includes(node)) bucket.push(node);
    }
  }
  return [...buckets.values()].filter((bucket) => bucket.length > 1);
}

/** Groups of two nodes or more of one name and birth date that may be one person. */
interface Namesakes {
  /** They agree in all that is compared. */
  readonly agreeing: readonly (readonly Node[])[];
  /** Nobody among them contradicts anybody. */
  readonly compatible: readonly (readonly Node[])[];
}

/**
 * Compares the nodes of one name and birth date. Nodes that agree in all that is compared are a class. Classes that hang
 * together by compatibility may be one person if nobody among them contradicts anybody; where a class fits two that
 * contradict each other, it is left alone and the pairs are doubtful.
 */
function compareNamesakes(bucket: readonly Node[], doubts: Doubts): Namesakes {
  const classes = new Map<string, Node[]>();
  for (const node of bucket) {
    const signature = node.stored === null ? signatureOf(node) : classOfStored(node, bucket);
    const members = classes.get(signature);
    if (members === undefined) classes.set(signature, [node]);
    else members.push(node);
  }
  const groups = [...classes.values()];

  // The nodes of a class agree in all that is compared, so that the first speaks for all.
  const hasStored = (members: readonly Node[]): boolean => members.some((node) => node.stored !== null);
  const compatible = (a: readonly Node[], b: readonly Node[]): boolean =>
    !contradict(a[0]!, b[0]!) && !(hasStored(a) && hasStored(b));
  const joinable: Node[][] = [];
  let room = MOST_DOUBTS_PER_NAME;
  for (const component of componentsOf(groups, compatible)) {
    if (component.every((a) => component.every((b) => a === b || compatible(a, b)))) {
      if (component.length > 1) joinable.push(component.flat());
      continue;
    }
    for (let i = 0; i < component.length; i++) {
      for (let j = i + 1; j < component.length; j++) {
        const [a, b] = [component[i]!, component[j]!];
        if (compatible(a, b) && room > 0 && doubts.add(a[0]!, b[0]!, FITS_ANOTHER)) room--;
      }
    }
  }
  for (let i = 0; i < groups.length; i++) {
    for (let j = i + 1; j < groups.length && room > 0; j++) {
      const against = contradictionsBetween(groups[i]![0]!, groups[j]![0]!);
      if (against.length !== 1 || !against[0]!.doubtful) continue;
      const reason = `same name and birth date; other ${against[0]!.name}`;
      if (doubts.add(groups[i]![0]!, groups[j]![0]!, reason)) room--;
    }
  }
  return { agreeing: groups.filter((group) => group.length > 1), compatible: joinable };
}

const FITS_ANOTHER = 'same name and birth date; fits another person as well';

/**
 * Joins the nodes of each group. A person who is known by two names can be in two groups, and hang them together: where
 * any two nodes of groups that hang together contradict each other, or are doubtful by another of their names, none of
 * them is joined, and the pairs are doubtful.
 */
function joinGroups(groups: readonly (readonly Node[])[], clusters: Clusters, doubts: Doubts): void {
  const together = new Clusters();
  for (const group of groups) for (const node of group) together.join(group[0]!, node);
  const contradictory = new Set<Node>();
  for (const members of together.all()) {
    const contradicts = members.some((a, i) => members.some((b, j) => i < j && (contradict(a, b) || doubts.has(a, b))));
    if (contradicts) contradictory.add(together.rootOf(members[0]!));
  }
  for (const group of groups) {
    if (contradictory.has(together.rootOf(group[0]!))) doubts.addAll(group, clusters, FITS_ANOTHER);
    else for (const node of group) clusters.join(group[0]!, node);
  }
}

/** Equal for nodes that agree, blanks included, in all that is compared. */
function signatureOf(node: Node): string {
  const parts = node.identities.map((one) => [one.suffix, one.birthOrder, one.ssnCheck, one.sex].join('\x1f'));
  return [...new Set(parts)].sort().join('\x1e');
}

/** A stored patient is in the class of its signature, unless it shares that with another: then each is alone. */
function classOfStored(node: Node, bucket: readonly Node[]): string {
  const signature = signatureOf(node);
  const hasTwin = bucket.some((other) => other !== node && other.stored !== null && signatureOf(other) === signature);
  return hasTwin ? `${signature}\x1d${node.stored!.patientId}` : signature;
}

/** Groups of classes that hang together by compatibility. */
function componentsOf(
  groups: readonly (readonly Node[])[],
  compatible: (a: readonly Node[], b: readonly Node[]) => boolean,
): (readonly Node[])[][] {
  const rest = new Set(groups);
  const components: (readonly Node[])[][] = [];
  for (const group of groups) {
    if (!rest.delete(group)) continue;
    const component = [group];
    for (const member of component) {
      for (const other of rest) {
        if (!compatible(member, other)) continue;
        rest.delete(other);
        component.push(other);
      }
    }
    components.push(component);
  }
  return components;
}

function contradictionsBetween(a: Node, b: Node): readonly (typeof CONTRADICTIONS)[number][] {
  return CONTRADICTIONS.filter((contradiction) =>
    a.identities.some((one) => b.identities.some((other) => contradiction.holds(one, other))),
  );
}

/** The pairs for a reviewer, each once. */
class Doubts {
  readonly pairs: DoubtfulPair[] = [];
  readonly #known = new Map<Node, Set<Node>>();

  /** Adds a pair, unless it is there or both are persons of the store: those were reported when they came. */
  add(a: Node, b: Node, reason: string): boolean {
    if (a.stored !== null && b.stored !== null) return false;
    const [first, second] = inOrder(a, b);
    const known = this.#known.get(first) ?? new Set();
    if (known.has(second)) return false;
    this.#known.set(first, known.add(second));
    this.pairs.push({ a: representative(first), b: representative(second), reason });
    return true;
  }

  has(a: Node, b: Node): boolean {
    const [first, second] = inOrder(a, b);
    return this.#known.get(first)?.has(second) === true;
  }

  /** Adds the pairs of a group that are not one person already, up to the number that is read. */
  addAll(group: readonly Node[], clusters: Clusters, reason: string): void {
    let room = MOST_DOUBTS_PER_NAME;
    for (let i = 0; i < group.length; i++) {
      for (let j = i + 1; j < group.length && room > 0; j++) {
        if (clusters.rootOf(group[i]!) !== clusters.rootOf(group[j]!) && this.add(group[i]!, group[j]!, reason)) room--;
      }
    }
  }
}

/** The person who was there first comes first. */
function inOrder(a: Node, b: Node): [Node, Node] {
  const isLater = a.stored === null && (b.stored !== null || a.records[0]!.index > b.records[0]!.index);
  return isLater ? [b, a] : [a, b];
}

function representative(node: Node): { index: number } | { patientId: number } {
  return node.stored !== null ? { patientId: node.stored.patientId } : { index: node.records[0]!.index };
}

/** Nodes that were joined, directly or by way of others (union-find). */
class Clusters {
  readonly #parents = new Map<Node, Node>();

  join(a: Node, b: Node): void {
    this.#parents.set(this.rootOf(b), this.rootOf(a));
  }

  /** The nodes of each cluster; nodes that were never named are in none. */
  all(): Iterable<Node[]> {
    const members = new Map<Node, Node[]>();
    for (const node of this.#parents.keys()) {
      const root = this.rootOf(node);
      const own = members.get(root);
      if (own === undefined) members.set(root, [node]);
      else own.push(node);
    }
    return members.values();
  }

  /** The node that stands for the cluster of this one. */
  rootOf(node: Node): Node {
    let root = node;
    for (let parent = this.#parents.get(root); parent !== root; parent = this.#parents.get(root)) {
      if (parent === undefined) this.#parents.set(root, root);
      else root = parent;
    }
    this.#parents.set(node, root);
    return root;
  }
}

/** All records of a cluster are one person: the store's, or the one that its first record makes. */
function decideCluster(members: readonly Node[], decisions: Map<number, PatientDecision>): void {
  const stored = members.find((node) => node.stored !== null)?.stored ?? null;
  const records = members.flatMap((node) => node.records.map((record) => ({ record, node })));
  records.sort((a, b) => a.record.index - b.record.index);
  const first = records[0];
  if (first === undefined) return;
  const to = stored !== null ? { patientId: stored.patientId } : { index: first.record.index };
  const idsSeen = new Set((stored?.sources ?? []).map((source) => sourceKey(source.siteId, source.sourcePatientId)));
  for (const { record, node } of records) {
    const key = sourceKey(record.siteId, record.sourcePatientId);
    const repeatsId = idsSeen.has(key);
    idsSeen.add(key);
    if (stored === null && record === first.record) {
      decisions.set(record.index, { kind: 'new' });
      continue;
    }
    const duplicate = node.duplicates.has(record);
    const reason = repeatsId ? 'same site and patient id' : 'same name and birth date';
    decisions.set(record.index, { kind: 'joined', to, reason, duplicate, repeatsId: repeatsId && !duplicate });
  }
}

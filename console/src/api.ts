// What the daemon says, and how it is asked. The shapes are those of docs/reference/http.md.

export interface EventCount { event: string | null; en: string | null; zh: string | null; count: number } // null: other
export interface BrandCount { brand: string | null; people: number; events?: number } // null: the whole group
export interface Stats {
  workspace: string; version: string;
  left_out?: string[]; // the token is limited: these are not here, the rest is cut to what it may see
  brands?: string[]; store?: string | null;
  own_customers_of?: string | null; own_customers_count?: number; // of staff: the token sees their own customers alone
  by_brand: BrandCount[];
  people: number; identifiers: number; merges: number; events: number;
  dedup_horizon_seconds: number;
  events_by_name: EventCount[];
  position: number; log_time: string | null; log_bytes: number; checkpoint_position: number;
  commands: number; refused: number;
  refusals: { command: string; refusal: string; count: number }[];
  duplicates: number; waiting: number; memory_bytes: number; cold_rows: number;
  accepting: boolean; trouble: string | null;
}

export interface Found {
  id: string; number: number; name: string | null; identifiers: number; phone: string | null; events: number; last_seen: string | null;
}
export interface FoundList { people: Found[]; more: boolean }

export interface EventId { type: string | number; ns?: string; value: string; role?: string }
export interface Identifier {
  type: string; ns?: string; value: string; since: string; until?: string; state: string; first?: string | null; last?: string | null;
}
export interface Evidence { rule: string; members: number[]; count: number; first: string | null; last: string | null; position: number }
export interface TraitPast { value: unknown; source: string | null; time: string | null }
export interface Trait extends TraitPast { name: string; brand: string | null; priority: number; history: TraitPast[] }
export interface Counter {
  event: string; en?: string | null; zh?: string | null; brand: string | null; channel: string | null; count: number;
  first: string | null; last: string | null;
}
export interface Consent {
  entity?: string | null; brand: string | null; purpose: string | null; channel: string | null; given: boolean; time: string | null; until?: string;
  policy: string; evidence?: string; source: string | null;
}
// The references of an event are members of it, beside those named here.
export interface PersonEvent {
  id?: string; event: string; time: string; source?: string; position: number; ids?: EventId[];
  brand?: string; channel?: string; shop?: string; store?: string; staff?: string; order?: string;
  properties?: Record<string, unknown>; items?: Record<string, unknown>[];
  [member: string]: unknown;
}
export interface Person {
  id: string; number: number; pending: boolean;
  identifiers: Identifier[]; identifiers_hidden: number; evidence: Evidence[]; traits: Trait[]; counters: Counter[]; consents: Consent[]; aliases: number[];
  relations?: Relation[]; ladder?: Rung[];
  timeline?: PersonEvent[]; next?: string | null;
}
export interface Timeline { id: string; events: PersonEvent[]; next: string | null }

export interface Ref { kind: string; ns: string; id: string }
export interface Period { begin: string | null; end: string | null; reason?: string; replaced?: boolean }
export interface RelationValue { name: string; value: unknown; time: string | null }
export interface Relation {
  type: string; en: string; zh: string; brand: string | null; to: Partial<Ref> & { person?: string }; open: boolean;
  periods: Period[]; attributes: RelationValue[];
}
export interface Rung {
  brand: string | null; rung: string; en: string; zh: string; was?: string;
  why: { relation?: string; to?: Partial<Ref>; since?: string; orders?: number; orders_lately?: number; last?: string };
}
export interface Related { person: string; identifier: EventId | null; relations: Relation[] }
export interface RelatedList { relation: string; en: string; zh: string; people: Related[]; next: number | string | null }

export interface Sums {
  currency: string; lines: number; list: number; discount: number; discounts: Record<string, number>; gross: number; freight: number;
  amount: number; refunded: number; net: number; differs_by?: number; group_currency?: string; group_net?: number;
}
export interface OrderBrief {
  shop: string; number: string; void: boolean; owner: string | null; brand?: string; channel?: string; store?: string; seller?: string;
  states: Record<string, string>; sums: Sums;
}
export interface OrderList { id: string; orders: OrderBrief[]; next: string | null }
export interface OrderLine {
  line: string; sku?: string; name?: string; quantity?: number; list_price?: number; price?: number; paid?: number;
  discounts?: Record<string, number>; corrected?: boolean;
}
export interface Shipment { shipment: string; carrier?: string; tracking?: string; lines?: string[]; shipped?: string; delivered?: string }
export interface Refund { refund: string; line?: string; quantity?: number; amount?: number; kind?: string; reason?: string; store?: string; states: Record<string, string> }
export interface OrderAct { position: number; time: string; act: string; by: string; reason: string; undone: boolean }
export interface Order extends OrderBrief {
  buyer: EventId[]; receiver: Record<string, unknown>; payment: Record<string, unknown>;
  lines: OrderLine[]; shipments: Shipment[]; refunds: Refund[]; acts: OrderAct[];
}

export interface ReachOne {
  channel: string; en: string; zh: string; reachable: boolean; reason: string | null;
  address: { type: string; ns?: string; value: string } | null; consent: Consent | null;
}
export interface PersonReach { id: string; pending: boolean; brand: string | null; purpose: string; channels: ReachOne[] }
export interface ReachOfChannel { channel: string; en: string; zh: string; people: number; reachable: number; excluded: Record<string, number> }
export interface Reach { pending: boolean; brand: string | null; purpose: string; channels: ReachOfChannel[] }
export interface Share { from: string | null; to: string | null; purposes: string[] | null; until: string | null; live: boolean; position: number }
export interface ShareList { shares: Share[]; next: string | number | null }
export interface ShareAct extends Omit<Share, 'live'> { time: string; act: string; policy: string; evidence: string; by: string; reason: string }
export interface ShareActList { acts: ShareAct[]; next: number | null }

export interface KindAttribute { name: string; label_en: string | null; label_zh: string | null; indexed: boolean }
export interface Kind { name: string; label_en: string | null; label_zh: string | null; personal: boolean; owned: boolean; parents: string[] | null; attributes: KindAttribute[] }
export interface KindList { kinds: Kind[] }
export interface ThingBrief extends Ref { name: string | null; parent: Ref | null }
export interface ThingList { things: ThingBrief[]; next: number | null }
export interface Since { time: string; value: unknown }
export interface ThingAttribute { name: string; en: string | null; zh: string | null; type: string; value: unknown; since: string | null; history?: Since[] }
export interface Thing extends Ref {
  kind_en: string | null; kind_zh: string | null; exists: boolean; since: string | null;
  path: (Ref & { name: string | null })[]; attributes: ThingAttribute[]; parents?: Since[]; existence?: Since[];
}

export interface ShopDay {
  day: string; currency: string; here: { orders: number; lines: number; amount: number; refunded: number } | null;
  declared: { orders: number; amount: number; listed: boolean } | null; differs_by: number; agrees: boolean;
}
export interface ShopDays { shop: string; days: ShopDay[]; missing_days: string[]; next: string | null }
export interface Alarm {
  day: string; alarm: string; en: string; zh: string; of: string; name: string; raised: string; over: boolean;
  usual_seconds?: number | null; seen_seconds?: number | null; // of lags: 95 of 100 lie below
}
export interface AlarmList { alarms: Alarm[]; next: string | number | null }
export interface Ringing { alarm: string; en: string; zh: string; since: string }
export interface RingingList { alarms: Ringing[] }
export interface Mismatch { number: string; difference: string; currency: string; here: number; declared: number }
export interface MismatchList { shop: string; day: string; mismatches: Mismatch[]; next: string | null }

export interface Ports { paused: boolean; waiting: number; targets: { effect: string; target: string; count: number; oldest: string | null }[] }
export interface DeadLetter { position: number; time: string | null; asked: string | null; effect: string; target: string; id: string; reason: string }
export interface DeadList { dead: DeadLetter[]; next: number | null }
export interface Consumer { name: string; acknowledged: string; time: string | null; by: string; lag: number; lost: number }
export interface ConsumerList { consumers: Consumer[]; kept: number; start: string | null }
export interface Checkpoint { position: number; time: string | null; behind_bytes: number; failed: number; trouble: string | null }

export interface Review { type: string; ns?: string; value: string; since: string | null; conflicts: number; held_by: string | null }
export interface ReviewList { reviews: Review[]; next: string | null }
export interface Act {
  position: number; time: string | null; act: string; by: string; reason: string;
  summary: { ids?: string[]; people?: number[] }; undone: boolean;
}
export interface ActList { acts: Act[]; next: number | null }

// --- tags and segments ---

export type AudienceKind = 'segment' | 'tag';
export interface AudienceRef { kind: AudienceKind; name: string }
export interface Labelled { name: string; label_zh: string | null; label_en: string | null; brand: string | null }
export interface Definition extends Labelled {
  owner: string | null; description: string | null; category: string | null; until: string | null;
  text: string | null; // null: no rule, or not for this token
  content: 'rule' | 'list' | 'group'; list: Record<string, unknown> | null; tags: string[] | null; values: Record<string, { label_zh?: string | null; label_en?: string | null }>;
  snapshot: { segment?: string; tag?: string; position: number; filling: boolean } | null; group: string | null;
  revision: number; saved: string; state: string; progress: { share: number; rest_seconds: number | null } | null;
  answers: boolean; size: number | null;
  type?: string | null; sentence?: Sentence | null; warnings?: { en: string; zh: string }[]; named_by?: AudienceRef[]; // of one alone
}
export interface Sentence { en: string; zh: string }
export interface Checked { text: string; sentence: Sentence | null }
export interface PersonValue { person: Found; value: unknown }
export interface Preview {
  as_of_time: string; kind: AudienceKind; type: string; count: number | null; everybody: number | null; // null: not for this token
  values: { value: unknown; people: number }[]; saving: { gathers: { en: string; zh: string }[]; events: number | null; seconds: number }; sample: PersonValue[];
}
export interface Taken { accepted: number; faulty: number; faults: { line: number; detail: string }[] } // line: from 1
export type DefinitionList = Partial<Record<'segments' | 'tags', Definition[]>>;
export interface Belongs extends Labelled { since: string | null; turn: string | null; value?: unknown }
export interface TagValues { count: number; values: { value: unknown; people: number }[] } // those that most people have; count: of all
export interface PersonAudiences { id: string; pending: boolean; segments: Belongs[]; tags: Belongs[] }

export interface ExplainedEvent { event: string; en: string | null; zh: string | null; time: string }
export interface ExplainedPart { kind: string; text?: string | null; value: unknown; is_missing: boolean; en: string; zh: string; events?: ExplainedEvent[]; hides_events?: boolean; parts: ExplainedPart[] }
export interface Explanation extends Omit<Labelled, 'brand'> {
  id: string; pending: boolean; kind: AudienceKind; as_of?: { time: string; position?: number; of_now: string[] }; value: unknown; since: string | null; turn: string | null; turn_is_exact?: boolean;
  missing: { should_hold: boolean; en: string; zh: string }[]; tree: ExplainedPart;
}

// An answer as a table; a study gives it when it is done.
export interface AnswerColumn { name: string; title?: string; title_zh?: string; kind?: string }
export interface Answer {
  as_of_time: string; people?: number; columns: AnswerColumn[]; rows: unknown[][];
  event_names?: Record<string, string>; events?: number; subjects?: number; // of questions about events
}
export interface QuestionMember { name: string; about: string; about_zh: string }
export interface QuestionKind extends QuestionMember { members: QuestionMember[] }
export interface QuestionKinds { questions: QuestionKind[]; members: QuestionMember[] }
export interface CellPeople { total: number; people: Found[]; next: number | null }
export interface ReachSurvey extends Answer { people: number; brand: string | null; purpose: string; pending: boolean }
export interface Portrait extends Answer { members: { read: number; is_sample: boolean }; others: { read: number; is_sample: boolean }; tests: number; found: number }
export interface Overlap extends Answer { people: number; sets: { set: string; label_zh: string | null; label_en: string | null; people: number }[] }
export interface StudyState { study: string; state: string; progress: number; ahead: number }

// --- predictions ---

export interface Prediction {
  name: string; label: string | null; trait: string; every: string | null; at: string | null; on?: number | null; due?: string | null; failed?: { time: string; why: string; why_zh?: string | null } | null;
  revision: number; saved: string; fitted: string | null; scored: { time: string; people: number; drift: number; feature: string | null } | null; question: unknown;
}
export interface PredictionList { predictions: Prediction[] }
export interface PredictionCard extends Answer {
  auc: number | null; auc_low: number | null; auc_high: number | null; rate: number | null; calibration_error: number | null;
  fit_people: number; fit_positives: number; judge_people: number; judge_positives: number; objected: number; leaks: unknown[]; tables: (Answer & { question: string })[];
}

export interface Name { name: string; en: string | null; zh: string | null }
export interface NameList { names: Name[]; next: number | null }

export interface Fact { position: number; time: string; fact: string; cause: string; data: Record<string, unknown> }

// Why an answer didn't come. status 0: the daemon wasn't reached.
export class Trouble extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail: string) {
    super(title);
  }
}

// May the answer before go on being shown? Not when the daemon says that this isn't there, or not for this token any more.
export function leavesAnswer(trouble: Trouble): boolean {
  return trouble.status < 400 || trouble.status >= 500;
}

// "/", "/console/people" and "/crm/" (behind a proxy) all find the API beside the page.
export function apiRoot(pathname: string): string {
  return pathname.replace(/(console\/.*)?[^/]*$/, '') + 'api/v1/';
}

async function troubleOf(reply: Response): Promise<Trouble> {
  try {
    const problem = (await reply.json()) as { title?: string; detail?: string };
    return new Trouble(reply.status, problem.title ?? reply.statusText, problem.detail ?? '');
  } catch {
    return new Trouble(reply.status, reply.statusText || String(reply.status), '');
  }
}

export type Method = 'PUT' | 'POST' | 'DELETE';

// What went wrong, in the one form that the page shows.
export function troubleFrom(e: unknown): Trouble {
  return e instanceof Trouble ? e : new Trouble(0, '', String(e));
}

export class Api {
  constructor(private readonly token: string, private readonly ended: () => void) {}

  async open(path: string, signal?: AbortSignal, said?: { method: Method; body?: unknown }): Promise<Response> {
    let reply: Response;
    try {
      reply = await fetch(apiRoot(location.pathname) + path, {
        headers: { Authorization: `Bearer ${this.token}`, 'Accept-Language': document.documentElement.lang }, // what is wrong comes in the page's language
        cache: 'no-store',
        ...(said ? { method: said.method } : {}),
        ...(said?.body === undefined ? {} : { body: JSON.stringify(said.body) }),
        ...(signal ? { signal } : {}),
      });
    } catch (e) {
      if (signal?.aborted) throw e;
      throw new Trouble(0, '', '');
    }
    if (reply.ok) return reply;
    const trouble = await troubleOf(reply);
    if (trouble.status === 401) this.ended();
    throw trouble;
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await (await this.open(path, signal)).json()) as T;
  }

  async send<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return (await (await this.open(path, signal, { method, body })).json()) as T;
  }
}

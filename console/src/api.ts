// What the daemon says, and how it is asked. The shapes are those of docs/reference/http.md.

export interface EventCount { event: string | null; en: string | null; zh: string | null; count: number } // null: other
export interface BrandCount { brand: string | null; people: number; events?: number } // null: the whole group
export interface Stats {
  workspace: string; version: string;
  left_out?: string[]; // the token is limited: these are not here, the rest is cut to what it may see
  brands?: string[]; store?: string | null;
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
  brand: string | null; purpose: string | null; channel: string | null; given: boolean; time: string | null; until?: string;
  policy: string; source: string | null;
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
  timeline?: PersonEvent[]; next?: string | null;
}
export interface Timeline { id: string; events: PersonEvent[]; next: string | null }

export interface Review { type: string; ns?: string; value: string; since: string | null; conflicts: number; held_by: string | null }
export interface ReviewList { reviews: Review[]; next: string | null }
export interface Act {
  position: number; time: string | null; act: string; by: string; reason: string;
  summary: { ids?: string[]; people?: number[] }; undone: boolean;
}
export interface ActList { acts: Act[]; next: number | null }

export interface Name { name: string; en: string | null; zh: string | null }
export interface NameList { names: Name[]; next: number | null }

export interface Fact { position: number; time: string; fact: string; cause: string; data: Record<string, unknown> }

// Why an answer didn't come. status 0: the daemon wasn't reached.
export class Trouble extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail: string) {
    super(title);
  }
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

export class Api {
  constructor(private readonly token: string, private readonly ended: () => void) {}

  async open(path: string, signal?: AbortSignal): Promise<Response> {
    let reply: Response;
    try {
      reply = await fetch(apiRoot(location.pathname) + path, {
        headers: { Authorization: `Bearer ${this.token}`, 'Accept-Language': document.documentElement.lang }, // what is wrong comes in the page's language
        cache: 'no-store',
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
}

// The live rows: facts of one log position that tell of one event are one row, newest first.
import type { EventId, Fact } from './api';

export const ROWS_MAX = 200;
const RATE_SPAN_MS = 3000;
const RATE_STEP_MS = 100;

export interface Row {
  key: number;
  position: number;
  time: string;
  fact: string;
  cause: string;
  event: string | null;
  brand: string | null;
  channel: string | null;
  ids: EventId[];
  person: string | null;
  created: boolean;
  data: Record<string, unknown>;
}

const text = (x: unknown): string | null => (typeof x === 'string' ? x : null);

function rowOf(fact: Fact, key: number): Row {
  const d = fact.data;
  const own = typeof d['value'] === 'string' && typeof d['type'] === 'string' ? [{ type: d['type'], value: d['value'] }] : [];
  return {
    key, position: fact.position, time: text(d['time']) ?? fact.time, fact: fact.fact, cause: fact.cause,
    event: text(d['event']), brand: text(d['brand']), channel: text(d['channel']),
    ids: Array.isArray(d['ids']) ? (d['ids'] as EventId[]) : own,
    person: text(d['person'])?.replace(/-/g, '') ?? null, created: d['created'] === true, data: d,
  };
}

export class Feed {
  private rows: Row[] = [];
  private keys = 0;
  private arrivals: { at: number; count: number }[] = [];

  // `resolved` says whose the event of the same position is: it fills that row in.
  take(facts: readonly Fact[]): void {
    const fresh: Row[] = [];
    for (const fact of facts) {
      if (fact.fact === 'resolved' && this.fill(fresh, fact)) continue;
      fresh.push(rowOf(fact, this.keys++));
      if (fresh.length > 2 * ROWS_MAX) fresh.splice(0, ROWS_MAX);
    }
    this.rows = [...fresh.reverse(), ...this.rows].slice(0, ROWS_MAX);
  }

  private fill(fresh: Row[], fact: Fact): boolean {
    for (const list of [fresh, this.rows]) {
      const at = list.findIndex((r) => r.position === fact.position && r.fact === 'event_arrived' && !r.person && r.event === fact.data['event']);
      const row = list[at];
      if (!row) continue;
      list[at] = { ...row, person: text(fact.data['person'])?.replace(/-/g, '') ?? null, created: fact.data['created'] === true };
      return true;
    }
    return false;
  }

  list(): readonly Row[] {
    return this.rows;
  }

  // Counted when they come, not when they are shown: a pause doesn't change the rate.
  arrived(fact: Fact, now_ms: number): void {
    if (fact.fact !== 'event_arrived') return;
    const last = this.arrivals[this.arrivals.length - 1];
    if (last && now_ms - last.at < RATE_STEP_MS) last.count++;
    else this.arrivals.push({ at: now_ms, count: 1 });
  }

  // Events a second over the last few seconds.
  rate(now_ms: number): number {
    this.arrivals = this.arrivals.filter((a) => a.at > now_ms - RATE_SPAN_MS);
    return this.arrivals.reduce((sum, a) => sum + a.count, 0) / (RATE_SPAN_MS / 1000);
  }
}

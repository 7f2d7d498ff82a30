// What pictures are drawn of: figures put in order. Pure.
import type { OrderBrief, ReachOfChannel, ShopDay } from './api';

export interface Month { month: string; orders: number; net: number } // "2026-11"

function monthOf(time: string | undefined): string {
  const d = new Date(time ?? '');
  return Number.isNaN(d.getTime()) ? '' : `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}`;
}

export function monthAfter(month: string, by = 1): string {
  const [year = 0, at = 1] = month.split('-').map(Number);
  const months = year * 12 + (at - 1) + by;
  return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}`;
}

const MONTHS_MAX = 36;

// Net by the month of creation, of orders in one currency; without gaps, oldest first, the latest MONTHS_MAX at most.
export function months(orders: readonly OrderBrief[], currency: string): Month[] {
  const found = new Map<string, Month>();
  for (const o of orders) {
    const month = monthOf(o.states['created'] ?? Object.values(o.states)[0]);
    if (!month || o.sums.currency !== currency) continue;
    const m = found.get(month) ?? { month, orders: 0, net: 0 };
    found.set(month, { month, orders: m.orders + 1, net: m.net + o.sums.net });
  }
  const last = [...found.keys()].sort().at(-1);
  const first = [...found.keys()].sort()[0];
  const list: Month[] = [];
  for (let at = last; at && first && at >= first && list.length < MONTHS_MAX; at = monthAfter(at, -1)) list.unshift(found.get(at) ?? { month: at, orders: 0, net: 0 });
  return list;
}

// The currency of most orders; those of others don't add up with it.
export function mainCurrency(orders: readonly OrderBrief[]): string {
  const times = new Map<string, number>();
  for (const o of orders) times.set(o.sums.currency, (times.get(o.sums.currency) ?? 0) + 1);
  return [...times].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

export function daysOf(month: string): string[] {
  const [year = 0, at = 1] = month.split('-').map(Number);
  const count = new Date(year, at, 0).getDate();
  return Array.from({ length: count }, (_, i) => `${month}-${String(i + 1).padStart(2, '0')}`);
}

export type Standing = 'none' | 'missing' | 'agrees' | 'undeclared' | 'differs';

// Of a shop's day, whose rows are one a currency: the worst of them.
export function standingOf(rows: readonly ShopDay[]): Standing {
  if (rows.length === 0) return 'none';
  if (rows.some((r) => r.declared !== null && !r.agrees)) return 'differs';
  return rows.some((r) => r.declared === null) ? 'undeclared' : 'agrees';
}

export interface Slice { reason: string; people: number }

// Whom a channel reaches first, then why the others not, in the order in which the reasons count; those of nobody are left out.
export function slices(channel: ReachOfChannel): Slice[] {
  const list = [{ reason: 'reachable', people: channel.reachable }, ...Object.entries(channel.excluded).map(([reason, people]) => ({ reason, people }))];
  return list.filter((s) => s.people > 0);
}

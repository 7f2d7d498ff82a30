// Answers of the daemon, for the tests; mock.mjs makes its own that move.
import type { Person, Stats } from '../src/api';

export const stats: Stats = {
  workspace: 'acme', version: '0.1.0', people: 1000, identifiers: 2800, merges: 120, events: 50000, dedup_horizon_seconds: 604800,
  by_brand: [{ brand: null, people: 12, events: 100 }, { brand: 'muchu', people: 345, events: 700 }],
  events_by_name: [{ event: 'order_paid', en: 'Order paid', zh: '订单支付', count: 800 }, { event: 'club_joined', en: null, zh: null, count: 40 }],
  position: 51000, log_time: '2026-01-02T03:04:05Z', log_bytes: 24 << 20, checkpoint_position: 50000, commands: 51000, refused: 12,
  refusals: [{ command: 'collect.event', refusal: 'duplicate', count: 12 }], duplicates: 12, waiting: 0, memory_bytes: 3 << 20, cold_rows: 0,
  accepting: true, trouble: null,
};

const time = '2026-01-02T03:04:05.000000Z';
export const person: Person = {
  id: '0123456789abcdef0123456789abcdef', number: 42, pending: true, aliases: [99], identifiers_hidden: 2,
  identifiers: [
    { type: 'phone', value: '+8613812345678', since: time, state: 'in_force', first: time, last: time },
    { type: 'unionid', ns: 'wx-open-1', value: 'oUnion_5kd93jDkd02', since: time, state: 'in_force' },
    { type: 'jd_pin', value: 'jd_xiaoming', since: time, until: time, state: 'passed_on' },
  ],
  evidence: [
    { rule: 'event', members: [0, 1, 2], count: 3, first: time, last: time, position: 7 },
    { rule: 'bind', members: [0, 1], count: 1, first: time, last: time, position: 9 },
    { rule: 'event', members: [2], count: 4, first: time, last: time, position: 3 },
  ],
  traits: [
    { name: 'name', brand: null, value: '王小明', source: 'crm', priority: 1, time, history: [{ value: '小明', source: 'web', time }] },
    { name: 'points_level', brand: 'a', value: null, source: null, priority: 0, time: null, history: [] },
  ],
  counters: [{ event: 'order_paid', en: 'Order paid', zh: '订单支付', brand: 'a', channel: 'tmall', count: 5, first: time, last: time }],
  consents: [{ brand: 'a', purpose: 'marketing', channel: 'sms', given: true, time, policy: 'v3', source: 'web' }],
  timeline: [{
    id: 'm1', event: 'order_paid', time, source: 'tmall', position: 12, brand: 'a', channel: 'tmall', order: 'T100',
    ids: [{ type: 'phone', value: '+8613812345678' }], properties: { amount: 199.5, gift: false, tags: ['x', 'y'] }, items: [{ sku: 'S1', quantity: 2 }],
  }],
  next: '1763740800000000.4711',
};

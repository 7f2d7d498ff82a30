// Answers of the daemon, for the tests; mock.mjs makes its own that move.
import type { Alarm, MismatchList, Order, OrderList, Person, PersonReach, Reach, RelatedList, Share, ShareAct, ShopDay, Stats, Thing } from '../src/api';

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
  relations: [
    { type: 'owned_by', en: 'Owned by a guide', zh: '专属导购', brand: 'a', to: { kind: 'staff', ns: '', id: 'G17' }, open: true, periods: [{ begin: time, end: null }], attributes: [{ name: 'store', value: 'SH01', time }] },
    { type: 'friend', en: 'Friend of staff', zh: '员工好友', brand: 'a', to: { kind: 'staff', ns: '', id: 'G18' }, open: false, periods: [{ begin: time, end: time, reason: '拉黑' }], attributes: [] },
    { type: 'household', en: 'Lives with', zh: '家庭', brand: null, to: { kind: 'household', ns: '', id: 'H9' }, open: true, periods: [{ begin: time, end: null }], attributes: [{ name: 'role', value: 'head', time }] },
  ],
  ladder: [
    { brand: 'a', rung: 'loyal', en: 'Loyal', zh: '忠诚客户', why: { orders: 7, orders_lately: 4, last: time } },
    { brand: 'b', rung: 'lost', en: 'Lost', zh: '流失客户', was: 'buyer', why: { orders: 1, last: time } },
  ],
  timeline: [{
    id: 'm1', event: 'order_paid', time, source: 'tmall', position: 12, brand: 'a', channel: 'tmall', order: 'T100',
    ids: [{ type: 'phone', value: '+8613812345678' }], properties: { amount: 199.5, gift: false, tags: ['x', 'y'] }, items: [{ sku: 'S1', quantity: 2 }],
  }],
  next: '1763740800000000.4711',
};

const sums = { currency: 'CNY', lines: 1, list: 299, discount: 100, discounts: { platform: 100 }, gross: 199, freight: 6, amount: 205, refunded: 99.5, net: 105.5, differs_by: 0 };
const brief = {
  shop: 'tmall-1', number: '372100456', void: false, owner: person.id, brand: 'a', channel: 'tmall',
  states: { created: '2026-11-11T00:00:00Z', paid: '2026-11-11T00:05:00Z' }, sums,
};
export const orders: OrderList = {
  id: person.id, next: null,
  orders: [brief, { ...brief, number: 'T2', states: { created: '2026-09-02T00:00:00Z' }, sums: { ...sums, net: -20 } }, { ...brief, number: 'T3', void: true, sums: { ...sums, currency: 'HKD' } }],
};
export const order: Order = {
  ...brief, seller: 'G17', sums: { ...sums, differs_by: 0.01, group_currency: 'CNY', group_net: 105.5 },
  buyer: [{ type: 'phone', value: '+8613812345678' }], receiver: { name: '王小明', phone: '13812345678', region: '310101', address: '金桂路88号7幢1203室' },
  payment: { total: 205 }, lines: [{ line: '1', sku: 'A-1', name: '连衣裙', quantity: 1, list_price: 299, discounts: { platform: 100 }, paid: 199 }],
  shipments: [{ shipment: 'P1', carrier: '顺丰', tracking: 'SF100', shipped: time }],
  refunds: [{ refund: 'R1', line: '1', quantity: 1, amount: 99.5, kind: 'refund', reason: '尺码不合', states: { requested: time, done: time } }],
  acts: [{ position: 4711, time, act: 'order.reassign', by: 'desk', reason: '小票补登', undone: false }],
};

const consent = { entity: null, brand: 'a', purpose: 'marketing', channel: 'sms', given: true, time, policy: 'v3', source: 'web' };
export const personReach: PersonReach = {
  id: person.id, pending: false, brand: 'a', purpose: 'marketing',
  channels: [
    { channel: 'sms', en: 'SMS', zh: '短信', reachable: true, reason: null, address: { type: 'phone', value: '+8613812345678' }, consent },
    { channel: 'email', en: 'E-mail', zh: '邮件', reachable: false, reason: 'suppressed', address: { type: 'email', value: 'wang@example.com' }, consent: null },
  ],
};
export const reach: Reach = {
  pending: true, brand: 'a', purpose: 'marketing',
  channels: [{ channel: 'sms', en: 'SMS', zh: '短信', people: 100, reachable: 60, excluded: { no_address: 30, quarantined: 0, suppressed: 4, ended: 0, no_consent: 5, withdrawn: 1, expired: 0 } }],
};
export const shares: Share[] = [
  { from: '乙公司', to: '甲公司', purposes: ['service'], until: null, live: true, position: 9 },
  { from: null, to: '甲公司', purposes: null, until: time, live: false, position: 8 },
];
export const shareActs: ShareAct[] = [{ ...shares[0]!, time, act: 'share', policy: '2026-01', evidence: 'contract 4711', by: 'dpo', reason: '联合客服' }];

export const thing: Thing = {
  kind: 'store', ns: '', id: 'SH01', kind_en: 'Store', kind_zh: '门店', exists: false, since: time,
  path: [{ kind: 'region', ns: '', id: '华东', name: '华东大区' }, { kind: 'brand', ns: '', id: 'a', name: '甲' }],
  attributes: [
    { name: 'name', en: 'Name', zh: '名称', type: 'text', value: '外滩店', since: time, history: [{ time, value: '外滩店' }, { time, value: '外滩旗舰店' }] },
    { name: 'area', en: null, zh: null, type: 'number', value: 120.5, since: time, history: [{ time, value: 120.5 }] },
  ],
  parents: [{ time, value: { kind: 'region', ns: '', id: '华东' } }, { time, value: { kind: 'region', ns: '', id: '华中' } }],
};
export const related: RelatedList = {
  relation: 'owned_by', en: 'Customers', zh: '专属客户', next: null,
  people: [{ person: person.id, identifier: { type: 'phone', value: '+8613812345678' }, relations: [person.relations![0]!] }],
};

export const day: ShopDay = {
  day: '2026-11-11', currency: 'CNY', here: { orders: 2, lines: 3, amount: 298, refunded: 0 }, declared: { orders: 3, amount: 397, listed: false }, differs_by: -99, agrees: false,
};
export const mismatches: MismatchList = {
  shop: 'tmall-1', day: '2026-11-11', next: null,
  mismatches: [
    { number: 'N1', difference: 'missing_here', currency: 'CNY', here: 0, declared: 99 },
    { number: 'N2', difference: 'amount_differs', currency: 'CNY', here: 199, declared: 198 },
  ],
};
export const alarms: Alarm[] = [
  { day: '2026-11-12', alarm: 'missing_day', en: 'missing day', zh: '缺失', of: 'shop', name: 'tmall-1', raised: time, over: true },
  { day: '2026-11-11', alarm: 'late_data', en: 'later than usual', zh: '晚于往常', of: 'source', name: 'oms', raised: time, over: false, usual_seconds: 60, seen_seconds: 7200 },
];

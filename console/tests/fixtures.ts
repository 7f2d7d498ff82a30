// Answers of the daemon, for the tests; mock.mjs makes its own that move.
import type {
  Alarm, Answer, Definition, Explanation, MismatchList, Order, OrderList, Overlap, Person, PersonAudiences, PersonReach, Portrait, Prediction, PredictionCard, Preview, Reach, ReachSurvey, RelatedList, Share, ShareAct, ShopDay, Stats, Thing,
} from '../src/api';

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

export const definition: Definition = {
  name: 'vip', label_zh: '高价值', label_en: 'Buys often', brand: null, owner: '会员部', description: null, category: '交易/价值', until: null, text: 'count(order_paid in last 90 days) >= 3', content: 'rule', list: null,
  tags: null, values: {}, snapshot: null, group: null, revision: 3, saved: time, state: 'in_force', progress: null, answers: true, size: 303, type: 'truth', warnings: [], named_by: [{ kind: 'tag', name: 'worth' }],
};
const columns = (...names: string[]) => names.map((name) => ({ name }));
export const reachSurvey: ReachSurvey = {
  as_of_time: time, people: 10, brand: null, purpose: 'marketing', pending: false, columns: columns('channel', 'channel_zh', 'reachable', 'share', 'no_address', 'not_known'),
  rows: [['Any channel', '任一渠道', 6, 0.6, 1, 3], ['SMS', '短信', 4, 0.4, 3, 3]],
};
export const growth: Answer = {
  as_of_time: time, people: 12, columns: columns('day', 'size', 'entered', 'left', 'changed', 'entered_live', 'left_time'),
  rows: [['2026-01-01', null, 9, 0, 0, 9, 0], ['2026-01-02', 9, 5, 2, 0, 5, 2]],
};
export const portrait: Portrait = {
  as_of_time: time, members: { read: 303, is_sample: false }, others: { read: 100000, is_sample: true }, tests: 40, found: 2,
  columns: columns('what', 'what_zh', 'name', 'value', 'people', 'rate', 'rate_others', 'lift', 'lift_low', 'lift_high', 'q'),
  rows: [['trait', '特质', 'city', '上海', 200, 0.66, 0.22, 3, 2.5, 3.6, 0], ['event', '事件', 'order_paid', '≥ 3', 20, 0.07, 0, null, 23.7, 6433, 0]],
};
export const overlap: Overlap = {
  as_of_time: time, people: 943, columns: columns('set', 'set_zh', 'with', 'with_zh', 'jaccard', 'both', 'of_set', 'of_with'),
  sets: [{ set: 'segment:vip', label_zh: '高价值', label_en: 'Buys often', people: 303 }, { set: 'tag:skin', label_zh: null, label_en: null, people: 943 }],
  rows: [['segment:vip', '高价值', 'segment:vip', '高价值', null, 303, 1, 1], ['segment:vip', '高价值', 'tag:skin', 'skin', 0.1, 101, 0.3333, 0.107], ['tag:skin', 'skin', 'segment:vip', '高价值', 0.1, 101, 0.107, 0.3333]],
};
export const health: Answer = {
  as_of_time: time, columns: columns('name', 'coverage', 'hints', 'hints_zh'), rows: [['vip', 0.1, 'nobody owns it', '没有负责人']],
};
export const preview: Preview = {
  as_of_time: time, kind: 'tag', type: 'text', count: 40, everybody: 160, values: [{ value: 'tmall', people: 30 }, { value: 'jd', people: 10 }],
  saving: { gathers: [{ en: 'order_paid.channel in last 100 days', zh: '近 100 天“支付订单.channel”' }], events: 64115, seconds: 2.4 },
  sample: [{ person: { id: person.id, number: 7, name: null, identifiers: 2, phone: '+86138****5678', events: 3, last_seen: null }, value: 'tmall' }],
};
const questionColumn = (name: string, title_zh: string, kind: string) => ({ name, title: name, title_zh, kind });
export const funnel: Answer = {
  as_of_time: time, event_names: { product_viewed: '浏览商品', order_paid: '支付订单' }, events: 7787, subjects: 1394,
  columns: [questionColumn('step', '步骤', 'number'), questionColumn('event', '事件', 'event'), questionColumn('count', '数量', 'number'), questionColumn('rate', '总转化率', 'share')],
  rows: [[1, 'product_viewed', 1240, 1], [2, 'order_paid', 310, 0.25]],
};
export const retention: Answer = {
  as_of_time: time,
  columns: [questionColumn('cohort', '同期群', 'time'), questionColumn('size', '人数', 'number'), questionColumn('period', '周期', 'text'), questionColumn('count', '回访人数', 'number'), questionColumn('rate', '留存率', 'share'), questionColumn('is_complete', '周期已结束', 'text')],
  rows: [['2026-W43', 15, '0', 15, 1, true], ['2026-W43', 15, '1', 3, 0.2, true], ['2026-W44', 110, '0', 110, 1, true], ['2026-W44', 110, '1', 11, 0.1, false]],
};
export const path: Answer = {
  as_of_time: time, event_names: { page_viewed: '浏览页面' },
  columns: [questionColumn('level', '步', 'number'), questionColumn('from', '来自', 'event'), questionColumn('to', '去往', 'event'), questionColumn('count', '次数', 'number'), questionColumn('share', '占本节点', 'share')],
  rows: [[0, '(start)', 'page_viewed', 60, 0.6], [0, '(start)', 'app_opened', 40, 0.4], [1, 'page_viewed', '(drop-off)', 50, 0.83]],
};
export const trend: Answer = {
  as_of_time: time, columns: [questionColumn('channel', '渠道', 'text'), questionColumn('unit', '周期', 'time'), questionColumn('a', '支付订单:次数', 'number')],
  rows: [['tmall', '2026-11-10', 10], ['tmall', '2026-11-11', 90], ['(none)', '2026-11-11', 4]],
};
export const cohorts: Answer = {
  as_of_time: time,
  columns: [questionColumn('cohort', '分群', 'time'), questionColumn('size', '人数', 'number'), questionColumn('complete_periods', '已结束周期', 'number'), questionColumn('period_0', '0', 'money'), questionColumn('period_1', '1', 'money'), questionColumn('period_2', '2', 'money')],
  rows: [['2026-10', 243, 1, 100, 150, null], ['2026-11', 207, 0, 80, null, null]],
};
export const prediction: Prediction = {
  name: 'buy_30d', label: '30 天内购买', trait: 'p_buy_30d', every: 'day', at: '03:30', failed: null, revision: 2, saved: time, fitted: time,
  scored: { time, people: 2632, drift: 0.31, feature: 'count(a)' }, question: { target: 'did(order_paid)' },
};
export const card: PredictionCard = {
  as_of_time: time, auc: 0.75, auc_low: 0.72, auc_high: 0.78, rate: 0.18, calibration_error: 0.016, fit_people: 1492, fit_positives: 258, judge_people: 2037, judge_positives: 367, objected: 3, leaks: [],
  columns: [questionColumn('decile', '十分位', 'number'), questionColumn('rate', '实际比例', 'share')], rows: [[1, 0.59], [2, 0.28]],
  tables: [{ as_of_time: time, question: 'predict_features', columns: [questionColumn('feature', '特征', 'text'), questionColumn('feature_zh', '中文说明', 'text')], rows: [['count(a)', '次数']] }],
};
export const belongs: PersonAudiences = {
  id: person.id, pending: false,
  segments: [{ name: 'vip', label_zh: '高价值', label_en: 'Buys often', brand: null, since: time, turn: '2027-02-16T16:00:00.000Z' }],
  tags: [{ name: 'preferred_channel', label_zh: '常用渠道', label_en: null, brand: null, value: 'tmall', since: time, turn: null }],
};
export const explanation: Explanation = {
  id: person.id, pending: false, kind: 'segment', name: 'vip', label_zh: '高价值', label_en: 'Buys often', value: false, since: null, turn: null,
  missing: [{ should_hold: true, en: '1 more order', zh: '还差 1 单' }],
  tree: {
    kind: 'compared', text: 'count(order_paid in last 90 days) >= 3', value: false, is_missing: true, en: 'it is 2, wanted ≥ 3', zh: '次数为 2,需要 ≥ 3',
    parts: [{ kind: 'aggregate', value: 2, is_missing: false, en: 'how often is 2', zh: '近 90 天“支付订单”次数为 2', events: [{ event: 'order_paid', en: 'Order paid', zh: '支付订单', time }], hides_events: true, parts: [] }],
  },
};

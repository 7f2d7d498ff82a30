// For work on the console alone: serves dist/ and answers as the daemon would, with a made-up brand that moves.
//   npm run build && npm run mock      then open the address it prints; MOCK=empty shows a workspace without data
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PORT = Number(process.env.PORT ?? 7071);
const EMPTY = process.env.MOCK === 'empty';
const dist = join(fileURLToPath(new URL('.', import.meta.url)), 'dist');
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const began = Date.now();
const ago = (days) => new Date(began - days * 86400e3).toISOString().replace('Z', '000Z');

const names = [
  ['product_viewed', '商品浏览', 'Product viewed', 486120], ['page_viewed', '页面浏览', 'Page viewed', 391004], ['cart_added', '加入购物车', 'Added to cart', 88231],
  ['order_paid', '订单支付', 'Order paid', 40210], ['order_completed', '订单完成', 'Order completed', 36118], ['delivered', '签收', 'Delivered', 35001],
  ['refund_done', '退款完成', 'Refund done', 2907], ['followed', '关注', 'Followed', 18233], ['friend_added', '添加好友', 'Friend added', 12040],
  ['coupon_claimed', '领取优惠券', 'Coupon claimed', 9120], ['member_joined', '入会', 'Joined as a member', 8400], ['code_scanned', '扫码', 'Code scanned', 5120],
  ['store_visited', '到店', 'Store visited', 4205], ['survey_answered', '填写问卷', 'Survey answered', 1204], ['complained', '投诉', 'Complained', 318], ['club_day_joined', null, null, 77],
];
const channels = ['tmall', 'jd', 'douyin', 'mini_program', 'wecom', 'pos'];
const ids = [
  ['phone', undefined, '+8613812345678', 400], ['unionid', 'wx-open-1', 'oUnion_5kd93jDkd02aa', 390], ['openid', 'wx-mini-7', 'oA1_mini_88dk20dkwpq', 388],
  ['external_userid', 'corp-9', 'wmExt_00ffk2kd9s', 210], ['taobao_ouid', 'm-acme', 'AAH8s7d6f5', 300], ['jd_pin', undefined, 'jd_xiaoming_86', 120],
  ['member_no', 'club', 'M0042177', 380], ['email', undefined, 'xiaoming.wang@example.com', 90], ['device_id', undefined, '3f2504e0-4f89-41d3-9a0c-0305e82c3301', 12],
];
const identifiers = ids.map(([type, ns, value, d], i) => ({
  type, ...(ns ? { ns } : {}), value, since: ago(d), ...(i === 5 ? { until: ago(3) } : {}), state: i === 5 ? 'passed_on' : i === 8 ? 'quarantined' : 'in_force', first: ago(d), last: ago(1),
}));
const set = (members, count, rule = 'event', d = 380) => ({ rule, members, count, first: ago(d), last: ago(1), position: 1000 + d });
const evidence = [set([0, 6], 41), set([1, 2], 388), set([0, 1, 2], 12), set([1, 3], 20), set([0, 4], 33), set([0, 5], 6), set([0, 7], 2, 'bind', 90), set([2, 8], 3, 'event', 12), set([0], 88)];
const trait = (name, brand, value, source, history = []) => ({ name, brand, value, source, priority: 5, time: ago(30), history });
const counters = names.slice(0, 9).flatMap(([event, zh, en], i) => channels.slice(0, 2 + (i % 5)).map((channel, j) => ({
  event, en, zh, brand: j % 2 ? 'lumi' : 'acme', channel, count: 3 + ((i * 7 + j * 13) % 40), first: ago(300), last: ago(2),
})));
const eventAt = (i) => {
  const [event] = names[(i * 5) % names.length];
  return {
    id: `m${i}`, event, time: ago(i * 1.7), received_at: ago(i * 1.7), source: 'tmall-acme', ids: [{ type: 'phone', value: '+8613812345678' }],
    brand: i % 3 ? 'acme' : 'lumi', channel: channels[i % channels.length], ...(event.startsWith('order') ? { order: `T${88000 + i}` } : {}),
    properties: { amount: 199 + i, city: '上海', gift: i % 2 === 0 }, ...(i % 4 ? {} : { items: [{ sku: 'SKU-1', name: '真丝连衣裙', quantity: 1, price: 1299 }] }), position: 90000 - i,
  };
};
const pid = (n) => n.toString(16).padStart(32, '7b3e');
const person = () => ({
  id: pid(42), number: 42, pending: false, identifiers, evidence,
  traits: [
    trait('name', null, '王小明', 'crm', [{ value: '小明同学', source: 'mini-program', time: ago(200) }, { value: '明', source: 'jd', time: ago(300) }]),
    trait('gender', null, '男', 'crm'), trait('city', null, '上海', 'tmall-acme', [{ value: '杭州', source: 'crm', time: ago(350) }]), trait('email', null, 'xiaoming.wang@example.com', 'web'),
    trait('size', 'acme', 'L', 'pos'), trait('favourite_categories', 'acme', ['衬衫', '西装'], 'web'), trait('skin_type', 'lumi', '混合性', 'survey'), trait('vip', 'lumi', true, 'crm'),
  ],
  counters,
  consents: [
    { brand: 'acme', purpose: 'marketing', channel: 'sms', given: true, time: ago(100), policy: 'v3', source: 'mini-program' },
    { brand: 'lumi', purpose: 'marketing', channel: 'email', given: false, time: ago(20), policy: 'v3', source: 'web' },
  ],
  aliases: [1177, 90812], identifiers_hidden: 0,
  relations: [
    relation('owned_by', 'Owned by a guide', '专属导购', 'acme', { kind: 'staff', ns: '', id: 'G17' }, true, [{ name: 'store', value: 'SH01', time: ago(200) }]),
    relation('friend', 'Friend of staff', '员工好友', 'acme', { kind: 'staff', ns: '', id: 'G18' }, false),
    relation('household', 'Lives with', '家庭', null, { kind: 'household', ns: '', id: 'H9' }, true, [{ name: 'role', value: 'head', time: ago(90) }]),
  ],
  ladder: [
    { brand: 'acme', rung: 'loyal', en: 'Loyal', zh: '忠诚客户', why: { orders: 11, orders_lately: 5, last: ago(2) } },
    { brand: 'lumi', rung: 'lost', en: 'Lost', zh: '流失客户', was: 'buyer', why: { orders: 1, last: ago(400) } },
  ],
});
const relation = (type, en, zh, brand, to, open, attributes = []) => ({
  type, en, zh, brand, to, open, attributes, periods: [{ begin: ago(200), end: open ? null : ago(20), ...(open ? {} : { reason: '拉黑' }) }],
});
const sumsOf = (net, refunded = 0) => ({ currency: 'CNY', lines: 2, list: net + refunded + 100, discount: 100, discounts: { platform: 100 }, gross: net + refunded, freight: 0, amount: net + refunded, refunded, net, differs_by: 0 });
const orderAt = (i) => ({
  shop: i % 3 ? 'tm_acme' : 'pos_acme', number: `T${88000 + i}`, void: i === 5, owner: pid(42), brand: 'acme', channel: i % 3 ? 'tmall' : 'pos',
  states: { created: ago(i * 23), paid: ago(i * 23 - 0.01), ...(i > 0 ? { done: ago(i * 23 - 9) } : {}) }, sums: sumsOf(199 + 37 * (i % 7), i === 3 ? 99 : 0),
});
const orders = Array.from({ length: 14 }, (_, i) => orderAt(i));
const order = (o) => ({
  ...o, seller: 'G17', buyer: [{ type: 'phone', value: '+8613812345678' }], receiver: { name: '王小明', phone: '13812345678', region: '310101', address: '金桂路88号' }, payment: {},
  lines: [{ line: '1', sku: 'A-1', name: '真丝连衣裙', quantity: 1, list_price: o.sums.list, discounts: { platform: 100 }, paid: o.sums.gross }],
  shipments: [{ shipment: 'P1', carrier: '顺丰', tracking: 'SF100', shipped: o.states.paid }],
  refunds: o.sums.refunded ? [{ refund: 'R1', line: '1', quantity: 1, amount: o.sums.refunded, kind: 'return', reason: '尺码不合', states: { requested: ago(60), done: ago(58) } }] : [], acts: [],
});
const REACH = [['sms', 'SMS', '短信'], ['email', 'E-mail', '邮件'], ['official_account', 'Official account', '公众号'], ['mini_program', 'Mini-program', '小程序'], ['wecom', 'WeCom', '企业微信']];
const reachOne = ([channel, en, zh], i) => ({ channel, en, zh, reachable: i === 0, reason: ['yes', 'withdrawn', 'ended', 'no_consent', 'no_address'][i], address: i < 4 ? { type: 'phone', value: '+8613812345678' } : null, consent: null });
const reachOf = ([channel, en, zh], i) => {
  const excluded = { no_address: 20000 * (i + 1), quarantined: 12, suppressed: 400, ended: 300 * i, no_consent: 15000, withdrawn: 900, expired: 70 };
  return { channel, en, zh, people: 184032, excluded, reachable: 184032 - Object.values(excluded).reduce((a, b) => a + b, 0) };
};
const kinds = [
  { name: 'region', label_en: 'Region', label_zh: '区域', personal: false, owned: false, parents: ['brand', 'region'], attributes: [] },
  { name: 'store', label_en: 'Store', label_zh: '门店', personal: false, owned: false, parents: ['region'], attributes: [{ name: 'city', label_en: 'City', label_zh: '城市', indexed: true }] },
  { name: 'staff', label_en: 'Staff', label_zh: '员工', personal: true, owned: false, parents: ['store'], attributes: [] },
];
const stores = Array.from({ length: 12 }, (_, i) => ({ kind: 'store', ns: '', id: `SH${String(i + 1).padStart(2, '0')}`, name: `上海${i + 1}店`, parent: { kind: 'region', ns: '', id: '华东' } }));
const thing = (kind, id) => ({
  kind, ns: '', id, kind_en: kind, kind_zh: kinds.find((k) => k.name === kind)?.label_zh ?? kind, exists: true, since: ago(900), path: [{ kind: 'region', ns: '', id: '华东', name: '华东大区' }, { kind: 'brand', ns: '', id: 'acme', name: '雅可' }],
  attributes: [{ name: 'name', en: 'Name', zh: '名称', type: 'text', value: '外滩店', since: ago(100), history: [{ time: ago(100), value: '外滩店' }, { time: ago(900), value: '外滩旗舰店' }] }], parents: [], existence: [],
});
const related = { relation: 'owned_by', en: 'Customers', zh: '专属客户', people: [{ person: pid(42), identifier: { type: 'phone', value: '+86138****5678' }, relations: [relation('owned_by', 'Owned by a guide', '专属导购', 'acme', { kind: 'staff', ns: '', id: 'G17' }, true)] }], next: null };
const shopDays = (shop, from) => Array.from({ length: 24 }, (_, i) => {
  const here = { orders: 3 + (i % 5), lines: 6, amount: 900 + 13 * i, refunded: 0 };
  const wrong = shop === 'tm_acme' && i === 11;
  return { day: `${from.slice(0, 8)}${String(i + 1).padStart(2, '0')}`, currency: 'CNY', here, declared: shop === 'pos_acme' ? null : { orders: here.orders + wrong, amount: here.amount + 99 * wrong, listed: wrong }, differs_by: wrong ? -99 : 0, agrees: shop !== 'pos_acme' && !wrong };
});
const timeline = (from, limit) => ({ events: Array.from({ length: Math.max(0, Math.min(limit, 64 - from)) }, (_, i) => eventAt(from + i)), next: from + limit < 64 ? `1763740800000000.${90000 - from - limit + 1}` : null });
const moved = () => Math.floor((Date.now() - began) / 4);

function stats() {
  const more = EMPTY ? 0 : moved();
  return {
    workspace: 'acme', version: '0.1.0', people: EMPTY ? 0 : 128410 + (more >> 6), identifiers: EMPTY ? 0 : 359120 + (more >> 5), merges: EMPTY ? 0 : 41277 + (more >> 7),
    events: EMPTY ? 0 : 1138218 + more, folded_until: 1000000, dedup_horizon_seconds: 604800,
    by_brand: EMPTY ? [] : [{ brand: null, people: 61240, events: 120411 + more }, { brand: 'lumi', people: 184032, events: 1820345 }, { brand: 'aria', people: 52011, events: 402118 }],
    events_by_name: EMPTY ? [] : names.map(([event, zh, en, n], i) => ({ event, en, zh, count: n + (more >> (i + 1)) })),
    position: 1150442 + more, log_time: new Date().toISOString(), log_bytes: 512_400_100 + more * 300, checkpoint_position: 1100000, commands: 1150442 + more, replayed: 50442, refused: EMPTY ? 0 : 2211,
    refusals: EMPTY ? [] : [{ command: 'collect.event', refusal: 'duplicate', count: 2204 }, { command: 'identity.merge', refusal: 'never_merge', count: 7 }], duplicates: EMPTY ? 0 : 2204,
    waiting: 0, memory_bytes: 71_400_100, cold_rows: 0, digest: pid(1), accepting: true, trouble: null, rows: {},
  };
}

const found = [
  { id: pid(42), number: 42, name: '王小明', identifiers: 9, phone: '+86138****5678', events: 1188, last_seen: ago(0.01) },
  { id: pid(77), number: 77, name: '王晓鸣', identifiers: 3, phone: '+86139****5678', events: 52, last_seen: ago(9) },
  { id: pid(99), number: 99, name: null, identifiers: 1, phone: '+86151****5678', events: 2, last_seen: ago(70) },
];
const reviews = [
  { type: 'phone', value: '+8613900001111', since: ago(2), conflicts: 214, held_by: pid(42) },
  { type: 'pos_card', ns: 'store-12', value: 'CARD000001', since: ago(5), conflicts: 37, held_by: null },
];
const acts = [
  { position: 1150001, time: ago(0.1), act: 'identity.merge', by: 'admin', reason: '客服工单 4711', summary: { ids: ['phone:+8613812345678', 'jd_pin:jd_xiaoming_86'], people: [42, 1177] }, undone: false },
  { position: 1149007, time: ago(1), act: 'identity.unbind', by: 'service-desk', reason: 'number was reissued', summary: { ids: ['phone:+8613700002222'], people: [310] }, undone: true },
];

const definition = (name, label_zh, label_en, text, size, more = {}) => ({
  name, label_zh, label_en, owner: '会员部', description: null, brand: null, text, content: 'rule', category: '交易/价值', until: null, list: null, tags: null, values: {}, snapshot: null, group: null,
  revision: 1, saved: ago(40), state: 'in_force', progress: null, answers: true, size, type: 'truth', warnings: [], named_by: [], ...more,
});
const segments = [
  definition('vip', '高价值', 'Buys often', 'count(order_paid in last 90 days) >= 3', 8123),
  definition('buyers', '买过', 'Buyers', 'did(order_paid)', 40210, { owner: null }),
  definition('quiet', '沉睡', 'Quiet', 'did(order_paid) and not did(product_viewed in last 60 days)', null, { state: 'gathering', progress: { share: 0.4, rest_seconds: 95 }, answers: false }),
];
const tags = [
  definition('preferred_channel', '常用渠道', 'Usual channel', 'most_frequent(order_paid.channel in last 365 days)', null, { type: 'text' }),
  definition('skin', '肤质', 'Skin', null, null, { type: 'text', content: 'list', list: { value: 'text', lasts_days: 180 }, values: { dry: { label_zh: '干性', label_en: 'Dry' }, oily: { label_zh: '油性', label_en: 'Oily' } } }),
];
const table = (names, rows, more) => ({ as_of_time: ago(0), columns: names.map((name) => ({ name })), rows, ...more });
const belongs = { id: pid(42), pending: false, segments: [{ ...segments[0], since: ago(30), turn: ago(-60) }], tags: [{ ...tags[0], value: 'tmall', since: ago(90), turn: null }] };
const part = (kind, value, zh, en, parts = [], events = []) => ({ kind, value, zh, en, parts, events, is_missing: value === false, hides_events: false });
const explanation = {
  id: pid(42), pending: false, kind: 'segment', name: 'vip', label_zh: '高价值', label_en: 'Buys often', value: false, since: null, turn: null, missing: [{ should_hold: true, zh: '还差 1 次', en: '1 more' }],
  tree: part('compared', false, '近 90 天“订单支付”次数为 2，需要 ≥ 3，还差 1', 'how often order_paid in last 90 days is 2, wanted ≥ 3: 1 more', [
    part('aggregate', 2, '近 90 天“订单支付”次数为 2', 'how often order_paid in last 90 days is 2', [], [{ event: 'order_paid', zh: '订单支付', en: 'Order paid', time: ago(7) }]),
  ]),
};
const growth = table(['day', 'size', 'entered', 'left', 'changed'], Array.from({ length: 60 }, (_, i) => [ago(59 - i).slice(0, 10), 7000 + 19 * i + ((i * 37) % 90), 60 + ((i * 13) % 50), 30 + ((i * 29) % 40), 0]), { people: 8123 });
const survey = table(['channel', 'channel_zh', 'reachable', 'share', 'no_address', 'no_consent'], REACH.map(([, en, zh], i) => [en, zh, 8123 - 1300 * i - 900, 0.5, 900 * i, 900 + 400 * i]), { people: 8123, brand: null, purpose: 'marketing', pending: false });
const portrait = table(['what', 'what_zh', 'name', 'value', 'people', 'rate', 'rate_others', 'lift', 'lift_low', 'lift_high', 'q'], [
  ['trait', '特质', 'city', '上海', 3100, 0.38, 0.11, 3.45, 3.2, 3.7, 0], ['event', '事件', 'store_visited', '≥ 3', 900, 0.11, 0.04, 2.75, 2.4, 3.1, 0],
], { members: { read: 8123, is_sample: false }, others: { read: 100000, is_sample: true }, tests: 130, found: 2 });
const health = (kind) => table(['name', 'coverage', 'hints', 'hints_zh'], (kind === 'tag' ? tags : segments).map((d) => [d.name, (d.size ?? 0) / 128410, d.owner ? '' : 'nobody owns it', d.owner ? '' : '没有负责人']), {});

const member = { id: pid(42), number: 42, name: '王小明', identifiers: 9, phone: '+86138****5678', events: 88, last_seen: ago(1) };
const preview = {
  question: 'preview', as_of_time: ago(0), kind: 'segment', type: 'truth', count: EMPTY ? 0 : 4210, everybody: EMPTY ? 0 : 128410, values: [],
  saving: { gathers: [{ en: 'order_paid in last 100 days', zh: '近 100 天“支付订单”' }], events: 1150442, seconds: 2.4 }, sample: EMPTY ? [] : [{ person: member, value: true }],
};
const asked = (name, about_zh) => ({ name, about: name, about_zh });
const questions = {
  questions: [
    { ...asked('funnel', '漏斗:逐步转化的人数、比率与时长'), members: [asked('steps', '步骤:事件列表'), asked('window', '自第一步起的时长')] },
    { ...asked('retention', '留存:起始之后各周期的回访'), members: [asked('start', '起始事件'), asked('unit', '周期单位')] },
  ],
  members: [asked('last', '“30d”为含今天的 30 天'), asked('where', '对事件的条件')],
};
const answerOf = (columns, rows) => ({ as_of_time: ago(0), events: 7787, subjects: 1394, columns: columns.map(([name, title_zh, kind]) => ({ name, title: name, title_zh, kind })), rows: EMPTY ? [] : rows });
const funnel = answerOf([['step', '步骤', 'number'], ['event', '事件', 'event'], ['count', '数量', 'number'], ['rate', '总转化率', 'share']], [[1, 'product_viewed', 1240, 1], [2, 'cart_added', 618, 0.498], [3, 'order_paid', 167, 0.135]]);
const retention = answerOf(
  [['cohort', '同期群', 'time'], ['size', '人数', 'number'], ['period', '周期', 'text'], ['count', '回访人数', 'number'], ['rate', '留存率', 'share'], ['is_complete', '周期已结束', 'text']],
  [0, 1, 2, 3].flatMap((week) => [0, 1, 2, 3].slice(0, 4 - week).map((period) => [`2026-W${43 + week}`, 110, String(period), Math.round(110 / (1 + 4 * period)), 1 / (1 + 4 * period), week + period < 3])),
);
const prediction = {
  name: 'buy_30d', label: '30 天内购买', trait: 'p_buy_30d', every: 'day', at: '03:30', failed: null, revision: 2, saved: ago(9), fitted: ago(8),
  scored: { time: ago(0.4), people: 128000, drift: 0.08, feature: 'count(order_paid in last 90 days)' }, question: { target: 'did(order_paid)', horizon: '30d' },
};

function audienceAnswer(path, query) {
  if (path.endsWith('/preview')) return preview;
  const [kinds, name, what] = path.split('/');
  const list = kinds === 'tags' ? tags : segments;
  if (!name) return { [kinds]: EMPTY ? [] : list };
  if (name === 'check') return { text: 'did(order_paid)', sentence: { zh: '发生过“支付订单”', en: 'did order_paid' } };
  switch (what) {
    case undefined: return list.find((d) => d.name === name) ?? null;
    case 'people': return { people: found, next: null };
    case 'reach': return { ...survey, purpose: query.get('purpose') };
    case 'growth': return growth;
    case 'values': return { count: 2, values: name === 'skin' ? [{ value: 'dry', people: 812 }, { value: 'oily', people: 420 }] : [{ value: 'tmall', people: 30120 }, { value: 'mini_program', people: 9120 }] };
    case 'portrait': return portrait;
    case 'explain': return explanation;
    default: return null;
  }
}

function answer(path, query) {
  if (path === 'audience/health') return health(query.get('kind'));
  if (path === 'analytics') return questions;
  if (path === 'analytics/funnel') return funnel;
  if (path === 'analytics/retention') return retention;
  if (/^analytics\/\w+\/people$/.test(path)) return { total: 1, people: [member], next: null };
  if (path === 'identity/types') return { types: [...new Set(ids.map(([type]) => type))].map((name) => ({ name })) };
  if (path === 'listings') return { accepted: 1, faulty: 0, faults: [] };
  if (path === 'predictions') return { predictions: EMPTY ? [] : [prediction] };
  if (path === `predictions/${prediction.name}`) return { ...prediction, card: null };
  if (path === `people/id:${pid(42)}/segments`) return belongs;
  if (/^(segments|tags)(\/|$)/.test(path)) return audienceAnswer(path, query);
  if (path === 'stats') return stats();
  if (path === 'names') return { kind: query.get('kind'), names: query.get('kind') === 'shop' ? (EMPTY ? [] : [{ name: 'tm_acme', en: null, zh: null }, { name: 'pos_acme', en: null, zh: null }]) : query.get('kind') === 'brand' ? [{ name: 'acme', en: 'Acme', zh: '雅可' }, { name: 'lumi', en: 'Lumi', zh: '露米' }] : query.get('kind') === 'event' ? names.map(([name, zh, en]) => ({ name, en, zh })) : [], next: null };
  if (path === 'find') return { people: EMPTY || query.get('q') === 'nobody' ? [] : found, more: false };
  if (path.startsWith(`people/id:${pid(42)}/`) && !path.endsWith('/timeline')) return path.endsWith('/orders') ? { id: pid(42), orders, next: null } : { id: pid(42), pending: false, brand: query.get('brand'), purpose: query.get('purpose'), channels: REACH.map(reachOne) };
  if (path.startsWith('orders/')) return order(orders.find((o) => path === `orders/${o.shop}/${o.number}`) ?? orders[0]);
  if (path === 'kinds') return { kinds };
  if (/^things\/[^/]+\/.+\/people$/.test(path)) return related;
  if (path === 'things') return { things: stores, next: null };
  if (path.startsWith('things/')) return path.split('/').length === 2 ? { things: path.endsWith('/store') && !EMPTY ? stores : [], next: null } : thing(...path.split('/').slice(1));
  if (path === 'reach') return { pending: false, brand: query.get('brand'), purpose: query.get('purpose'), channels: EMPTY ? [] : REACH.map(reachOf) };
  if (path === 'shares') return { shares: EMPTY ? [] : [{ from: '乙公司', to: '甲公司', purposes: ['service'], until: null, live: true, position: 9 }], next: null };
  if (path === 'shares/acts') return { acts: [], next: null };
  if (path === 'reconcile') return { shop: query.get('shop'), days: shopDays(query.get('shop'), query.get('from')), missing_days: query.get('shop') === 'tm_acme' ? [`${query.get('from').slice(0, 8)}25`] : [], next: null };
  if (path === 'reconcile/alarms') return { alarms: EMPTY ? [] : [{ day: '2026-11-12', alarm: 'late_data', en: 'later than usual', zh: '晚于往常', of: 'source', name: 'oms', raised: ago(1), over: false, usual_seconds: 60, seen_seconds: 7200 }], next: null };
  if (path === 'alarms') return { alarms: EMPTY ? [] : [{ alarm: 'dead_letters', en: 'The world did not take something that it was asked for: `kith hook dead` lists it.', zh: '有内容未被对方接收:`kith hook dead` 可列出', since: ago(2) }] };
  if (path === 'consumers') return { consumers: EMPTY ? [] : [{ name: 'crm', acknowledged: '4711-0', time: ago(0.1), by: 'ops', lag: 12, lost: 0 }], kept: 12, start: '4700-0' };
  if (path === 'reconcile/orders') return { shop: query.get('shop'), day: query.get('day'), mismatches: [{ number: 'T4711', difference: 'missing_here', currency: 'CNY', here: 0, declared: 99 }], next: null };
  if (path === 'ports') return { paused: false, waiting: 0, targets: [] };
  if (path === 'ports/dead') return { dead: EMPTY ? [] : [{ position: 4711, time: ago(1), asked: ago(4), effect: 'hook.deliver', target: 'crm', id: pid(3), reason: 'HTTP 410' }], next: null };
  if (path === 'checkpoint') return { position: 1100000, time: ago(0.01), behind_bytes: 4_100_000, failed: 0, trouble: null };
  if (path === 'identity/reviews') return { reviews: EMPTY ? [] : reviews, next: null };
  if (path === 'identity/acts') return { acts: EMPTY ? [] : acts, next: null };
  if (path.endsWith('/timeline')) return { id: pid(42), ...timeline(90001 - Number(query.get('before').split('.')[1]), Number(query.get('limit'))) };
  if (path === `people/id:${pid(42)}`) {
    const { events, next } = timeline(0, Number(query.get('timeline')));
    return { ...person(), timeline: events, next };
  }
  return null;
}

function stream(response) {
  let position = 1150442;
  const say = (fact, data) => response.write(`id: ${position}\nevent: ${fact}\ndata: ${JSON.stringify({ position, time: new Date().toISOString(), fact, cause: position % 19 ? 'live' : 'late', data })}\n\n`);
  const timer = setInterval(() => {
    for (let i = 0; i < 6 && !EMPTY; i++, position++) {
      const event = names[(position * 7) % names.length][0];
      say('event_arrived', { event, time: new Date().toISOString(), brand: position % 3 ? 'acme' : 'lumi', channel: channels[position % channels.length], ids: [{ type: 'phone', value: '138***678' }, { type: 'openid', ns: 'wx-mini-7', value: 'oA1***wpq' }].slice(position % 2) });
      if (position % 23 === 0) say('person_merged', { person: pid(42), number: 42, absorbed: 900, rule: 'event' });
      if (position % 97 === 0) say('identifier_quarantined', { type: 'phone', value: '+861****1111', since: new Date().toISOString(), state: 'quarantined', conflicts: 11 });
      say('resolved', { person: pid(42 + (position % 5)), event, created: position % 5 === 0, by: 'phone' });
    }
  }, 100);
  response.on('close', () => clearInterval(timer));
}

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock');
  const path = decodeURIComponent(url.pathname);
  if (!path.startsWith('/api/v1/')) {
    const file = join(dist, path === '/' ? 'index.html' : path);
    const data = file.startsWith(dist) ? await readFile(file).catch(() => null) : null;
    response.writeHead(data ? 200 : 404, { 'Content-Type': types[extname(file)] ?? 'text/plain', 'Content-Security-Policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:" });
    return response.end(data ?? 'no such file');
  }
  const json = (status, body) => response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' }).end(JSON.stringify(body));
  if (request.headers.authorization !== 'Bearer mock') return json(401, { type: '/problems/no-token', title: 'Who are you?', status: 401, detail: 'Send a token that is in force.' });
  if (path === '/api/v1/events/stream') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': listening\n\n');
    return stream(response);
  }
  const body = answer(path.slice('/api/v1/'.length), url.searchParams);
  return body ? json(200, body) : json(404, { type: '/problems/no-such-person', title: 'There is no such person', status: 404, detail: '' });
}).listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/#token=mock`));

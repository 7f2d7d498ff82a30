// The views drawn to text: nothing throws, and what matters stands there, in both languages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReactElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Api, Trouble } from '../src/api';
import { Frame } from '../src/app';
import { AlarmsOf, Day, MismatchesOf, MonthMap } from '../src/books';
import { KithContext } from '../src/context';
import { Why } from '../src/links';
import { CheckpointOf, ConsumersOf, DeadOf, PortsOf, RingingOf } from '../src/operations';
import { OrderCard, OrdersOf } from '../src/orders';
import { OverviewOf } from '../src/overview';
import { TroubleNotice } from '../src/parts';
import { Profile } from '../src/person';
import { ReachFigures, ReachOf, SharesOf } from '../src/reach';
import { RelatedOf } from '../src/relations';
import { ThingCard } from '../src/things';
import type { Lang } from '../src/words';
import { alarms, day, mismatches, order, orders, person, personReach, reach, related, shareActs, shares, stats, thing } from './fixtures';

const nothing = () => undefined;

function drawn(lang: Lang, element: ReactElement): string {
  return renderToStaticMarkup(<KithContext.Provider value={{ api: new Api('t', nothing), lang, labels: {} }}>{element}</KithContext.Provider>);
}

function holds(text: string, ...parts: string[]) {
  for (const part of parts) assert.ok(text.includes(part), `no ${part} in ${text}`);
}

test('overview', () => {
  holds(drawn('zh', <OverviewOf stats={stats} rate={0} trouble={null} />), '人数', '1,000', '订单支付', 'club_joined', '7 天', '重复');
  holds(drawn('en', <OverviewOf stats={{ ...stats, accepting: false, trouble: 'disk nearly full' }} rate={12} trouble={null} />), 'Order paid', '+12/s', 'disk nearly full', '2.80');
  holds(drawn('en', <OverviewOf stats={{ ...stats, people: 0, events_by_name: [] }} rate={0} trouble={null} />), 'No events yet', 'kith import');
  const limited = {
    workspace: 'main', version: '1', brands: ['muchu'], store: null, left_out: ['people'], by_brand: [{ brand: 'muchu', people: 345, events: 700 }],
    events_by_name: [{ event: 'order_paid', en: 'Order paid', zh: '订单支付', count: 12 }, { event: null, en: null, zh: null, count: 3 }],
  } as unknown as typeof stats;
  holds(drawn('zh', <OverviewOf stats={limited} rate={NaN} trouble={null} />), '该令牌可见', 'muchu', '345', '订单支付', '其他');
  const guide = { ...limited, brands: [], own_customers_of: 'G17', own_customers_count: 41, by_brand: undefined, events_by_name: undefined } as unknown as typeof stats;
  holds(drawn('zh', <OverviewOf stats={guide} rate={NaN} trouble={null} />), '专属客户 G17', '专属客户 (41)');
  const till = { ...limited, brands: [], store: 'S1', events_by_name: undefined, by_brand: [{ brand: 'muchu', people: 345 }] } as unknown as typeof stats;
  holds(drawn('zh', <OverviewOf stats={till} rate={NaN} trouble={null} />), 'S1', '不按门店', '345', '—');
});

test('person: masked until asked for', () => {
  const zh = drawn('zh', <Profile person={person} />);
  holds(zh, '王小明', '+86138****5678', '为什么是同一个人', '天猫', '重新整理', '曾用编号', '营销', '<svg', '小明', '已转移', '另有 2 个标识');
  assert.ok(!zh.includes('13812345678'));
  holds(drawn('en', <Profile person={{ ...person, traits: [], consents: [], counters: [], evidence: [] }} />), 'No name known', 'No traits yet', 'No consent', 'No evidence');
});

test('why they are one: a picture up to 12 identifiers, a list beyond', () => {
  const many = Array.from({ length: 13 }, (_, i) => ({ type: 'device_id', value: `d${i}`, since: '2026-01-02T03:04:05Z', state: 'in_force' }));
  const sets = [{ rule: 'event', members: [0, 11], count: 2, first: null, last: null, position: 1 }];
  holds(drawn('en', <Why identifiers={many.slice(0, 12)} evidence={sets} reveal={false} />), '<svg', 'Seen together 2 times');
  const listed = drawn('en', <Why identifiers={many} evidence={sets} reveal={false} />);
  assert.ok(!listed.includes('<svg'));
  holds(listed, 'too many to draw', '<details open');
});

test('a person’s relations, ladder and household', () => {
  const zh = drawn('zh', <Profile person={person} />);
  holds(zh, '专属导购', 'G17', '拉黑', '忠诚客户', '流失客户', '曾为 购买客户', '近期 4', '家庭', 'H9', 'store SH01');
  holds(drawn('en', <Profile person={{ ...person, relations: [], ladder: [] }} />), 'No relations yet');
  holds(drawn('zh', <RelatedOf list={related.people} />), '手机号', '+86138****5678', '#/person/0123');
  holds(drawn('en', <RelatedOf list={[]} />), 'Nobody');
});

test('orders: a bar a month, and no adding up of currencies', () => {
  const zh = drawn('zh', <OrdersOf first={orders} />);
  holds(zh, '订单 (3)', '¥105.50', '#/order/tmall-1/372100456', '已付款', '已作废', '<svg', '2026-11', '2026-10', 'month minus');
  assert.equal(zh.split('<g ').length - 1, 3, 'September, October without orders, November');
  holds(drawn('en', <OrdersOf first={{ ...orders, orders: [] }} />), 'No orders');
});

test('an order: masked until asked for, with its sums and what differs', () => {
  const zh = drawn('zh', <OrderCard order={order} />);
  holds(zh, '连衣裙', '平台 ¥100.00', '净额', '¥105.50', '顺丰', 'SF100', '尺码不合', '申请', '改归属', '小票补登', '310101', '相差 ¥0.01');
  assert.ok(!zh.includes('13812345678') && !zh.includes('金桂路88号7幢1203室') && !zh.includes('王小明'));
  holds(drawn('en', <OrderCard order={{ ...order, buyer: [], shipments: [], refunds: [], acts: [] }} />), 'nobody owns it yet');
});

test('reach: of a person masked, of a brand with every reason that holds', () => {
  const zh = drawn('zh', <ReachOf reach={personReach} />);
  holds(zh, '短信', '可触达', '停发名单', '同意', 'w***@example.com');
  assert.ok(!zh.includes('13812345678'));
  const en = drawn('en', <ReachFigures reach={reach} />);
  holds(en, '60 / 100', 'no consent 5', 'on the stop list 4', 'being gone through again');
  assert.ok(!en.includes('in quarantine'), 'reasons of nobody are left out');
});

test('shares say what is over', () => {
  holds(drawn('zh', <SharesOf shares={shares} acts={shareActs} />), '乙公司', '→ 甲公司', '未声明主体的品牌', '除敏感用途外', '已结束', 'contract 4711', '联合客服');
  holds(drawn('en', <SharesOf shares={[]} acts={[]} />), 'Nothing is shared');
});

test('a thing: where it belongs, what it was, and that it is over', () => {
  const zh = drawn('zh', <ThingCard thing={thing} />);
  holds(zh, '外滩店', '外滩旗舰店', '华东大区', '已结束', '120.5', '以前的值 (2)', '区域 华中');
  assert.ok(zh.indexOf('#/thing/brand/a') < zh.indexOf('#/thing/region/'), 'the path goes from the top');
  assert.equal(zh.split('<details>').length - 1, 2, 'one value alone has no past');
});

test('books: a square a day, and behind it what differs', () => {
  const days = new Map([['2026-11-11', [day]], ['2026-11-12', [{ ...day, declared: null }]]]);
  const books = new Map([['tmall-1', { days, missing: new Set(['2026-11-13']) }], ['idle', { days: new Map(), missing: new Set<string>() }]]);
  const map = drawn('zh', <MonthMap month="2026-11" shops={['tmall-1', 'idle']} books={books} />);
  holds(map, 'square differs', 'square undeclared', '#/books/2026-11/tmall-1?day=2026-11-11', '不一致', '应有而缺失');
  assert.equal(map.split('square missing').length - 1, 1 + 1, 'one day, and the legend');
  assert.ok(!map.includes('idle'), 'shops that sold nothing are left out');
  assert.equal(map.split('square none').length - 1, 27 + 1, 'the other days, and the legend');
  holds(drawn('en', <Day shop="tmall-1" day="2026-11-11" rows={[day]} />), 'differs', '-CN¥99.00', 'totals alone');
  const list = drawn('zh', <MismatchesOf list={mismatches} />);
  holds(list, '本系统缺', '金额不同', '#/order/tmall-1/N2');
  assert.ok(!list.includes('#/order/tmall-1/N1'), 'what isn’t here has no card');
});

test('alarms: those that stand come first', () => {
  const zh = drawn('zh', <AlarmsOf list={alarms} />);
  holds(zh, '晚于往常', '&lt; 2 小时', '数据源', '缺失', '已结束');
  assert.ok(zh.indexOf('晚于往常') < zh.indexOf('缺失'));
  holds(drawn('en', <AlarmsOf list={[]} />), 'None');
});

test('operations', () => {
  const ringing = { alarm: 'dead_letters', en: 'The world did not take something', zh: '有内容未被对方接收', since: '2026-11-12T08:00:00Z' };
  holds(drawn('zh', <RingingOf list={{ alarms: [ringing] }} />), '未被对方接收', '2026');
  holds(drawn('en', <RingingOf list={{ alarms: [] }} />), 'None');
  const ports = { paused: true, waiting: 2, targets: [{ effect: 'hook.deliver', target: 'crm', count: 2, oldest: null }] };
  holds(drawn('zh', <PortsOf ports={ports} />), '外发已暂停', 'crm', '2');
  holds(drawn('en', <PortsOf ports={{ paused: false, waiting: 0, targets: [] }} />), 'Nothing waits');
  const dead = { position: 7, time: null, asked: null, effect: 'hook.deliver', target: 'crm', id: 'x', reason: 'HTTP 410' };
  holds(drawn('en', <DeadOf dead={{ dead: [dead], next: 8 }} />), 'HTTP 410', 'And more');
  holds(drawn('zh', <DeadOf dead={{ dead: [], next: null }} />), '没有死信');
  holds(drawn('zh', <ConsumersOf list={{ consumers: [{ name: 'crm', acknowledged: '4711-0', time: null, by: 'ops', lag: 12, lost: 3 }], kept: 12, start: null }} />), 'crm', '4711-0', '已丢失 3');
  holds(drawn('en', <ConsumersOf list={{ consumers: [], kept: 0, start: null }} />), 'There are none');
  holds(drawn('en', <CheckpointOf checkpoint={{ position: 5, time: null, behind_bytes: 2048, failed: 1, trouble: 'disk full' }} />), 'disk full', '2.0 KiB');
});

test('what a token may not see is said, and nothing is offered to try again', () => {
  const refused = drawn('zh', <TroubleNotice trouble={new Trouble(403, '', '该令牌限定了品牌')} again={nothing} />);
  holds(refused, '无权查看', '限定了品牌');
  assert.ok(!refused.includes('<button'));
});

test('the frame draws each view before the first answer', () => {
  holds(drawn('zh', <Frame route={{ view: 'thing', kind: 'store', ns: '', id: 'x' }} swap={nothing} leave={nothing} />), '实体', '读取中');
  holds(drawn('zh', <Frame route={{ view: 'order', shop: 's', number: 'n' }} swap={nothing} leave={nothing} />), '金额截至', '读取中');
  holds(drawn('zh', <Frame route={{ view: 'books', month: '', shop: '', day: '' }} swap={nothing} leave={nothing} />), '对账', '读取中');
  for (const view of ['overview', 'live', 'review', 'reach', 'operations'] as const) holds(drawn('en', <Frame route={{ view }} swap={nothing} leave={nothing} />), 'aria-current="page"');
  holds(drawn('zh', <Frame route={{ view: 'find', q: '' }} swap={nothing} leave={nothing} />), '手机尾号', 'placeholder=');
});

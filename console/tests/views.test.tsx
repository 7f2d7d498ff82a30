// The views drawn to text: nothing throws, and what matters stands there, in both languages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReactElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Api, Trouble } from '../src/api';
import { Frame } from '../src/app';
import { AnswerOf, AnswerTable } from '../src/ask';
import { DefinitionCard, EndNotice, ListOf } from '../src/audience';
import { MembersOf, ValuesOf } from '../src/audience_people';
import { GrowthOf, OverlapMap, PortraitOf } from '../src/audience_survey';
import { BelongsOf, ExplanationOf } from '../src/belongs';
import { AlarmsOf, Day, MismatchesOf, MonthMap } from '../src/books';
import { Conflict } from '../src/build';
import { GroupFields, ListFields } from '../src/content';
import { KithContext } from '../src/context';
import { ExpressionField } from '../src/expression';
import { Why } from '../src/links';
import { ListPeopleSection, SentOf } from '../src/list_people';
import { CheckpointOf, ConsumersOf, DeadOf, PortsOf, RingingOf } from '../src/operations';
import { OrderCard, OrdersOf } from '../src/orders';
import { OverviewOf } from '../src/overview';
import { TroubleNotice } from '../src/parts';
import { Profile } from '../src/person';
import { CardOf, PredictionHead, PredictionsOf } from '../src/predictions';
import { PreviewOf, PreviewSection } from '../src/preview';
import { ReachFigures, ReachOf, SharesOf } from '../src/reach';
import { RelatedOf } from '../src/relations';
import { ThingCard } from '../src/things';
import { reachOfSurvey } from '../src/survey';
import type { Lang } from '../src/words';
import {
  alarms, belongs, card, cohorts, day, definition, explanation, funnel, growth, health, mismatches, order, orders, overlap, path, person, personReach, portrait, prediction, preview, reach, reachSurvey, related, retention, shareActs, shares, stats, thing, trend,
} from './fixtures';

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

test('tags and segments: each with size, state and owner, its health once it was looked at', () => {
  const gathering = { ...definition, name: 'warm', label_zh: null, label_en: null, state: 'gathering', progress: { share: 0.25, rest_seconds: 90 }, size: null };
  const zh = drawn('zh', <ListOf kind="segment" list={[definition, gathering]} health={null} />);
  holds(zh, '高价值', '303', '会员部', '交易/价值', '生效', '#/audience/segment/vip', '回溯中', '<progress value="0.25"');
  assert.ok(!zh.includes('覆盖率'));
  holds(drawn('en', <ListOf kind="segment" list={[definition]} health={health} />), 'Coverage', '10%', 'nobody owns it');
  holds(drawn('en', <ListOf kind="tag" list={[]} health={null} />), 'None yet');
  holds(drawn('zh', <DefinitionCard kind="segment" definition={gathering} />), '正在回溯历史', '约剩 1 分钟 30 秒', 'count(order_paid');
  holds(drawn('en', <DefinitionCard kind="segment" definition={{ ...definition, text: null, warnings: [{ en: 'a forbidden property', zh: '禁用的属性' }] }} />), 'isn’t told', 'a forbidden property', '#/audience/tag/worth');
});

test('a segment as a whole: pictures with their figures', () => {
  holds(drawn('zh', <ReachFigures reach={reachOfSurvey(reachSurvey)} />), '任一渠道', '6 / 10', '此品牌不认识');
  const curve = drawn('zh', <GrowthOf answer={growth} />);
  holds(curve, '<svg', '2026-01-02: 9 · 进入 5 · 离开 2', '现在: 12');
  assert.equal(curve.split('class="gone" x').length - 1, 3);
  holds(drawn('en', <GrowthOf answer={{ ...growth, rows: [['2026-01-02', null, 9, 0, 0, 9, 0]] }} />), 'Counted since today');
  const stands = drawn('zh', <PortraitOf portrait={portrait} called={(_, name, value) => ({ name, value })} />);
  holds(stands, '城市', '上海', '66%', '× 3.00', '均匀抽样', 'order_paid', '&gt; × 24', '× 24 – × 6433', '× 2.50 – × 3.60');
  holds(drawn('en', <PortraitOf portrait={{ ...portrait, rows: [] }} called={(_, name, value) => ({ name, value })} />), 'Nothing stands out');
  const map = drawn('en', <OverlapMap overlap={overlap} />);
  holds(map, 'Buys often → skin: 33.3%', 'skin → Buys often: 10.7%', 'color-mix(in srgb, var(--bar) 20%');
  holds(drawn('zh', <MembersOf people={[]} />), '没有人');
  holds(drawn('zh', <MembersOf people={[{ id: person.id, number: 7, name: null, identifiers: 2, phone: '+86138****5678', events: 3, last_seen: null }]} />), '+86138****5678', '#/person/0123');
});

test('a tag’s values: a bar each, by the label that was declared', () => {
  const zh = drawn('zh', <ValuesOf values={{ count: 9, values: [{ value: 'dry', people: 40 }, { value: 7, people: 10 }] }} declared={{ dry: { label_zh: '干性' } }} chosen="dry" choose={nothing} />);
  holds(zh, '干性', '40', 'width:25%', '另有更多', 'aria-pressed="true"');
  holds(drawn('en', <ValuesOf values={{ count: 0, values: [] }} declared={{}} chosen="" choose={nothing} />), 'Nobody');
});

test('a person’s segments and tags, and why', () => {
  const zh = drawn('zh', <BelongsOf belongs={belongs} />);
  holds(zh, '高价值', '常用渠道', 'tmall', '起始 2026-01-0', '随时间变化于 2027-02-1', '为何');
  holds(drawn('en', <BelongsOf belongs={{ ...belongs, segments: [], tags: [] }} />), 'In no segment');
  const why = drawn('zh', <ExplanationOf explanation={explanation} />);
  holds(why, '不在其中', '还差 1 单', 'class="is_missing"', '✗', '支付订单', '看不到的事件');
  holds(drawn('en', <ExplanationOf explanation={{ ...explanation, value: 'tmall', missing: [] }} />), 'in it', '<strong>tmall</strong>');
});

test('an expression as it is typed: the word that is wrong, and what it may be', () => {
  const text = 'count(order_payed) > 1';
  const trouble = new Trouble(400, '', '第 7 个字符:没有“order_payed”这个事件;是不是“order_paid”?');
  const faulty = drawn('zh', <ExpressionField text={text} set={nothing} checked={{ state: 'faulty', trouble, of: text }} />);
  holds(faulty, 'aria-invalid="true"', '<mark>order_payed</mark>', '改为 order_paid');
  assert.ok(!drawn('zh', <ExpressionField text={`${text} `} set={nothing} checked={{ state: 'faulty', trouble, of: text }} />).includes('改为'), 'what was typed since is not written over');
  holds(drawn('en', <ExpressionField text="did( a )" set={nothing} checked={{ state: 'fine', text: 'did(a)', sentence: { en: 'did a', zh: '发生过 a' } }} />), 'It can be saved', '<code>did(a)</code>');
  holds(drawn('en', <Conflict theirs={definition} />), 'Somebody else', 'Revision 3', 'last 90 days');
});

test('a preview: how many, which values, some of them, and what saving would take', () => {
  const zh = drawn('zh', <PreviewOf preview={preview} />);
  holds(zh, '40', '共 160', '25%', 'tmall', '约需 2 秒', '64,115', '近 100 天“支付订单.channel”', '#/person/0123', '+86138****5678');
  holds(drawn('en', <PreviewOf preview={{ ...preview, count: null, everybody: null, values: [], saving: { gathers: [], events: 0, seconds: 0 }, sample: [] }} />), 'doesn’t see everybody', 'within seconds', 'Nobody');
  holds(drawn('zh', <PreviewSection kind="segment" body={null} />), '预览人数', 'disabled=""');
  holds(drawn('zh', <DefinitionCard kind="segment" definition={{ ...definition, sentence: { zh: '近 90 天次数 ≥ 3', en: 'how often' } }} />), '近 90 天次数 ≥ 3');
});

test('lists: pasted identifiers, what came of them, and the values that they take', () => {
  const list = { ...definition, content: 'list' as const, text: null, list: { value: 'text', lasts_days: 30 }, values: { dry: { label_zh: '干性' } } };
  holds(drawn('zh', <ListPeopleSection kind="tag" definition={list} changed={nothing} />), '打上标签 (0)', '选择文件', '干性', '手机号');
  assert.ok(!drawn('zh', <ListPeopleSection kind="segment" definition={{ ...list, list: { lasts_days: 0 } }} changed={nothing} />).includes('干性'));
  const sent = { act: 'set' as const, done: 3, all: 3, accepted: 2, faulty: 1, faults: [{ line: 7, person: 'phone:x', detail: '格式不对' }], trouble: null };
  holds(drawn('zh', <SentOf sent={sent} />), '已登记 2', '有误 1', '格式不对', 'phone:x', '>7<');
  holds(drawn('en', <SentOf sent={{ ...sent, done: 1, trouble: new Trouble(0, '', '') }} />), 'Kith is not reached', 'Put on: 2');
  const fields = { value: 'text', lasts_days: '30', levels: [{ value: 'dry', label_zh: '干性', label_en: '' }] };
  holds(drawn('zh', <ListFields list={fields} set={nothing} isTag isNew />), '文本', 'value="dry"', 'value="干性"', '添加取值');
  assert.ok(!drawn('en', <ListFields list={fields} set={nothing} isTag={false} isNew />).includes('Add a value'));
  const group = drawn('zh', <GroupFields tags={['gold', 'silver']} set={nothing} own="tier" />);
  holds(group, '上移: silver', '下移: gold', '移除 gold');
  assert.ok(group.indexOf('gold') < group.indexOf('silver'));
});

test('ending says who uses it; what is named can’t be ended', () => {
  const used = drawn('zh', <EndNotice definition={definition} end={nothing} leave={nothing} />);
  holds(used, '仍被引用', '#/audience/tag/worth');
  assert.ok(!used.includes('确认停用'));
  const grouped = drawn('en', <EndNotice definition={{ ...definition, named_by: [], group: 'tier' }} end={nothing} leave={nothing} />);
  holds(grouped, '#/audience/tag/tier');
  assert.ok(!grouped.includes('Really end it'));
  holds(drawn('zh', <EndNotice definition={{ ...definition, named_by: [], group: null }} end={nothing} leave={nothing} />), '确认停用', '当前人数 303');
});

test('why, as of an instant: what is as it is now all the same is said', () => {
  const then = { ...explanation, as_of: { time: '2026-01-02T03:04:05Z', of_now: ['identity', 'orders'] } };
  holds(drawn('zh', <ExplanationOf explanation={then} />), '截至', '身份归属、订单');
  assert.ok(!drawn('zh', <ExplanationOf explanation={{ ...explanation, as_of: { time: '2026-01-02T03:04:05Z', of_now: [] } }} />).includes('截至'));
});

test('answers to questions: a picture, its figures, and a cell behind each', () => {
  const drawnOf = (kind: string, answer: typeof funnel) => drawn('zh', <AnswerOf kind={kind} question={{}} answer={answer} />);
  holds(drawnOf('funnel', funnel), '<svg', '浏览商品: 1,240 (100%)', '支付订单: 310 (25%)', '1,394 人', '<details>');
  holds(drawnOf('retention', retention), 'class="heat', '2026-W44', '20%', 'class="open"');
  holds(drawnOf('ltv', cohorts), '150', '2026-10');
  holds(drawnOf('path', path), '<svg', '（开始） → 浏览页面: 60', '（离开）');
  holds(drawnOf('trend', trend), '<polyline', '天猫', '（无）');
  holds(drawnOf('funnel', { ...funnel, rows: [] }), '没有相应的事件');
  const table = drawn('en', <AnswerTable kind="funnel" answer={funnel} choose={nothing} />);
  holds(table, '<button class="plain">1,240</button>', '<button class="plain">25%</button>');
  assert.ok(!drawn('en', <AnswerTable kind="value" answer={funnel} choose={nothing} />).includes('<button'), 'no cell: nothing to click');
});

test('predictions: when they run, how they fare, what each is worth', () => {
  holds(drawn('zh', <PredictionsOf list={[prediction, { ...prediction, name: 'x', label: null, every: null, fitted: null, scored: null, failed: { time: '2026-01-02T03:04:05Z', why: 'no events' } }]} />),
    '30 天内购买', '每天 03:30', '2,632', 'tag bad">0.31', '手工执行', '尚未', '执行失败', '#/predictions/buy_30d');
  holds(drawn('en', <PredictionsOf list={[]} />), 'kith predict save');
  holds(drawn('zh', <PredictionHead of={{ ...prediction, failed: { time: '2026-01-02T03:04:05Z', why: 'no events', why_zh: '没有事件' } }} />), '没有事件', 'count(a)');
  const zh = drawn('zh', <CardOf card={card} />);
  holds(zh, '0.750', '0.720 – 0.780', '2,037', '其中发生 367', '59%', '次数');
  assert.ok(!zh.includes('count(a)'), 'in Chinese the features are told in Chinese');
  holds(drawn('en', <CardOf card={{ ...card, leaks: ['count(a)'] }} />), 'Leaks', 'count(a)');
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
  holds(drawn('zh', <Frame route={{ view: 'audience', kind: 'tag', name: '' }} swap={nothing} leave={nothing} />), '人群标签', '新建标签', '读取中');
  holds(drawn('en', <Frame route={{ view: 'build', kind: 'segment', name: '' }} swap={nothing} leave={nothing} />), 'New segment', 'Label in Chinese', 'aria-current="page"');
  holds(drawn('zh', <Frame route={{ view: 'questions', kind: '' }} swap={nothing} leave={nothing} />), '分析', '读取中');
  holds(drawn('zh', <Frame route={{ view: 'books', month: '', shop: '', day: '' }} swap={nothing} leave={nothing} />), '对账', '读取中');
  for (const view of ['overview', 'live', 'review', 'reach', 'operations'] as const) holds(drawn('en', <Frame route={{ view }} swap={nothing} leave={nothing} />), 'aria-current="page"');
  holds(drawn('zh', <Frame route={{ view: 'find', q: '' }} swap={nothing} leave={nothing} />), '手机尾号', 'placeholder=');
});

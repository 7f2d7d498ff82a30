import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trouble, apiRoot, leavesAnswer, type Fact } from '../src/api';
import { Feed, ROWS_MAX } from '../src/feed';
import { bytes, count, duration, masked, moment, money, percent, plain, shortened } from '../src/format';
import { draw, ringOrder, stretch } from '../src/graph';
import { bodyOf } from '../src/build';
import { listBody, listDraftOf } from '../src/content';
import { cellsOf, moved, pastedOf, textOf } from '../src/lists';
import { endOfDay } from '../src/orders';
import { cellOf, columnsShown, draftOf, fieldOf, flowOf, heatOf, linesOf, membersOf, questionOf } from '../src/questions';
import { hashOf, routeOf, tokenOf } from '../src/route';
import { faultOf, fits, growthDays, nameOf, overlapShares, pathOf, reachOfSurvey, wordAt } from '../src/survey';
import { daysOf, mainCurrency, monthAfter, months, slices, standingOf } from '../src/series';
import { EventParser, type ServerEvent } from '../src/sse';
import { eventLabel, label, langOf, term, words } from '../src/words';
import { cohorts, day, definition, funnel, growth, orders, overlap, path, reach, reachSurvey, retention, trend } from './fixtures';

test('the API stands beside the page', () => {
  assert.equal(apiRoot('/'), '/api/v1/');
  assert.equal(apiRoot('/index.html'), '/api/v1/');
  assert.equal(apiRoot('/console/people'), '/api/v1/');
  assert.equal(apiRoot('/crm/'), '/crm/api/v1/');
});

test('figures and times', () => {
  assert.equal(count(1234567, 'zh'), '1,234,567');
  assert.equal(bytes(0), '0 B');
  assert.equal(bytes(1536), '1.5 KiB');
  assert.equal(bytes(3 * 1024 ** 3), '3.0 GiB');
  assert.equal(duration(604800, 'en'), '7 days');
  assert.equal(duration(90061, 'zh'), '1 天 1 小时');
  assert.equal(duration(0, 'en'), '0 seconds');
  assert.match(moment('2026-01-02T03:04:05.678901Z'), /^2026-01-0[123] \d\d:\d4:05$/);
  assert.equal(moment(null), '—');
  assert.equal(moment('soon'), '—');
});

test('a survey as pictures have it: reach by channel, days and now, shares both ways', () => {
  const told = reachOfSurvey(reachSurvey);
  assert.deepEqual(told.channels[1], { channel: 'SMS', en: 'SMS', zh: '短信', people: 10, reachable: 4, excluded: { no_address: 3, not_known: 3 } });
  assert.ok(told.channels.every((c) => c.reachable + Object.values(c.excluded).reduce((a, b) => a + b, 0) === c.people), 'everybody is somewhere');
  assert.deepEqual(growthDays(growth), [
    { day: '2026-01-01', size: null, entered: 9, left: 0 }, { day: '2026-01-02', size: 9, entered: 5, left: 2 }, { day: '', size: 12, entered: 0, left: 0 },
  ]);
  assert.deepEqual([...overlapShares(overlap)], [['segment:vip tag:skin', 0.3333], ['tag:skin segment:vip', 0.107]]);
  assert.equal(percent(0.12345, 'en'), '12.3%');
  assert.equal(percent(0.00042, 'zh'), '0.04%');
  assert.equal(percent(0, 'en'), '0%');
});

test('a definition by its label, its path and what is filtered by', () => {
  assert.equal(nameOf(definition, 'zh'), '高价值');
  assert.equal(nameOf({ ...definition, label_en: null }, 'en'), '高价值');
  assert.equal(nameOf({ ...definition, label_en: null, label_zh: null }, 'en'), 'vip');
  assert.equal(pathOf('tag', '高 价', 'people'), 'tags/%E9%AB%98%20%E4%BB%B7/people');
  assert.equal(pathOf('segment'), 'segments');
  assert.ok(fits(definition, ' 价值') && fits(definition, 'BUYS') && fits(definition, '会员') && fits(definition, '') && !fits(definition, 'x'));
});

test('a fault in an expression: its place and the nearest name, in both languages', () => {
  assert.deepEqual(faultOf('at character 7: there is no event "order_payed"; did you mean "order_paid"?'), { at: 6, nearest: 'order_paid' });
  assert.deepEqual(faultOf("at character 9: there is no segment 'vp'; did you mean 'vip'?"), { at: 8, nearest: 'vip' });
  assert.deepEqual(faultOf('第 7 个字符:没有“order_payed”这个事件;是不是“order_paid”?'), { at: 6, nearest: 'order_paid' });
  assert.deepEqual(faultOf('第 12 个字符:除数不能为零'), { at: 11, nearest: null });
  assert.deepEqual(faultOf('too long'), { at: null, nearest: null });
  assert.deepEqual(wordAt('count(order_payed) > 1', 6), { before: 'count(', word: 'order_payed', after: ') > 1' });
  assert.deepEqual(wordAt("segment('vp')", 8), { before: "segment('", word: 'vp', after: "')" });
  assert.deepEqual(wordAt('👤 = 城市', 4), { before: '👤 = ', word: '城市', after: '' });
  assert.deepEqual(wordAt('a ) b', 2), { before: 'a ', word: ')', after: ' b' });
  assert.deepEqual(wordAt('did(', 4), { before: 'did(', word: '', after: '' });
  assert.deepEqual(wordAt('did(', 99), { before: 'did(', word: '', after: '' });
});

test('money has the digits of its currency', () => {
  assert.equal(money(1299.5, 'CNY', 'zh'), '¥1,299.50');
  assert.equal(money(1300, 'JPY', 'en'), 'JP¥1,300');
  assert.equal(money(5, '?', 'en'), '? 5');
});

test('what was read goes when it is not to be seen any more, and stays when the daemon is away', () => {
  assert.deepEqual([0, 500, 503, 400, 403, 404].map((status) => leavesAnswer(new Trouble(status, '', ''))), [true, true, true, false, false, false]);
});

test('months without gaps, in one currency, over the turn of a year', () => {
  assert.equal(monthAfter('2026-12'), '2027-01');
  assert.equal(monthAfter('2026-01', -1), '2025-12');
  assert.deepEqual(months(orders.orders, 'CNY'), [
    { month: '2026-09', orders: 1, net: -20 }, { month: '2026-10', orders: 0, net: 0 }, { month: '2026-11', orders: 1, net: 105.5 },
  ]);
  assert.equal(mainCurrency(orders.orders), 'CNY');
  assert.deepEqual(months([], 'CNY'), []);
  const long = [0, 100].map((by) => ({ ...orders.orders[0]!, states: { created: `${monthAfter('2026-11', -by)}-15T12:00:00Z` } }));
  assert.equal(months(long, 'CNY').length, 36);
  assert.equal(months(long, 'CNY').at(-1)?.month, '2026-11');
  assert.equal(daysOf('2024-02').length, 29);
});

test('a day ends where the next one begins', () => {
  assert.equal(endOfDay(''), '');
  assert.equal(new Date(endOfDay('2026-11-30')).getDate(), 1);
});

test('a day is as good as the worst of its currencies; nobody makes no slice', () => {
  const good = { ...day, agrees: true, differs_by: 0 };
  assert.equal(standingOf([]), 'none');
  assert.equal(standingOf([good]), 'agrees');
  assert.equal(standingOf([good, { ...day, declared: null }]), 'undeclared');
  assert.equal(standingOf([good, { ...day, declared: null }, day]), 'differs');
  assert.deepEqual(slices(reach.channels[0]!).map((s) => s.reason), ['reachable', 'no_address', 'suppressed', 'no_consent', 'withdrawn']);
  assert.equal(slices(reach.channels[0]!).reduce((n, s) => n + s.people, 0), 100);
});

test('values in one line', () => {
  assert.equal(plain(null, 'zh'), '—');
  assert.equal(plain(false, 'zh'), '否');
  assert.equal(plain(['a', 1], 'en'), 'a, 1');
  assert.equal(plain({ a: 1 }, 'en'), '{"a":1}');
  assert.equal(shortened('abcdefghijkl', 7), 'abcd…kl');
  assert.equal([...shortened('知己知己知己知己', 5)].length, 5);
});

test('a mask never shows the middle, and is left alone when there is one', () => {
  assert.equal(masked('13812345678'), '138****5678');
  assert.equal(masked('+8613812345678'), '+86138****5678');
  assert.equal(masked('wang@example.com'), 'w***@example.com');
  assert.equal(masked('138****5678'), '138****5678');
  assert.equal(masked('1234'), '***');
  for (let n = 1; n < 20; n++) {
    const shown = [...masked('x'.repeat(n))].filter((c) => c === 'x').length;
    assert.ok(shown <= Math.max(0, n - 3), `${n} characters: ${shown} shown`);
  }
});

test('server-sent events come whole, however the bytes are cut', () => {
  const text = ': listening\n\nid: 7\nevent: resolved\ndata: {"a":\ndata: 1}\n\nid: 8\r\ndata:x\r\n\r\n: alive\n\n';
  for (let size = 1; size <= text.length; size++) {
    const parser = new EventParser();
    const got: ServerEvent[] = [];
    for (let at = 0; at < text.length; at += size) got.push(...parser.push(text.slice(at, at + size)));
    assert.deepEqual(got, [{ id: '7', event: 'resolved', data: '{"a":\n1}' }, { id: '8', event: 'message', data: 'x' }], `pieces of ${size}`);
  }
});

const fact = (position: number, name: string, data: Record<string, unknown> = {}): Fact => ({ position, time: '2026-01-02T03:04:05Z', fact: name, cause: 'live', data });

test('an event and whose it is are one row, newest first', () => {
  const feed = new Feed();
  feed.take([fact(1, 'event_arrived', { event: 'e', ids: [{ type: 'phone', value: '138****' }] }), fact(1, 'person_merged', { person: 'ab-cd' })]);
  feed.take([fact(1, 'resolved', { event: 'e', person: 'abcd', created: true }), fact(2, 'resolved', { event: 'e', person: 'ef' })]);
  assert.deepEqual(feed.list().map((r) => [r.position, r.fact, r.person, r.created]), [
    [2, 'resolved', 'ef', false], [1, 'person_merged', 'abcd', false], [1, 'event_arrived', 'abcd', true],
  ]);
});

test('so many rows are kept, and the rate is of arrivals', () => {
  const feed = new Feed();
  const many = Array.from({ length: 3000 }, (_, i) => fact(i, 'event_arrived', { event: 'e' }));
  many.forEach((f, i) => feed.arrived(f, i));
  feed.take(many);
  assert.equal(feed.list().length, ROWS_MAX);
  assert.equal(feed.list()[0]?.position, 2999);
  assert.equal(new Set(feed.list().map((r) => r.key)).size, ROWS_MAX);
  assert.ok(Math.abs(feed.rate(3000) - 1000) < 60, String(feed.rate(3000)));
  assert.equal(feed.rate(7000), 0);
});

test('the order of the ring brings linked ones together', () => {
  const sets = [{ members: [0, 6], count: 9 }, { members: [1, 7], count: 1 }, { members: [2, 8, 4], count: 2 }];
  const order = ringOrder(10, sets);
  assert.deepEqual([...order].sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.ok(stretch(order, sets) <= 6, String(stretch(order, sets)));
});

test('the picture: boxes apart and inside, dots apart, the same each time', () => {
  const margin = { x: 90, y: 31 };
  for (let n = 1; n <= 12; n++) {
    const sets = Array.from({ length: 40 }, (_, i) => ({ members: [...new Set([i % n, (i * 5 + 1) % n, (i * 3 + 2) % n])], count: i + 1 }));
    const picture = draw(n, sets, 880, 440, margin);
    assert.deepEqual(picture, draw(n, sets, 880, 440, margin));
    assert.equal(picture.nodes.length, n);
    assert.equal(picture.links.length + picture.left, sets.filter((s) => s.members.length > 1).length);
    picture.nodes.forEach((p, i) => {
      assert.ok(p.x >= 89 && p.x <= 791 && p.y >= 30 && p.y <= 410, `node ${i} of ${n}`);
      picture.nodes.slice(0, i).forEach((q) => assert.ok(Math.abs(p.x - q.x) >= 140 || Math.abs(p.y - q.y) >= 46, `boxes of ${n}`));
    });
    picture.links.forEach((l, i) => picture.links.slice(0, i).forEach((m) => assert.ok(Math.hypot(l.at.x - m.at.x, l.at.y - m.at.y) >= 25.9)));
  }
});

test('addresses go there and back', () => {
  for (const hash of [
    '#/', '#/find', '#/find?q=%E5%B0%8F%E6%98%8E', '#/live', '#/review', '#/reach', '#/operations', '#/person/0123456789abcdef0123456789abcdef',
    '#/order/tmall-1/3721%2F1%20%23', '#/things', '#/things/store', '#/thing/store/%E5%A4%96%E6%BB%A9%2F1?ns=erp', '#/books', '#/books/2026-11', '#/books/2026-11/tm%2F1?day=2026-11-11',
    '#/audience/segment', '#/audience/tag/%E5%93%81%E7%B1%BB', '#/build/tag', '#/build/segment/vip',
  ])
    assert.equal(hashOf(routeOf(hash)), hash);
  assert.deepEqual(routeOf('#/order/a%/b'), { view: 'overview' });
  assert.deepEqual(routeOf('#/person/../x'), { view: 'overview' });
  assert.deepEqual(routeOf('#/person/01234567-89ab-cdef-0123-456789abcdef'), { view: 'person', id: '0123456789abcdef0123456789abcdef' });
});

test('what is pasted: a line each, with its number, its type and its value', () => {
  assert.deepEqual(cellsOf('13812345678, "a, ""b""" ;c\td，e'), ['13812345678', 'a, "b"', 'c', 'd', 'e']);
  assert.deepEqual(cellsOf(''), ['']);
  assert.deepEqual(pastedOf('\uFEFF手机号,肤质\r\n13812345678,dry\r\n\r\nopenid:wx01:oA1', 'phone'), {
    header: '手机号, 肤质', lines: [{ line: 2, person: 'phone:13812345678', value: 'dry' }, { line: 4, person: 'openid:wx01:oA1', value: '' }],
  });
  assert.equal(pastedOf('abc', 'user_id').header, null, 'one line alone is no header');
  assert.equal(pastedOf('u1\nu2', 'user_id').lines.length, 2);
  assert.equal(textOf(new Uint8Array([0xca, 0xd6, 0xbb, 0xfa]).buffer), '手机', 'as Chinese spreadsheets write it');
  assert.equal(textOf(new TextEncoder().encode('手机').buffer as ArrayBuffer), '手机');
});

test('the order of a group', () => {
  assert.deepEqual(moved(['a', 'b', 'c'], 2, -1), ['a', 'c', 'b']);
  assert.deepEqual(moved(['a', 'b'], 1, 1), ['a', 'b']);
  assert.deepEqual(moved(['a', 'b'], 0, -1), ['a', 'b']);
});

test('the body of a save: of each sort what it has, and what the page doesn’t change stays', () => {
  const draft = { name: ' skin ', label_zh: '肤质', label_en: '', owner: '', category: '', description: '', until: '2026-12-31', text: ' did(a) ' };
  const list = { value: 'text', lasts_days: '30', levels: [{ value: ' dry ', label_zh: '干性', label_en: '' }, { value: '', label_zh: 'x', label_en: '' }] };
  assert.deepEqual(bodyOf('rule', draft, list, [], null), { name: 'skin', label_zh: '肤质', label_en: null, owner: null, category: null, description: null, until: '2026-12-31', text: 'did(a)' });
  assert.deepEqual(listBody(list), { list: { value: 'text', lasts_days: 30 }, values: { dry: { label_zh: '干性' } } });
  assert.deepEqual(listBody({ value: 'none', lasts_days: '', levels: list.levels }), { list: {} }, 'without values none is declared');
  const of = { ...definition, brand: 'muchu', values: { high: { label_zh: '高' } } };
  assert.deepEqual(bodyOf('group', draft, list, ['gold', 'silver'], of)['tags' as never], ['gold', 'silver']);
  const again = bodyOf('rule', draft, list, [], of) as Record<string, unknown>;
  assert.deepEqual([again['brand'], again['values']], ['muchu', { high: { label_zh: '高' } }]);
  assert.deepEqual(listDraftOf({ ...definition, content: 'list', list: { value: 'text', lasts_days: 0 }, values: { dry: { label_zh: '干性' } } }), { value: 'text', lasts_days: '', levels: [{ value: 'dry', label_zh: '干性', label_en: '' }] });
});

test('a question out of a form', () => {
  assert.deepEqual(questionOf('funnel', { steps: 'a\nb，c', window: '7d', breakdown: 'channel, city', top: '5', where: "city in ('a', 'b')", segment: ' ', order: 'strict' }), {
    steps: ['a', 'b', 'c'], window: '7d', breakdown: ['channel', 'city'], top: 5, where: "city in ('a', 'b')", order: 'strict',
  });
  assert.deepEqual(questionOf('trend', { series: '[{"event":"a"}]', cumulative: 'true' }), { series: [{ event: 'a' }], cumulative: true });
  assert.equal(fieldOf('funnel', 'order'), 'choice');
  assert.equal(fieldOf('rfm', 'order'), 'text', 'of rfm it is the property that tells orders apart');
  assert.equal(draftOf('cohort')['last'], '180d');
  const kind = { name: 'funnel', about: '', about_zh: '', members: ['top', 'steps', 'window'].map((name) => ({ name, about: '', about_zh: '' })) };
  assert.deepEqual(membersOf(kind).shown.map((m) => m.name), ['steps', 'window']);
  assert.deepEqual(membersOf(kind).others.map((m) => m.name), ['top']);
});

test('the cell behind a figure, as the daemon calls it', () => {
  const cell = (kind: string, answer: typeof funnel, row: number, column: string) => {
    const c = answer.columns.find((x) => x.name === column);
    return c && cellOf(kind, answer, Object.fromEntries(answer.columns.map((x, i) => [x.name, answer.rows[row]?.[i]])), c);
  };
  assert.deepEqual(cell('funnel', funnel, 1, 'count'), { step: 2 });
  assert.equal(cell('funnel', funnel, 1, 'event'), null);
  assert.deepEqual(cell('retention', retention, 3, 'rate'), { cohort: '2026-W44', period: 1 });
  assert.deepEqual(cell('retention', retention, 3, 'size'), { cohort: '2026-W44' });
  assert.deepEqual(cell('path', path, 0, 'count'), { level: 0, from: '(start)', to: 'page_viewed' });
  assert.deepEqual(cell('trend', trend, 1, 'a'), { unit: '2026-11-11', series: 1, value: 'tmall' });
  assert.deepEqual(cell('cohort', cohorts, 0, 'period_1'), { cohort: '2026-10', period: 1 });
  assert.equal(cell('value', funnel, 0, 'count'), null, 'of which no cell is known');
  const figure = (name: string, kind = 'number') => ({ name, title: name, title_zh: name, kind });
  const wallet = { ...funnel, columns: [figure('value', 'text'), figure('share', 'share'), figure('people'), figure('exceeding')], rows: [['gold', 0.2, 9, 1]] };
  assert.deepEqual(cell('wallet', wallet, 0, 'share'), { value: 'gold' });
  assert.deepEqual(cell('wallet', wallet, 0, 'exceeding'), { value: 'gold', who: 'exceeding' });
  assert.equal(cell('wallet', wallet, 0, 'people'), null, 'more than those who are measured');
});

test('answers as pictures have them', () => {
  const heat = heatOf(retention);
  assert.deepEqual(heat?.columns, ['0', '1']);
  assert.deepEqual(heat?.rows[1]?.cells.map((c) => [c.told, c.isWhole]), [[1, true], [0.1, false]]);
  const money = heatOf(cohorts);
  assert.deepEqual(money?.columns, ['0', '1'], 'periods that nobody has reached are left out');
  assert.deepEqual(money?.rows[0]?.cells.map((c) => [c.share.toFixed(2), c.isWhole]), [['0.67', true], ['1.00', false]]);
  assert.equal(heatOf(funnel), null);
  const flow = flowOf(path);
  assert.deepEqual(flow?.nodes.map((n) => [n.level, n.name, n.flow, n.y]).sort(), [[0, '(start)', 100, 0], [1, 'app_opened', 40, 60], [1, 'page_viewed', 60, 0], [2, '(drop-off)', 50, 0]]);
  assert.deepEqual(flow?.links.map((l) => [l.count, l.fromY, l.toY]), [[60, 0, 0], [50, 0, 0], [40, 60, 60]]);
  assert.equal(flowOf(trend), null);
  const lines = linesOf(trend, (c) => c.name, (_, value) => String(value));
  assert.deepEqual(lines, { units: ['2026-11-10', '2026-11-11'], lines: [{ name: 'tmall', values: [10, 90] }, { name: '(none)', values: [null, 4] }] });
  assert.deepEqual(columnsShown({ ...funnel, columns: ['segment', 'title', 'title_zh', 'people'].map((name) => ({ name })) }, true).map((c) => c.name), ['title_zh', 'people']);
});

test('a token leaves the address', () => {
  assert.deepEqual(tokenOf('#token=kith_a-b_c'), { token: 'kith_a-b_c', rest: '#/' });
  assert.deepEqual(tokenOf('#token=kith%2Fx&at=/live'), { token: 'kith/x', rest: '#/live' });
  assert.deepEqual(tokenOf('#token=50%'), { token: '50%', rest: '#/' });
  assert.equal(tokenOf('#/live'), null);
});

test('words: both languages, each its own', () => {
  for (const [key, pair] of Object.entries(words)) assert.ok(pair.length === 2 && pair.every((w) => w.trim() !== ''), key);
  assert.equal(langOf(null, ['fr', 'zh-TW', 'en']), 'zh');
  assert.equal(langOf(null, ['en-US', 'zh']), 'en');
  assert.equal(langOf('zh', ['en']), 'zh');
  assert.equal(langOf(null, []), 'en');
  assert.equal(term('channel', 'tmall', 'zh'), '天猫');
  assert.equal(term('channel', 'constructor', 'zh'), 'constructor');
  const labels = { brand: new Map([['a', { name: 'a', en: null, zh: '甲' }]]) };
  assert.equal(label(labels, 'brand', 'a', 'zh'), '甲');
  assert.equal(label(labels, 'brand', 'a', 'en'), 'a');
  assert.equal(eventLabel({}, { event: 'order_paid', zh: '订单支付' }, 'zh'), '订单支付');
});

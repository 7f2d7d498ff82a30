// The views drawn to text: nothing throws, and what matters stands there, in both languages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReactElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Api } from '../src/api';
import { Frame } from '../src/app';
import { KithContext } from '../src/context';
import { Why } from '../src/links';
import { OverviewOf } from '../src/overview';
import { Profile } from '../src/person';
import type { Lang } from '../src/words';
import { person, stats } from './fixtures';

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

test('the frame draws each view before the first answer', () => {
  for (const view of ['overview', 'live', 'review'] as const) holds(drawn('en', <Frame route={{ view }} swap={nothing} leave={nothing} />), 'aria-current="page"');
  holds(drawn('zh', <Frame route={{ view: 'find', q: '' }} swap={nothing} leave={nothing} />), '手机尾号', 'placeholder=');
});

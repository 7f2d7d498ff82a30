// The orders of a person, and one order as the document that it is.
import { Fragment, useEffect, useState } from 'react';
import { Trouble, type EventId, type Order, type OrderBrief, type OrderLine, type OrderList, type Refund, type Shipment } from './api';
import { useAsk, useKith } from './context';
import { count, day, isPersonal, masked, money, moment, plain } from './format';
import { Loading, Moment, Notice, PersonLink, Section, Table, ThingLink, TroubleNotice } from './parts';
import { MonthBars } from './pictures';
import { hashOf } from './route';
import { mainCurrency, months } from './series';

const PAGE = 100;
const SHOWN = 10;

export function OrdersSection({ id }: { id: string }) {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<OrderList>(`people/id:${id}/orders?limit=${PAGE}`);
  if (data) return <OrdersOf key={data.id} first={data} />;
  return <Section title={t('orders')}>{trouble ? <TroubleNotice trouble={trouble} again={again} /> : <Loading />}</Section>;
}

export function OrdersOf({ first }: { first: OrderList }) {
  const { t, api } = useKith();
  const [orders, setOrders] = useState(first.orders);
  const [next, setNext] = useState(first.next);
  const [all, setAll] = useState(false);
  const [state, setState] = useState<'idle' | 'asking' | Trouble>('idle');
  useEffect(() => {
    setOrders(first.orders);
    setNext(first.next);
  }, [first]);
  const more = async () => {
    setState('asking');
    try {
      const got = await api.get<OrderList>(`people/id:${first.id}/orders?${new URLSearchParams({ limit: String(PAGE), after: next ?? '' })}`);
      setOrders((list) => [...list, ...got.orders]);
      setNext(got.next);
      setState('idle');
    } catch (e) {
      setState(e instanceof Trouble ? e : new Trouble(0, '', ''));
    }
  };
  if (orders.length === 0) return <Section title={t('orders')}><p className="muted">{t('no_orders')}</p></Section>;
  return (
    <Section title={`${t('orders')} (${orders.length}${next ? '+' : ''})`}>
      <History orders={orders} />
      <OrderTable orders={all ? orders : orders.slice(0, SHOWN)} />
      {state instanceof Trouble && <TroubleNotice trouble={state} again={more} />}
      {orders.length > SHOWN && <button className="quiet" onClick={() => setAll(!all)}>{all ? t('show_less') : `${t('show_all')} (${orders.length})`}</button>}
      {next && <button className="quiet" onClick={more} disabled={state === 'asking'}>{state === 'asking' ? t('loading') : t('more')}</button>}
    </Section>
  );
}

function History({ orders }: { orders: readonly OrderBrief[] }) {
  const { t, lang } = useKith();
  const currency = mainCurrency(orders);
  const list = months(orders, currency);
  if (list.length < 2) return null;
  return <MonthBars label={t('net_by_month')} list={list} told={(m) => `${m.month}  ${t('net')} ${money(m.net, currency, lang)} · ${count(m.orders, lang)} ${t('orders_of')}`} />;
}

// The furthest that an order has come, by time and then by the order in which states follow each other.
function stateOf(order: OrderBrief): string {
  const reached = Object.entries(order.states);
  return reached.sort(([, a], [, b]) => a.localeCompare(b)).at(-1)?.[0] ?? '';
}

function OrderTable({ orders }: { orders: readonly OrderBrief[] }) {
  const { t, lang, label, term } = useKith();
  return (
    <Table label={t('orders')} heads={[t('time'), t('order'), t('brand'), t('shop'), t('state'), t('amount'), t('refunded'), t('net')]} counts={[5, 6, 7]}>
      {orders.map((o) => (
        <tr key={`${o.shop}/${o.number}`} className={o.void ? 'undone' : ''}>
          <td className="number">{day(o.states['created'])}</td>
          <td><a href={hashOf({ view: 'order', shop: o.shop, number: o.number })}>{o.number}</a></td>
          <td>{o.brand && label('brand', o.brand)}</td>
          <td>{label('shop', o.shop)}</td>
          <td>{o.void ? <span className="tag bad">{t('void')}</span> : term('order_state', stateOf(o))}</td>
          <td className="number count">{money(o.sums.amount, o.sums.currency, lang)}</td>
          <td className="number count">{o.sums.refunded ? money(o.sums.refunded, o.sums.currency, lang) : ''}</td>
          <td className="number count"><b>{money(o.sums.net, o.sums.currency, lang)}</b></td>
        </tr>
      ))}
    </Table>
  );
}

// --- one order ---

// The end of a day in the reader's zone, as the daemon takes it; a day that is none yet asks for now.
export function endOfDay(date: string): string {
  const [year = 0, month = 1, at = 1] = date.split('-').map(Number);
  const end = new Date(year, month - 1, at + 1);
  return date === '' || Number.isNaN(end.getTime()) ? '' : end.toISOString();
}

export function OrderPage({ shop, number }: { shop: string; number: string }) {
  const { t } = useKith();
  const [at, setAt] = useState('');
  const path = `orders/${encodeURIComponent(shop)}/${encodeURIComponent(number)}`;
  const end = endOfDay(at);
  const { data, trouble, again } = useAsk<Order>(end ? `${path}?${new URLSearchParams({ at: end })}` : path);
  if (trouble?.status === 404) return <Notice title={t('no_such_order')} about={trouble.detail} />;
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  return (
    <>
      <OrderHead shop={shop} number={number} order={data} />
      <label className="asof">{t('as_of')} <input type="date" value={at} onChange={(e) => setAt(e.target.value)} /> {at && <button className="quiet" onClick={() => setAt('')}>{t('now')}</button>}</label>
      {data ? <OrderCard order={data} /> : <Loading />}
    </>
  );
}

function OrderHead({ shop, number, order }: { shop: string; number: string; order: Order | null }) {
  const { t, label } = useKith();
  return (
    <div className="who">
      <h1>{t('order')} {number}</h1>
      {order?.void && <span className="tag bad">{t('void')}</span>}
      <span className="muted">
        {[order?.brand && label('brand', order.brand), label('shop', shop), order?.channel && label('channel', order.channel)].filter(Boolean).join(' · ')}
        {order?.store && <> · <ThingLink thing={{ kind: 'store', ns: '', id: order.store }} name={label('store', order.store)} /></>}
        {order?.seller && <> · {t('seller')} <ThingLink thing={{ kind: 'staff', ns: '', id: order.seller }} /></>}
        {order?.owner && <> · {t('person')} <PersonLink id={order.owner} /></>}
      </span>
    </div>
  );
}

export function OrderCard({ order }: { order: Order }) {
  const { t } = useKith();
  const [reveal, setReveal] = useState(false);
  const currency = order.sums.currency;
  const button = <button className="quiet" aria-pressed={reveal} onClick={() => setReveal(!reveal)}>{reveal ? t('conceal') : t('reveal')}</button>;
  return (
    <>
      <Steps states={order.states} />
      <div className="columns">
        <div>
          <Lines list={order.lines} currency={currency} />
          {order.shipments.length > 0 && <Shipments list={order.shipments} />}
          {order.refunds.length > 0 && <Refunds list={order.refunds} currency={currency} />}
        </div>
        <div>
          <SumsSection order={order} />
          <Section title={t('buyer')} aside={button}>
            <Buyer ids={order.buyer} reveal={reveal} />
            <Receiver receiver={order.receiver} reveal={reveal} />
          </Section>
        </div>
      </div>
      <Acts order={order} />
    </>
  );
}

function Steps({ states }: { states: Record<string, string> }) {
  const { term } = useKith();
  const list = Object.entries(states).sort(([, a], [, b]) => a.localeCompare(b));
  return <ol className="steps">{list.map(([state, time]) => <li key={state}><strong>{term('order_state', state)}</strong><Moment time={time} /></li>)}</ol>;
}

function Lines({ list, currency }: { list: readonly OrderLine[]; currency: string }) {
  const { t, lang, term } = useKith();
  const amount = (n: number | undefined) => (n === undefined ? '' : money(n, currency, lang));
  const discounts = (l: OrderLine) => Object.entries(l.discounts ?? {}).map(([kind, n]) => `${term('discount', kind)} ${amount(n)}`).join(' · ');
  return (
    <Section title={`${t('lines')} (${list.length})`}>
      <Table label={t('lines')} heads={[t('product'), t('quantity'), t('list_price'), t('discounts'), t('paid')]} counts={[1, 2, 4]}>
        {list.map((l) => (
          <tr key={l.line}>
            <td>{l.name ?? '—'} {l.sku && <small><ThingLink thing={{ kind: 'sku', ns: '', id: l.sku }} /></small>}</td>
            <td className="number count">{l.quantity ?? ''}</td>
            <td className="number count">{amount(l.list_price)}</td>
            <td>{discounts(l)}</td>
            <td className="number count">{amount(l.paid)} {l.corrected && <span className="tag">{t('corrected')}</span>}</td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function Shipments({ list }: { list: readonly Shipment[] }) {
  const { t } = useKith();
  return (
    <Section title={t('shipments')}>
      <Table label={t('shipments')} heads={[t('carrier'), t('tracking'), t('shipped'), t('delivered')]}>
        {list.map((s) => (
          <tr key={s.shipment}>
            <td>{s.carrier ?? '—'}</td><td><code>{s.tracking ?? '—'}</code></td>
            <td><Moment time={s.shipped} /></td><td><Moment time={s.delivered} /></td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function Refunds({ list, currency }: { list: readonly Refund[]; currency: string }) {
  const { t, lang, term } = useKith();
  return (
    <Section title={t('refunds')}>
      <Table label={t('refunds')} heads={[t('refund'), t('line'), t('kind'), t('reason'), t('state'), t('refund_amount')]} counts={[5]}>
        {list.map((r) => (
          <tr key={r.refund}>
            <td><code>{r.refund}</code></td><td>{r.line ?? '—'}</td><td>{term('refund', r.kind ?? 'refund')}</td><td>{r.reason ?? '—'}</td>
            <td>{Object.entries(r.states).map(([state, time]) => <div key={state}>{term('refund_state', state)} <small>{moment(time)}</small></div>)}</td>
            <td className="number count">{r.amount === undefined ? '' : money(r.amount, currency, lang)}</td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

const SUMS = ['list', 'discount', 'gross', 'freight', 'amount', 'refunded', 'net'] as const;

function SumsSection({ order }: { order: Order }) {
  const { t, lang, term } = useKith();
  const { sums } = order;
  const differs = sums.differs_by !== undefined && sums.differs_by !== 0;
  return (
    <Section title={t('sums')}>
      <dl className="pairs sums">
        {SUMS.map((name) => (
          <Fragment key={name}>
            <dt>{term('sum', name)}</dt>
            <dd className={`number ${name}`}>
              {money(sums[name], sums.currency, lang)}
              {name === 'discount' && Object.entries(sums.discounts).map(([kind, n]) => <small key={kind}>{term('discount', kind)} {money(n, sums.currency, lang)}</small>)}
            </dd>
          </Fragment>
        ))}
        {sums.group_net !== undefined && <><dt>{t('group_net')}</dt><dd className="number">{money(sums.group_net, sums.group_currency ?? '', lang)}</dd></>}
      </dl>
      {differs && <p className="wrong">{t('differs_by')} {money(sums.differs_by ?? 0, sums.currency, lang)}</p>}
    </Section>
  );
}

function Buyer({ ids, reveal }: { ids: readonly EventId[]; reveal: boolean }) {
  const { t, term } = useKith();
  if (ids.length === 0) return <p className="muted">{t('no_buyer')}</p>;
  return (
    <dl className="pairs">
      {ids.map((id) => (
        <Fragment key={`${id.type}:${id.ns ?? ''}:${id.value}`}>
          <dt>{term('id', String(id.type))}</dt><dd><code>{isPersonal(String(id.type)) && !reveal ? masked(id.value) : id.value}</code></dd>
        </Fragment>
      ))}
    </dl>
  );
}

function Receiver({ receiver, reveal }: { receiver: Record<string, unknown>; reveal: boolean }) {
  const { t, lang, term } = useKith();
  const members = Object.entries(receiver);
  if (members.length === 0) return null;
  return (
    <>
      <h3>{t('receiver')}</h3>
      <dl className="pairs">
        {members.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{term('trait', name)}</dt>
            <dd>{typeof value === 'string' && !reveal && name !== 'region' ? masked(value) : plain(value, lang)}</dd>
          </Fragment>
        ))}
      </dl>
    </>
  );
}

function Acts({ order }: { order: Order }) {
  const { t, term } = useKith();
  if (order.acts.length === 0) return null;
  return (
    <Section title={t('acts')}>
      <Table label={t('acts')} heads={[t('time'), t('act'), t('by'), t('reason'), t('position')]}>
        {order.acts.map((a) => (
          <tr key={a.position} className={a.undone ? 'undone' : ''}>
            <td><Moment time={a.time} /></td><td>{term('act', a.act)} {a.undone && <span className="tag">{t('undone')}</span>}</td>
            <td>{a.by}</td><td>{a.reason || '—'}</td><td className="number">{a.position}</td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

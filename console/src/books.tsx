// Reconciliation: each shop's days of a month as a picture, and behind a day its differences down to the order.
import { useEffect, useMemo, useState } from 'react';
import { Trouble, type Alarm, type AlarmList, type MismatchList, type NameList, type ShopDay, type ShopDays } from './api';
import { useAsk, useKith } from './context';
import { count, duration, money } from './format';
import { Loading, Moment, Notice, Section, Table, TroubleNotice } from './parts';
import { HeatMap, type Cell } from './pictures';
import { hashOf } from './route';
import { daysOf, monthAfter, standingOf, type Standing } from './series';

interface ShopBook { days: Map<string, ShopDay[]>; missing: Set<string> } // day -> a row a currency; days on which something was due
type Books = Map<string, ShopBook>;

const STANDINGS: Standing[] = ['agrees', 'undeclared', 'differs', 'missing', 'none'];
const ALARMS = 50;

function monthNow(): string {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}`;
}

export function BooksPage({ month, shop, day }: { month: string; shop: string; day: string }) {
  const { t } = useKith();
  const at = /^\d{4}-(0[1-9]|1[0-2])$/.test(month) ? month : monthNow();
  const names = useAsk<NameList>('names?kind=shop&limit=200');
  return (
    <>
      <h1>{t('books')}</h1>
      <p className="muted">{t('books_about')}</p>
      <Alarms />
      {names.trouble && <TroubleNotice trouble={names.trouble} again={names.again} />}
      {!names.data && !names.trouble && <Loading />}
      {names.data && names.data.names.length === 0 && <Notice title={t('no_shops')} />}
      {names.data && names.data.names.length > 0 && <Month key={at} month={at} shops={names.data.names.map((n) => n.name)} shop={shop} day={day} />}
    </>
  );
}

// Days on which a source or a shop wasn't as it usually is; those that still stand come first.
function Alarms() {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<AlarmList>(`reconcile/alarms?limit=${ALARMS}`);
  if (trouble?.status === 403) return null; // what follows says it
  return (
    <Section title={t('alarms')}>
      {trouble && <TroubleNotice trouble={trouble} again={again} />}
      {!data && !trouble && <Loading />}
      {data && <AlarmsOf list={data.alarms} />}
    </Section>
  );
}

export function AlarmsOf({ list }: { list: readonly Alarm[] }) {
  const { t, lang, label, term } = useKith();
  const sorted = [...list].sort((a, b) => Number(a.over) - Number(b.over));
  const lag = (seconds: number | null | undefined) => (seconds === null || seconds === undefined ? '' : `< ${duration(seconds, lang)}`);
  if (list.length === 0) return <p className="muted">{t('no_alarms')}</p>;
  return (
    <Table label={t('alarms')} heads={[t('day'), t('alarm'), t('of'), t('usual'), t('seen'), t('raised'), t('state')]}>
      {sorted.map((a) => (
        <tr key={`${a.day}/${a.alarm}/${a.of}/${a.name}`} className={a.over ? 'undone' : ''}>
          <td className="number">{a.day}</td><td>{a[lang]}</td><td>{label(a.of, a.name)} <small>{term('kind', a.of)}</small></td>
          <td>{lag(a.usual_seconds)}</td><td>{lag(a.seen_seconds)}</td><td><Moment time={a.raised} /></td>
          <td><span className={a.over ? 'tag' : 'tag bad'}>{a.over ? t('over') : t('open')}</span></td>
        </tr>
      ))}
    </Table>
  );
}

// One shop after the other, so that the page fills as it goes and the daemon isn't asked for all at once.
function useBooks(month: string, shops: readonly string[]): { books: Books; trouble: Trouble | null } {
  const { api } = useKith();
  const [books, setBooks] = useState<Books>(new Map());
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const list = shops.join('\n');
  useEffect(() => {
    const stop = new AbortController();
    const days = daysOf(month);
    const read = async (shop: string) => {
      const found: ShopBook = { days: new Map(), missing: new Set() };
      for (let from: string | null = days[0]!; from; ) {
        const page: ShopDays = await api.get<ShopDays>(`reconcile?${new URLSearchParams({ shop, from, to: days.at(-1)! })}`, stop.signal);
        for (const d of page.days) found.days.set(d.day, [...(found.days.get(d.day) ?? []), d]);
        for (const missing of page.missing_days) found.missing.add(missing);
        from = page.next;
      }
      setBooks((b) => new Map(b).set(shop, found));
    };
    const run = async () => {
      try {
        for (const shop of list.split('\n')) await read(shop);
      } catch (e) {
        if (!stop.signal.aborted) setTrouble(e instanceof Trouble ? e : new Trouble(0, '', ''));
      }
    };
    void run();
    return () => stop.abort();
  }, [api, month, list]);
  return { books, trouble };
}

function Month({ month, shops, shop, day }: { month: string; shops: readonly string[]; shop: string; day: string }) {
  const { t } = useKith();
  const { books, trouble } = useBooks(month, shops);
  const rows = books.get(shop)?.days.get(day);
  const link = (by: number) => hashOf({ view: 'books', month: monthAfter(month, by), shop: '', day: '' });
  const steps = <span className="steps-months"><a href={link(-1)} aria-label={t('month_before')}>‹</a> <b className="number">{month}</b> <a href={link(1)} aria-label={t('month_after')}>›</a></span>;
  return (
    <>
      <Section title={t('books_month')} aside={steps}>
        {trouble && <TroubleNotice trouble={trouble} />}
        {(!trouble || books.size > 0) && <MonthMap month={month} shops={shops} books={books} />}
      </Section>
      {rows && <Day shop={shop} day={day} rows={rows} />}
    </>
  );
}

export function MonthMap({ month, shops, books }: { month: string; shops: readonly string[]; books: Books }) {
  const { t, lang, label, term } = useKith();
  const days = useMemo(() => daysOf(month), [month]);
  const isIdle = (book: ShopBook | undefined) => book?.days.size === 0 && book.missing.size === 0;
  const sold = shops.filter((s) => !isIdle(books.get(s)));
  const cell = (shop: string, day: string): Cell => {
    const rows = books.get(shop)?.days.get(day) ?? [];
    const standing = books.get(shop)?.missing.has(day) ? 'missing' : standingOf(rows);
    const figures = rows.map((r) => `${count(r.here?.orders ?? 0, lang)} ${t('orders_of')} ${money(r.here?.amount ?? 0, r.currency, lang)}`);
    return { standing, told: [day, label('shop', shop), term('standing', standing), ...figures].join(' · '), href: hashOf({ view: 'books', month, shop, day }) };
  };
  if (sold.length === 0) return <Notice title={t('nothing_sold')} />;
  return (
    <>
      <ul className="legend">{STANDINGS.map((s) => <li key={s}><i className={`square ${s}`} />{term('standing', s)}</li>)}</ul>
      <HeatMap label={t('books')} rows={sold.map((id) => ({ id, name: label('shop', id) }))} columns={days} cell={cell} />
    </>
  );
}

export function Day({ shop, day, rows }: { shop: string; day: string; rows: readonly ShopDay[] }) {
  const { t, lang, label, term } = useKith();
  const wrong = standingOf(rows) === 'differs';
  return (
    <Section title={`${label('shop', shop)} ${day}`} aside={<span className={`tag ${wrong ? 'bad' : 'good'}`}>{term('standing', standingOf(rows))}</span>}>
      <Table label={day} heads={['', t('orders'), t('lines'), t('amount'), t('refunded')]} counts={[1, 2, 3, 4]}>
        {rows.flatMap((r) => [
          <tr key={`${r.currency}h`}>
            <th scope="row">{t('here')}</th><td className="number count">{count(r.here?.orders ?? 0, lang)}</td><td className="number count">{count(r.here?.lines ?? 0, lang)}</td>
            <td className="number count">{money(r.here?.amount ?? 0, r.currency, lang)}</td><td className="number count">{money(r.here?.refunded ?? 0, r.currency, lang)}</td>
          </tr>,
          <tr key={`${r.currency}d`}>
            <th scope="row">{t('declared')}</th><td className="number count">{r.declared ? count(r.declared.orders, lang) : '—'}</td><td />
            <td className="number count">{r.declared ? money(r.declared.amount, r.currency, lang) : '—'}</td><td />
          </tr>,
          r.declared && r.differs_by !== 0 && (
            <tr key={`${r.currency}x`} className="wrong"><th scope="row">{t('differs_by')}</th><td /><td /><td className="number count">{money(r.differs_by, r.currency, lang)}</td><td /></tr>
          ),
        ])}
      </Table>
      {rows.some((r) => r.declared?.listed) ? <Mismatches shop={shop} day={day} /> : wrong && <p className="muted">{t('not_listed')}</p>}
    </Section>
  );
}

function Mismatches({ shop, day }: { shop: string; day: string }) {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<MismatchList>(`reconcile/orders?${new URLSearchParams({ shop, day })}`);
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  if (!data) return <Loading />;
  if (data.mismatches.length === 0) return <p className="muted">{t('no_mismatches')}</p>;
  return <MismatchesOf list={data} />;
}

export function MismatchesOf({ list }: { list: MismatchList }) {
  const { t, lang, term } = useKith();
  return (
    <>
      <Table label={t('mismatches')} heads={[t('order'), t('difference'), t('here'), t('declared')]} counts={[2, 3]}>
        {list.mismatches.map((m) => (
          <tr key={m.number}>
            <td>{m.difference === 'missing_here' ? <code>{m.number}</code> : <a href={hashOf({ view: 'order', shop: list.shop, number: m.number })}>{m.number}</a>}</td>
            <td>{term('difference', m.difference)}</td>
            <td className="number count">{m.difference === 'missing_here' ? '—' : money(m.here, m.currency, lang)}</td>
            <td className="number count">{m.difference === 'missing_there' ? '—' : money(m.declared, m.currency, lang)}</td>
          </tr>
        ))}
      </Table>
      {list.next !== null && <p className="muted">{t('and_more')}</p>}
    </>
  );
}

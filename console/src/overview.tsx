// How much there is, every two seconds.
import { useRef, useState } from 'react';
import type { BrandCount, EventCount, RelatedList, Stats, Trouble } from './api';
import { useAsk, useKith } from './context';
import { NOTHING, bytes, count, duration } from './format';
import { Loading, Moment, Notice, Section, Table, TroubleNotice } from './parts';
import { RelatedOf } from './relations';

const EVERY_MS = 2000;
const BARS_SHOWN = 14;
const CUSTOMERS = 50;

export function Overview() {
  const { data, trouble, again } = useAsk<Stats>('stats', EVERY_MS);
  const rate = useRate(data);
  if (!data) return trouble ? <TroubleNotice trouble={trouble} again={again} /> : <Loading />;
  return <OverviewOf stats={data} rate={rate} trouble={trouble} />;
}

export function OverviewOf({ stats, rate, trouble }: { stats: Stats; rate: number; trouble: Trouble | null }) {
  const { t } = useKith();
  if (stats.left_out) return <Cut stats={stats} trouble={trouble} />;
  return (
    <>
      <h1>{stats.workspace}</h1>
      {trouble && <Notice kind="bad" title={t('stale')} />}
      {(!stats.accepting || stats.trouble) && <Notice kind="bad" title={t('not_accepting')} about={stats.trouble} />}
      <Figures stats={stats} rate={rate} />
      <div className="columns">
        <Events list={stats.events_by_name} />
        <div>
          <Brands list={stats.by_brand} />
          <Engine stats={stats} />
          <Refusals stats={stats} />
        </div>
      </div>
    </>
  );
}

// What a token may see that is limited to brands or a store: the figures that can be cut to these.
function Cut({ stats, trouble }: { stats: Stats; trouble: Trouble | null }) {
  const { t, label } = useKith();
  const limits = [...(stats.brands ?? []).map((b) => label('brand', b)), ...(stats.store ? [label('store', stats.store)] : []), ...(stats.own_customers_of ? [`${t('own_customers')} ${stats.own_customers_of}`] : [])];
  return (
    <>
      <h1>{stats.workspace}</h1>
      {trouble && <Notice kind="bad" title={t('stale')} />}
      <Notice title={t('limited')} about={limits.join(' · ')} />
      {stats.own_customers_of && <OwnCustomers guide={stats.own_customers_of} customers={stats.own_customers_count ?? 0} />}
      {!stats.own_customers_of && (
        <div className="columns">
          {stats.events_by_name ? <Events list={stats.events_by_name} /> : <Notice title={t('no_store_figures')} />}
          <Brands list={stats.by_brand} />
        </div>
      )}
    </>
  );
}

// A guide begins with whom they serve.
function OwnCustomers({ guide, customers }: { guide: string; customers: number }) {
  const { t, lang } = useKith();
  const { data, trouble, again } = useAsk<RelatedList>(`things/staff/${encodeURIComponent(guide)}/people?limit=${CUSTOMERS}`);
  return (
    <Section title={`${t('own_customers')} (${count(customers, lang)})`} aside={<span className="muted">{t('find_audit')}</span>}>
      {trouble && <TroubleNotice trouble={trouble} again={again} />}
      {!data && !trouble && <Loading />}
      {data && <RelatedOf list={data.people} />}
      {data?.next && <p className="muted">{t('and_more')}</p>}
    </Section>
  );
}

function Events({ list }: { list: EventCount[] }) {
  const { t } = useKith();
  return (
    <Section title={t('events_by_name')}>
      {list.length > 0 ? <Bars list={list} /> : <Notice title={t('no_events')} about={t('no_events_about')} />}
    </Section>
  );
}

function Brands({ list }: { list: BrandCount[] }) {
  const { t, lang, label } = useKith();
  if (list.length === 0) return null;
  return (
    <Section title={t('by_brand')}>
      <Table label={t('by_brand')} heads={[t('brand'), t('people'), t('events')]} counts={[1, 2]}>
        {list.map((b) => (
          <tr key={b.brand ?? ''}>
            <th scope="row">{label('brand', b.brand)}</th>
            <td className="number count">{count(b.people, lang)}</td>
            <td className="number count">{b.events === undefined ? NOTHING : count(b.events, lang)}</td>
          </tr>
        ))}
      </Table>
      <p className="muted">{t('by_brand_about')}</p>
    </Section>
  );
}

// Events a second, between the last two answers.
function useRate(stats: Stats | null): number {
  const last = useRef<{ stats: Stats; at: number; rate: number } | null>(null);
  if (stats && last.current?.stats !== stats) {
    const now = performance.now();
    const before = last.current;
    const span_s = before ? (now - before.at) / 1000 : 0;
    last.current = { stats, at: now, rate: before && span_s > 0 ? Math.max(0, (stats.events - before.stats.events) / span_s) : 0 };
  }
  return last.current?.rate ?? 0;
}

function Figures({ stats, rate }: { stats: Stats; rate: number }) {
  const { t, lang } = useKith();
  const each = stats.people > 0 ? `${t('per_person')} ${(stats.identifiers / stats.people).toFixed(2)}` : '';
  const speed = rate >= 1 ? `+${count(Math.round(rate), lang)}${t('per_second')}` : '';
  const figures: [string, number, string][] = [
    [t('people'), stats.people, ''],
    [t('identifiers'), stats.identifiers, each],
    [t('merges'), stats.merges, ''],
    [t('events'), stats.events, speed],
    [t('duplicates'), stats.duplicates, t('since_start')],
  ];
  return (
    <dl className="figures">
      {figures.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{count(value, lang)}{note && <small>{note}</small>}</dd>
        </div>
      ))}
    </dl>
  );
}

function Bars({ list }: { list: EventCount[] }) {
  const { t, lang, eventLabel } = useKith();
  const [all, setAll] = useState(false);
  const sorted = [...list].sort((a, b) => b.count - a.count);
  const most = sorted[0]?.count ?? 1;
  return (
    <>
      <ol className="bars">
        {sorted.slice(0, all ? sorted.length : BARS_SHOWN).map((e) => (
          <li key={e.event ?? ''}>
            <span className="bar-name">{e.event === null ? t('other_events') : <>{eventLabel({ ...e, event: e.event })} <code>{e.event}</code></>}</span>
            <span className="bar" aria-hidden="true"><i style={{ width: `${Math.max(0.5, (100 * e.count) / most)}%` }} /></span>
            <span className="number">{count(e.count, lang)}</span>
          </li>
        ))}
      </ol>
      {sorted.length > BARS_SHOWN && <button className="quiet" onClick={() => setAll(!all)}>{all ? t('show_less') : `${t('show_all')} (${sorted.length})`}</button>}
    </>
  );
}

function Engine({ stats }: { stats: Stats }) {
  const { t, lang } = useKith();
  return (
    <Section title={t('engine')}>
      <dl className="pairs">
        <dt>{t('position')}</dt><dd className="number">{count(stats.position, lang)}</dd>
        <dt>{t('horizon')}</dt><dd>{duration(stats.dedup_horizon_seconds, lang)}</dd>
        <dt>{t('log_time')}</dt><dd><Moment time={stats.log_time} /></dd>
        <dt>{t('log_size')}</dt><dd>{bytes(stats.log_bytes)}</dd>
        <dt>{t('checkpoint')}</dt><dd className="number">{count(stats.checkpoint_position, lang)}</dd>
        <dt>{t('memory')}</dt><dd>{bytes(stats.memory_bytes)}</dd>
        <dt>{t('waiting')}</dt><dd className="number">{count(stats.waiting, lang)}</dd>
        <dt>{t('refused')}</dt><dd className="number">{count(stats.refused, lang)}</dd>
      </dl>
    </Section>
  );
}

function Refusals({ stats }: { stats: Stats }) {
  const { t, lang } = useKith();
  const rows = stats.refusals.filter((r) => r.count > 0).sort((a, b) => b.count - a.count);
  if (rows.length === 0) return null;
  return (
    <Section title={t('refusals')}>
      <dl className="pairs">
        {rows.map((r) => [
          <dt key={`${r.command}.${r.refusal}`}><code>{r.command}</code> {r.refusal}</dt>,
          <dd key={`${r.command}.${r.refusal}.n`} className="number">{count(r.count, lang)}</dd>,
        ])}
      </dl>
    </Section>
  );
}

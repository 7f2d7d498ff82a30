// What ties a person to guides, groups, channels and others, how far they have come with each brand, and whom they live with.
import type { Period, Related, RelatedList, Relation, Rung } from './api';
import { useAsk, useKith } from './context';
import { count, day, isPersonal, masked, plain } from './format';
import { Loading, PersonLink, Section, Table, ThingLink, TroubleNotice } from './parts';

const RUNGS = ['stranger', 'fan', 'lead', 'buyer', 'member', 'loyal'] as const;

export function LadderSection({ list }: { list: readonly Rung[] }) {
  const { t } = useKith();
  if (list.length === 0) return null;
  return (
    <Section title={t('ladder')}>
      <ul className="ladder">{list.map((r) => <LadderOf key={r.brand ?? ''} rung={r} />)}</ul>
    </Section>
  );
}

// Who is lost stands where they were, in another colour.
function LadderOf({ rung }: { rung: Rung }) {
  const { t, lang, label, term } = useKith();
  const lost = rung.rung === 'lost';
  const stands = RUNGS.indexOf((lost ? rung.was ?? 'fan' : rung.rung) as (typeof RUNGS)[number]);
  return (
    <li>
      <strong>{label('brand', rung.brand)}</strong> <span className={lost ? 'tag bad' : 'tag good'}>{rung[lang]}</span>
      <span className={lost ? 'rungs lost' : 'rungs'} aria-hidden="true">
        {RUNGS.map((r, i) => <i key={r} className={i <= stands ? 'on' : ''} title={term('rung', r)} />)}
      </span>
      <small><Why rung={rung} />{lost && rung.was && <> · {t('was')} {term('rung', rung.was)}</>}</small>
    </li>
  );
}

function Why({ rung }: { rung: Rung }) {
  const { t, lang, term } = useKith();
  const { relation, to, since, orders, orders_lately, last } = rung.why;
  const parts = [
    relation && `${term('relation', relation)}${to?.id ? ` ${to.id}` : ''}${since ? ` ${day(since)}` : ''}`,
    orders !== undefined && `${count(orders, lang)} ${t('orders_of')}`,
    orders_lately !== undefined && orders_lately !== orders && `${t('lately')} ${count(orders_lately, lang)}`,
    last && `${t('last')} ${day(last)}`,
  ];
  return <>{parts.filter(Boolean).join(' · ')}</>;
}

export function RelationsSection({ list }: { list: readonly Relation[] }) {
  const { t, lang, label } = useKith();
  const shown = [...list].filter((r) => r.type !== 'household').sort((a, b) => Number(b.open) - Number(a.open));
  const households = list.filter((r) => r.type === 'household' && r.open && r.to.id);
  return (
    <Section title={t('relations')}>
      {shown.length === 0 && <p className="muted">{t('no_relations')}</p>}
      {shown.length > 0 && (
        <Table label={t('relations')} heads={[t('relation'), t('to'), t('brand'), t('state'), t('periods'), t('attributes')]}>
          {shown.map((r, i) => (
            <tr key={i} className={r.open ? '' : 'undone'}>
              <td>{r[lang]}</td>
              <td><To relation={r} /></td>
              <td>{label('brand', r.brand)}</td>
              <td><span className={r.open ? 'tag good' : 'tag'}>{r.open ? t('open') : t('over')}</span></td>
              <td>{r.periods.map((p, k) => <div key={k}><PeriodOf period={p} /></div>)}</td>
              <td>{r.attributes.map((a) => <div key={a.name}>{a.name} {plain(a.value, lang)}</div>)}</td>
            </tr>
          ))}
        </Table>
      )}
      {households.map((h) => <Household key={h.to.id} relation={h} />)}
    </Section>
  );
}

function To({ relation }: { relation: Relation }) {
  const { term } = useKith();
  const { person, kind, ns, id } = relation.to;
  if (person) return <PersonLink id={person} />;
  if (!kind || !id) return <>—</>;
  return <><ThingLink thing={{ kind, ns: ns ?? '', id }} /> <small>{term('kind', kind)}</small></>;
}

function PeriodOf({ period }: { period: Period }) {
  const { t } = useKith();
  return (
    <>
      <span className="number">{day(period.begin)} – {period.end ? day(period.end) : ''}</span>
      {(period.reason || period.replaced) && <small> {period.replaced ? t('replaced') : period.reason}</small>}
    </>
  );
}

// Those who live together, with their roles; they stay people of their own.
function Household({ relation }: { relation: Relation }) {
  const { t } = useKith();
  const { id = '', ns = '' } = relation.to;
  const { data, trouble, again } = useAsk<RelatedList>(`things/household/${encodeURIComponent(id)}/people?${new URLSearchParams({ type: 'household', ...(ns ? { ns } : {}) })}`);
  return (
    <>
      <h3>{t('household')} <code>{id}</code></h3>
      {trouble && <TroubleNotice trouble={trouble} again={again} />}
      {!data && !trouble && <Loading />}
      {data && <RelatedOf list={data.people} />}
    </>
  );
}

// The people of a thing: a guide's customers, members of a group or a household.
export function RelatedOf({ list }: { list: readonly Related[] }) {
  const { t, lang, label, term } = useKith();
  if (list.length === 0) return <p className="muted">{t('no_people')}</p>;
  return (
    <Table label={t('people')} heads={[t('person'), t('identifiers'), t('brand'), t('since'), t('attributes')]}>
      {list.map((p) => (
        <tr key={p.person}>
          <td><PersonLink id={p.person} /></td>
          <td>{p.identifier && <>{term('id', String(p.identifier.type))} <code>{isPersonal(String(p.identifier.type)) ? masked(p.identifier.value) : p.identifier.value}</code></>}</td>
          <td>{p.relations.map((r, i) => <div key={i}>{label('brand', r.brand)}</div>)}</td>
          <td>{p.relations.map((r, i) => <div key={i} className="number">{day(r.periods[0]?.begin)}</div>)}</td>
          <td>{p.relations.map((r, i) => <div key={i}>{r.attributes.map((a) => `${a.name} ${plain(a.value, lang)}`).join(' · ')}</div>)}</td>
        </tr>
      ))}
    </Table>
  );
}

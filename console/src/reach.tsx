// Whom one may write to or call, and why the others not; and what legal entities let each other see.
import { useState } from 'react';
import type { NameList, Person, PersonReach, Reach, ReachOfChannel, Share, ShareAct, ShareActList, ShareList } from './api';
import { useAsk, useKith } from './context';
import { count, day, isPersonal, masked, shortened } from './format';
import { Loading, Moment, Notice, Section, Table, TroubleNotice } from './parts';
import { Parts } from './pictures';
import { slices } from './series';

export const PURPOSE = 'marketing';
const ADDRESS_CHARS = 20;

export function Choice({ name, value, of, kind, set, whole }: { name: string; value: string; of: readonly string[]; kind: string; set: (value: string) => void; whole?: string }) {
  const { label } = useKith();
  return (
    <select aria-label={name} value={value} onChange={(e) => set(e.target.value)}>
      {whole !== undefined && <option value="">{whole}</option>}
      {of.map((x) => <option key={x} value={x}>{label(kind, x)}</option>)}
    </select>
  );
}

export function asking(path: string, brand: string, purpose: string): string {
  return `${path}?${new URLSearchParams({ purpose, ...(brand ? { brand } : {}) })}`;
}

// --- of a person ---

export function ReachSection({ person }: { person: Person }) {
  const { t } = useKith();
  const brands = [...new Set(person.counters.map((c) => c.brand).filter((b): b is string => b !== null))].sort();
  const purposes = [...new Set([PURPOSE, ...person.consents.map((c) => c.purpose).filter((p): p is string => p !== null)])];
  const [brand, setBrand] = useState(brands[0] ?? '');
  const [purpose, setPurpose] = useState(PURPOSE);
  const { data, trouble, again } = useAsk<PersonReach>(asking(`people/id:${person.id}/reach`, brand, purpose));
  const choices = (
    <span>
      <Choice name={t('brand')} kind="brand" value={brand} of={brands} set={setBrand} whole={t('group_wide')} />{' '}
      <Choice name={t('purpose')} kind="purpose" value={purpose} of={purposes} set={setPurpose} />
    </span>
  );
  return (
    <Section title={t('reach')} aside={choices}>
      {trouble && <TroubleNotice trouble={trouble} again={again} />}
      {!data && !trouble && <Loading />}
      {data && <ReachOf reach={data} />}
    </Section>
  );
}

export function ReachOf({ reach }: { reach: PersonReach }) {
  const { t, lang, label, term } = useKith();
  return (
    <Table label={t('reach')} heads={[t('channel'), t('reachable'), t('address'), t('consent')]}>
      {reach.channels.map((c) => (
        <tr key={c.channel}>
          <td>{c[lang]}</td>
          <td><span className={`tag ${c.reachable ? 'good' : 'bad'}`}>{c.reachable ? t('yes') : term('reach', c.reason)}</span></td>
          <td>{c.address && <>{term('id', c.address.type)} <code title={isPersonal(c.address.type) ? undefined : c.address.value}>{isPersonal(c.address.type) ? masked(c.address.value) : shortened(c.address.value, ADDRESS_CHARS)}</code></>}</td>
          <td>{c.consent && <>{c.consent.given ? t('given') : t('withdrawn')} <small>{c.consent.entity ?? label('brand', c.consent.brand)} · {day(c.consent.time)}</small></>}</td>
        </tr>
      ))}
    </Table>
  );
}

// --- of a brand ---

export function ReachPage() {
  const { t } = useKith();
  return (
    <>
      <h1>{t('reach')}</h1>
      <Figures />
      <Shares />
    </>
  );
}

function Figures() {
  const { t } = useKith();
  const names = useAsk<NameList>('names?kind=brand');
  const purposes = useAsk<NameList>('names?kind=purpose');
  const [brand, setBrand] = useState<string | null>(null);
  const [purpose, setPurpose] = useState(PURPOSE);
  const brands = names.data?.names.map((n) => n.name) ?? [];
  const chosen = brand ?? brands[0] ?? '';
  const { data, trouble, again } = useAsk<Reach>(names.data ? asking('reach', chosen, purpose) : null);
  const wrong = trouble ?? names.trouble;
  const choices = (
    <span>
      <Choice name={t('brand')} kind="brand" value={chosen} of={brands} set={setBrand} whole={t('group_wide')} />{' '}
      <Choice name={t('purpose')} kind="purpose" value={purpose} of={[...new Set([PURPOSE, ...(purposes.data?.names.map((n) => n.name) ?? [])])]} set={setPurpose} />
    </span>
  );
  return (
    <Section title={t('reach_by_channel')} aside={choices}>
      {wrong && <TroubleNotice trouble={wrong} again={trouble ? again : names.again} />}
      {!data && !wrong && <Loading />}
      {data && <ReachFigures reach={data} />}
    </Section>
  );
}

const REASONS = ['reachable', 'not_known', 'no_address', 'quarantined', 'suppressed', 'ended', 'no_consent', 'withdrawn', 'expired'] as const;

export function ReachFigures({ reach }: { reach: Reach }) {
  const { t, lang, term } = useKith();
  const used = REASONS.filter((r) => reach.channels.some((c) => (r === 'reachable' ? c.reachable : c.excluded[r] ?? 0) > 0));
  return (
    <>
      {reach.pending && <Notice title={t('reach_pending')} />}
      <ul className="legend">{used.map((r) => <li key={r}><i className={`part ${r}`} />{term('reach', r)}</li>)}</ul>
      <ol className="bars reaches">
        {reach.channels.map((c) => (
          <li key={c.channel}>
            <span className="bar-name">{c[lang]}</span>
            <Parts list={slices(c)} told={(s) => `${term('reach', s.reason)} ${count(s.people, lang)}`} />
            <span className="number">{count(c.reachable, lang)} / {count(c.people, lang)}</span>
          </li>
        ))}
      </ol>
      <details>
        <summary>{t('figures')}</summary>
        <Table label={t('figures')} heads={[t('channel'), ...used.map((r) => term('reach', r)), t('total')]} counts={[...used.keys(), used.length].map((i) => i + 1)}>
          {reach.channels.map((c) => <FigureRow key={c.channel} channel={c} used={used} />)}
        </Table>
      </details>
    </>
  );
}

function FigureRow({ channel, used }: { channel: ReachOfChannel; used: readonly string[] }) {
  const { lang } = useKith();
  return (
    <tr>
      <th scope="row">{channel[lang]}</th>
      {used.map((r) => <td key={r} className="number count">{count(r === 'reachable' ? channel.reachable : channel.excluded[r] ?? 0, lang)}</td>)}
      <td className="number count">{count(channel.people, lang)}</td>
    </tr>
  );
}

// --- between legal entities ---

function Shares() {
  const { t } = useKith();
  const shares = useAsk<ShareList>('shares?limit=100');
  const acts = useAsk<ShareActList>('shares/acts?limit=50');
  return (
    <Section title={t('shares')}>
      <p className="muted">{t('shares_about')}</p>
      {shares.trouble && <TroubleNotice trouble={shares.trouble} again={shares.again} />}
      {!shares.data && !shares.trouble && <Loading />}
      {shares.data && <SharesOf shares={shares.data.shares} acts={acts.data?.acts ?? []} />}
    </Section>
  );
}

export function SharesOf({ shares, acts }: { shares: readonly Share[]; acts: readonly ShareAct[] }) {
  const { t } = useKith();
  const entity = (name: string | null) => name ?? t('common_entity');
  const purposes = (list: string[] | null) => <>{list === null ? t('purposes_all') : list.map((p) => <Purpose key={p} name={p} />)}</>;
  if (shares.length === 0 && acts.length === 0) return <Notice title={t('no_shares')} />;
  return (
    <>
      <Table label={t('shares')} heads={[t('share_from'), t('share_to'), t('purpose'), t('expires'), t('state')]}>
        {shares.map((s) => (
          <tr key={`${s.from ?? ''}/${s.to ?? ''}`} className={s.live ? '' : 'undone'}>
            <td>{entity(s.from)}</td><td>→ {entity(s.to)}</td><td>{purposes(s.purposes)}</td><td className="number">{day(s.until)}</td>
            <td><span className={s.live ? 'tag good' : 'tag'}>{s.live ? t('in_force') : t('over')}</span></td>
          </tr>
        ))}
      </Table>
      {acts.length > 0 && (
        <details>
          <summary>{t('acts')} ({acts.length})</summary>
          <Table label={t('acts')} heads={[t('time'), t('act'), t('share_from'), t('share_to'), t('by'), t('policy'), t('evidence'), t('reason')]}>
            {acts.map((a) => (
              <tr key={a.position}>
                <td><Moment time={a.time} /></td><td>{a.act === 'share' ? t('share') : t('unshare')}</td><td>{entity(a.from)}</td><td>→ {entity(a.to)}</td>
                <td>{a.by}</td><td>{a.policy || '—'}</td><td>{a.evidence || '—'}</td><td>{a.reason || '—'}</td>
              </tr>
            ))}
          </Table>
        </details>
      )}
    </>
  );
}

function Purpose({ name }: { name: string }) {
  const { label } = useKith();
  return <span className="tag">{label('purpose', name)}</span>;
}

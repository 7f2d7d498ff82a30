// One person: who, why they are one, what is known, what they did.
import { Fragment, useEffect, useState } from 'react';
import type { Counter, Identifier, Person, Trait } from './api';
import { BelongsSection } from './belongs';
import { useAsk, useKith } from './context';
import { count, day, isPersonal, masked, plain } from './format';
import { Why } from './links';
import { OrdersSection } from './orders';
import { Loading, Moment, Notice, Section, Table, TroubleNotice } from './parts';
import { ReachSection } from './reach';
import { LadderSection, RelationsSection } from './relations';
import { hashOf } from './route';
import { TimelineSection } from './timeline';

const TIMELINE_FIRST = 20;
const PENDING_MS = 1500;
const PENDING_TURNS_MAX = 8;

export function PersonPage({ id }: { id: string }) {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<Person>(`people/id:${id}?timeline=${TIMELINE_FIRST}`);
  usePending(data, again);
  if (trouble?.status === 404)
    return <Notice title={t('gone')} about={t('gone_about')} action={<a className="button" href={hashOf({ view: 'find', q: '' })}>{t('back_to_find')}</a>} />;
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  return data ? <Profile key={data.id} person={data} /> : <Loading />;
}

// A bounded number of times: each one is a read that is recorded.
function usePending(person: Person | null, again: () => void) {
  const [turns, setTurns] = useState(0);
  useEffect(() => {
    if (!person?.pending || turns >= PENDING_TURNS_MAX) return;
    const timer = setTimeout(() => {
      setTurns((n) => n + 1);
      again();
    }, PENDING_MS);
    return () => clearTimeout(timer);
  }, [person, turns, again]);
}

export function Profile({ person }: { person: Person }) {
  const { t } = useKith();
  const [reveal, setReveal] = useState(false);
  return (
    <>
      <Who person={person} reveal={reveal} setReveal={setReveal} />
      {person.pending && <Notice title={t('pending')} />}
      <BelongsSection id={person.id} />
      <OrdersSection id={person.id} />
      <div className="columns">
        <div>
          <RelationsSection list={person.relations ?? []} />
          <ReachSection person={person} />
          <Traits list={person.traits} reveal={reveal} />
        </div>
        <div>
          <LadderSection list={person.ladder ?? []} />
          <Counters list={person.counters} />
          <Consents person={person} />
        </div>
      </div>
      <Identifiers list={person.identifiers} hidden={person.identifiers_hidden} reveal={reveal} />
      <Why identifiers={person.identifiers} evidence={person.evidence} reveal={reveal} />
      <TimelineSection person={person} />
    </>
  );
}

function nameOf(person: Person): string | null {
  const trait = person.traits.find((x) => x.name === 'name' && typeof x.value === 'string');
  return trait ? String(trait.value) : null;
}

function Who({ person, reveal, setReveal }: { person: Person; reveal: boolean; setReveal: (on: boolean) => void }) {
  const { t } = useKith();
  const phone = person.identifiers.find((i) => i.type === 'phone' && i.state === 'in_force');
  return (
    <div className="who">
      <h1>{nameOf(person) ?? t('nameless')}</h1>
      {phone && <span className="number phone">{reveal ? phone.value : masked(phone.value)}</span>}
      <button className="quiet" aria-pressed={reveal} onClick={() => setReveal(!reveal)}>{reveal ? t('conceal') : t('reveal')}</button>
      <span className="muted">
        {t('number')} <span className="number">{person.number}</span> · {t('public_id')} <code>{person.id}</code>
        {person.aliases.length > 0 && <> · {t('aliases')} <span className="number">{person.aliases.join(', ')}</span></>}
      </span>
    </div>
  );
}

function Identifiers({ list, hidden, reveal }: { list: Identifier[]; hidden: number; reveal: boolean }) {
  const { t, term } = useKith();
  return (
    <Section title={`${t('identifiers')} (${list.length})`}>
      <Table label={t('identifiers')} heads={[t('type'), t('namespace'), t('value'), t('since'), t('state')]}>
        {list.map((i) => (
          <tr key={`${i.type}:${i.ns ?? ''}:${i.value}:${i.since}`}>
            <td>{term('id', i.type)}</td>
            <td>{i.ns && <code>{i.ns}</code>}</td>
            <td><code>{isPersonal(i.type) && !reveal ? masked(i.value) : i.value}</code></td>
            <td><Moment time={i.since} /></td>
            <td>
              <span className={`tag ${i.state}`}>{term('state', i.state)}</span>
              {i.until && <> {t('until')} <Moment time={i.until} /></>}
            </td>
          </tr>
        ))}
      </Table>
      {hidden > 0 && <p className="muted">{t('hidden').replace('#', String(hidden))}</p>}
    </Section>
  );
}

function Traits({ list, reveal }: { list: Trait[]; reveal: boolean }) {
  const { t, lang, label, term } = useKith();
  const brands = [...new Set(list.map((x) => x.brand))].sort((a, b) => (a ?? '').localeCompare(b ?? ''));
  const show = (x: Trait, value: unknown) => {
    if (typeof value !== 'string') return plain(value, lang);
    return isPersonal(x.name) && !reveal ? masked(value) : x.name === 'gender' ? term('gender', value) : plain(value, lang);
  };
  return (
    <Section title={t('traits')}>
      {list.length === 0 && <p className="muted">{t('no_traits')}</p>}
      {brands.map((brand) => (
        <Fragment key={brand ?? ''}>
          <h3>{label('brand', brand)}</h3>
          <dl className="traits">
            {list.filter((x) => x.brand === brand).map((x) => (
              <div key={x.name}>
                <dt>{label('trait', x.name)}</dt>
                <dd>
                  {show(x, x.value)}
                  <small>{x.source && label('source', x.source)} {day(x.time)}</small>
                  {x.history.length > 0 && (
                    <details>
                      <summary>{t('earlier')} ({x.history.length})</summary>
                      <ul>{x.history.map((h, i) => <li key={i}>{show(x, h.value)} <small>{h.source && label('source', h.source)} {day(h.time)}</small></li>)}</ul>
                    </details>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        </Fragment>
      ))}
    </Section>
  );
}

const ALL = '';

function Counters({ list }: { list: Counter[] }) {
  const { t, lang, label, eventLabel } = useKith();
  const [event, setEvent] = useState(ALL);
  const events = [...new Map(list.map((c) => [c.event, c])).values()];
  const chosen = list.filter((c) => event === ALL || c.event === event);
  const brands = [...new Set(chosen.map((c) => c.brand))];
  const channels = [...new Set(chosen.map((c) => c.channel))];
  const cell = (brand: string | null, channel: string | null) => chosen.filter((c) => c.brand === brand && c.channel === channel);
  const sum = (cs: Counter[]) => cs.reduce((n, c) => n + c.count, 0);
  const told = (cs: Counter[]) => cs.map((c) => `${eventLabel(c)} ${count(c.count, lang)}`).join('\n');
  if (list.length === 0) return <Section title={t('counters')}><p className="muted">{t('no_counters')}</p></Section>;
  const choice = (
    <select aria-label={t('counters_of')} value={event} onChange={(e) => setEvent(e.target.value)}>
      <option value={ALL}>{t('all_events')}</option>
      {events.map((c) => <option key={c.event} value={c.event}>{eventLabel(c)}</option>)}
    </select>
  );
  return (
    <Section title={t('counters')} aside={choice}>
      <Table label={t('counters')} heads={[t('brand'), t('total'), ...channels.map((c) => (c ? label('channel', c) : '—'))]} counts={[...channels.keys(), channels.length].map((i) => i + 1)}>
        {brands.map((b) => (
          <tr key={b ?? ''}>
            <th scope="row">{label('brand', b)}</th>
            <td className="number count"><b>{count(sum(chosen.filter((c) => c.brand === b)), lang)}</b></td>
            {channels.map((c) => {
              const cs = cell(b, c);
              return <td key={c ?? ''} className="number count" title={told(cs)}>{cs.length > 0 ? count(sum(cs), lang) : ''}</td>;
            })}
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function Consents({ person }: { person: Person }) {
  const { t, label } = useKith();
  return (
    <Section title={t('consents')}>
      {person.consents.length === 0 && <p className="muted">{t('no_consents')}</p>}
      <ul className="consents">
        {person.consents.map((c, i) => (
          <li key={i}>
            <span className={`tag ${c.given ? 'good' : 'bad'}`}>{c.given ? t('given') : t('withdrawn')}</span>
            {' '}{c.entity ?? label('brand', c.brand)} · {c.purpose ? label('purpose', c.purpose) : '—'} · {c.channel ? label('channel', c.channel) : '—'}
            <small>{day(c.time)}{c.until && ` ${t('until')} ${day(c.until)}`}{c.policy && ` · ${t('policy')} ${c.policy}`}{c.evidence && ` · ${t('evidence')} ${c.evidence}`}{c.source && ` · ${label('source', c.source)}`}</small>
          </li>
        ))}
      </ul>
    </Section>
  );
}

// What a person did, newest first.
import { useEffect, useState } from 'react';
import { Trouble, type Person, type PersonEvent, type Timeline } from './api';
import { useKith } from './context';
import { isPersonal, masked, plain } from './format';
import { Moment, Section, TroubleNotice } from './parts';

const MORE = 50;
const REFERENCES = ['shop', 'store', 'staff', 'touchpoint', 'campaign', 'order', 'conversation', 'group'] as const;

export function TimelineSection({ person }: { person: Person }) {
  const { t, api } = useKith();
  const [events, setEvents] = useState<PersonEvent[]>(person.timeline ?? []);
  const [next, setNext] = useState<string | null>(person.next ?? null);
  const [state, setState] = useState<'idle' | 'asking' | Trouble>('idle');
  useEffect(() => {
    setEvents(person.timeline ?? []);
    setNext(person.next ?? null);
  }, [person]);

  const more = async () => {
    setState('asking');
    try {
      const got = await api.get<Timeline>(`people/id:${person.id}/timeline?${new URLSearchParams({ limit: String(MORE), before: next ?? '' })}`);
      setEvents((list) => [...list, ...got.events]);
      setNext(got.next);
      setState('idle');
    } catch (e) {
      setState(e instanceof Trouble ? e : new Trouble(0, '', ''));
    }
  };

  return (
    <Section title={t('timeline')}>
      {events.length === 0 && <p className="muted">{t('no_timeline')}</p>}
      <ol className="timeline">{events.map((e) => <OneEvent key={e.position} event={e} />)}</ol>
      {state instanceof Trouble && <TroubleNotice trouble={state} again={more} />}
      {next && !(state instanceof Trouble) && <button onClick={more} disabled={state === 'asking'}>{state === 'asking' ? t('loading') : t('more')}</button>}
      {!next && events.length > 0 && <p className="muted">{t('timeline_end')}</p>}
    </Section>
  );
}

// [name, value] of what an event carries, in the order of reading.
function told(event: PersonEvent, term: (kind: string, name: string) => string): [string, unknown][] {
  const references = REFERENCES.filter((r) => event[r]).map((r): [string, unknown] => [term('reference', r), event[r]]);
  return [...references, ...Object.entries(event.properties ?? {})];
}

function OneEvent({ event }: { event: PersonEvent }) {
  const { t, lang, label, term, eventLabel } = useKith();
  const list = told(event, term);
  const where = [event.brand && label('brand', event.brand), event.channel && label('channel', event.channel)].filter(Boolean).join(' · ');
  const brief = list.slice(0, 3).map(([name, value]) => `${name} ${plain(value, lang)}`).join(' · ');
  return (
    <li>
      <details>
        <summary>
          <Moment time={event.time} />
          <strong>{eventLabel(event)}</strong>
          <span className="muted">{where}</span>
          <span className="brief">{brief}</span>
        </summary>
        <dl className="pairs">
          {(event.ids ?? []).map((id, i) => [
            <dt key={`id${i}`}>{term('id', String(id.type))}</dt>,
            <dd key={`id${i}v`}><code>{isPersonal(String(id.type)) ? masked(id.value) : id.value}</code></dd>,
          ])}
          {list.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name}v`}>{plain(value, lang)}</dd>])}
          {event.items && [
            <dt key="items">{t('items')}</dt>,
            <dd key="itemsv">{event.items.map((item, i) => <div key={i}>{Object.entries(item).map(([k, v]) => `${k} ${plain(v, lang)}`).join(' · ')}</div>)}</dd>,
          ]}
          <dt>{t('source')}</dt><dd>{event.source ? label('source', event.source) : '—'} · {t('position')} {event.position}</dd>
        </dl>
      </details>
    </li>
  );
}

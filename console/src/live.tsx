// What becomes true, as it does. Drawn four times a second at most, however fast it comes.
import { useEffect, useRef, useState, type MutableRefObject } from 'react';
import { Trouble, type Api, type Fact } from './api';
import { useKith } from './context';
import { Feed, type Row } from './feed';
import { count, moment } from './format';
import { Notice, PersonLink, Table, TroubleNotice } from './parts';
import { EventParser } from './sse';

const DRAW_MS = 250;
const AGAIN_MS = 2000;
const HELD_MAX = 2000;

type State = 'connecting' | 'on' | 'lost';

async function listen(api: Api, signal: AbortSignal, began: () => void, take: (f: Fact) => void): Promise<void> {
  const reply = await api.open('events/stream', signal);
  const reader = reply.body?.getReader();
  if (!reader) return;
  const parser = new EventParser();
  const decoder = new TextDecoder();
  began();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const e of parser.push(decoder.decode(value, { stream: true }))) take(JSON.parse(e.data) as Fact);
  }
}

// Comes back by itself when the stream ends; stays away where the daemon refuses (403 and the like).
function useStream(held: MutableRefObject<Fact[]>, feed: Feed): { state: State; trouble: Trouble | null } {
  const { api } = useKith();
  const [state, setState] = useState<State>('connecting');
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = (f: Fact) => {
      feed.arrived(f, performance.now());
      held.current.push(f);
      if (held.current.length > HELD_MAX) held.current.splice(0, HELD_MAX / 2);
    };
    const run = async () => {
      try {
        await listen(api, stop.signal, () => setState('on'), take);
      } catch (e) {
        if (e instanceof Trouble && e.status >= 400 && e.status < 500) return setTrouble(e);
      }
      if (stop.signal.aborted) return;
      setState('lost');
      timer = setTimeout(run, AGAIN_MS);
    };
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [api, held, feed]);
  return { state, trouble };
}

function useRows(held: MutableRefObject<Fact[]>, feed: Feed, paused: boolean) {
  const [shown, setShown] = useState<{ rows: readonly Row[]; rate: number; waiting: number }>({ rows: [], rate: 0, waiting: 0 });
  useEffect(() => {
    const timer = setInterval(() => {
      if (!paused && held.current.length > 0) feed.take(held.current.splice(0));
      const next = { rows: feed.list(), rate: feed.rate(performance.now()), waiting: held.current.length };
      setShown((s) => (s.rows === next.rows && s.rate === next.rate && s.waiting === next.waiting ? s : next));
    }, DRAW_MS);
    return () => clearInterval(timer);
  }, [held, feed, paused]);
  return shown;
}

export function Live() {
  const { t, lang } = useKith();
  const held = useRef<Fact[]>([]);
  const [paused, setPaused] = useState(false);
  const [feed] = useState(() => new Feed());
  const { state, trouble } = useStream(held, feed);
  const { rows, rate, waiting } = useRows(held, feed, paused);
  if (trouble) return <TroubleNotice trouble={trouble} />;
  const word = state === 'connecting' ? 'live_connecting' : state === 'lost' ? 'live_lost' : paused ? 'live_paused' : 'live_on';
  return (
    <>
      <div className="live-head">
        <h1>{t('live')}</h1>
        <span className={`lamp ${paused ? 'paused' : state}`} role="status">{t(word)}</span>
        <span className="rate"><b className="number">{count(Math.round(rate), lang)}</b> {t('live_rate')}</span>
        <button onClick={() => setPaused(!paused)} aria-pressed={paused}>{paused ? t('live_go_on') : t('live_pause')}</button>
        {paused && waiting > 0 && <span className="muted number">{waiting >= HELD_MAX ? `${HELD_MAX}+` : waiting} {t('live_held')}</span>}
      </div>
      {rows.length === 0 ? <Notice title={t('live_empty')} about={t('live_empty_about')} /> : <Rows rows={rows} />}
    </>
  );
}

function Rows({ rows }: { rows: readonly Row[] }) {
  const { t } = useKith();
  return (
    <section className="card">
      <Table label={t('live')} heads={[t('time'), t('fact'), t('brand'), t('channel'), t('identifiers'), t('person')]}>
        {rows.map((r) => <OneRow key={r.key} row={r} />)}
      </Table>
      <p className="muted">{t('live_kept')}</p>
    </section>
  );
}

function OneRow({ row }: { row: Row }) {
  const { t, label, term, eventLabel } = useKith();
  const isEvent = row.fact === 'event_arrived';
  const trait = typeof row.data['trait'] === 'string' ? label('trait', row.data['trait']) : '';
  return (
    <tr className={isEvent ? '' : `fact ${row.fact}`}>
      <td className="number" title={row.time}>{moment(row.time)}</td>
      <td>
        {isEvent && row.event ? eventLabel({ event: row.event }) : <strong>{term('fact', row.fact)}</strong>} {trait}
        {row.cause !== 'live' && <span className="tag">{term('cause', row.cause)}</span>}
      </td>
      <td>{row.brand && label('brand', row.brand)}</td>
      <td>{row.channel && label('channel', row.channel)}</td>
      <td className="ids">{row.ids.map((id, i) => <span key={i}>{term('id', String(id.type))} <code>{id.value}</code></span>)}</td>
      <td>{row.person && <PersonLink id={row.person} />} {row.created && <span className="tag good">{t('new_person')}</span>}</td>
    </tr>
  );
}

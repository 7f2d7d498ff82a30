// What waits for somebody, and what was decided by hand. Read only.
import type { ActList, ReviewList } from './api';
import { useAsk, useKith } from './context';
import { count, isPersonal, masked } from './format';
import { Loading, Moment, Notice, PersonLink, Section, Table, TroubleNotice } from './parts';

const EVERY_MS = 10000;

// "phone:+8613812345678" as the page shows it.
function shown(id: string): string {
  const colon = id.indexOf(':');
  const type = id.slice(0, Math.max(colon, 0));
  return isPersonal(type) ? `${type}:${masked(id.slice(colon + 1))}` : id;
}

export function ReviewPage() {
  const { t } = useKith();
  return (
    <>
      <h1>{t('review')}</h1>
      <Reviews />
      <Acts />
    </>
  );
}

function Reviews() {
  const { t, lang, term } = useKith();
  const { data, trouble, again } = useAsk<ReviewList>('identity/reviews?limit=100', EVERY_MS);
  const rows = data?.reviews ?? [];
  return (
    <Section title={t('reviews')}>
      <p className="muted">{t('reviews_about')}</p>
      {rows.length > 0 && <p className="muted">{t('how_decide')}</p>}
      {trouble && <TroubleNotice trouble={trouble} again={again} />}
      {!data && !trouble && <Loading />}
      {data && rows.length === 0 && <Notice title={t('no_reviews')} />}
      {rows.length > 0 && (
        <Table label={t('reviews')} heads={[t('type'), t('namespace'), t('value'), t('conflicts'), t('since'), t('held_by')]} counts={[3]}>
          {rows.map((r) => (
            <tr key={`${r.type}:${r.ns ?? ''}:${r.value}`}>
              <td>{term('id', r.type)}</td>
              <td><code>{r.ns ?? ''}</code></td>
              <td><code>{isPersonal(r.type) ? masked(r.value) : r.value}</code></td>
              <td className="number count">{count(r.conflicts, lang)}</td>
              <td><Moment time={r.since} /></td>
              <td>{r.held_by ? <PersonLink id={r.held_by} /> : '—'}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

function Acts() {
  const { t, term } = useKith();
  const { data, trouble, again } = useAsk<ActList>('identity/acts?limit=50', EVERY_MS);
  const rows = data?.acts ?? [];
  return (
    <Section title={t('acts')}>
      {trouble && <TroubleNotice trouble={trouble} again={again} />}
      {!data && !trouble && <Loading />}
      {data && rows.length === 0 && <Notice title={t('no_acts')} />}
      {rows.length > 0 && (
        <Table label={t('acts')} heads={[t('time'), t('act'), t('identifiers'), t('by'), t('reason'), t('position')]}>
          {rows.map((a) => (
            <tr key={a.position} className={a.undone ? 'undone' : ''}>
              <td><Moment time={a.time} /></td>
              <td>{term('act', a.act)} {a.undone && <span className="tag">{t('undone')}</span>}</td>
              <td>{(a.summary.ids ?? []).map((id) => <div key={id}><code>{shown(id)}</code></div>)}</td>
              <td>{a.by}</td>
              <td>{a.reason || '—'}</td>
              <td className="number">{a.position}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

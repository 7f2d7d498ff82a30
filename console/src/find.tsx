// One box. It asks when Enter is pressed, not at each letter: every read of a person is recorded.
import type { FoundList } from './api';
import { useAsk, useKith } from './context';
import { count } from './format';
import { Loading, Moment, Notice, PersonLink, Section, Table, TroubleNotice } from './parts';
import { hashOf } from './route';

const EXAMPLES = [
  ['5678', 'find_by_digits'],
  ['小明', 'find_by_name'],
  ['xiaoming', 'find_by_pinyin'],
  ['phone:13812345678', 'find_by_type'],
] as const;

export function Find({ q }: { q: string }) {
  const { t, lang } = useKith();
  const { data, trouble, again } = useAsk<FoundList>(q ? `find?${new URLSearchParams({ q })}` : null);
  if (!q) return <Ways />;
  if (trouble) return <TroubleNotice trouble={trouble} again={again} />;
  if (!data) return <Loading />;
  if (data.people.length === 0) return <Notice title={`${t('find_nobody')}: ${q}`} about={t('find_nobody_about')} />;
  return (
    <Section title={q} aside={<span className="muted">{t('find_audit')}</span>}>
      <Table label={t('find')} heads={[t('name'), t('phone'), t('identifiers'), t('events'), t('last_seen')]} counts={[2, 3]}>
        {data.people.map((p) => (
          <tr key={p.id}>
            <td><PersonLink id={p.id}>{p.name ?? <em>{t('nameless')} #{p.number}</em>}</PersonLink></td>
            <td className="number">{p.phone ?? '—'}</td>
            <td className="number count">{count(p.identifiers, lang)}</td>
            <td className="number count">{count(p.events, lang)}</td>
            <td><Moment time={p.last_seen} /></td>
          </tr>
        ))}
      </Table>
      {data.more && <p className="muted">{t('find_more')}</p>}
    </Section>
  );
}

function Ways() {
  const { t } = useKith();
  return (
    <Section title={t('find_empty')}>
      <ul className="ways">
        {EXAMPLES.map(([example, word]) => (
          <li key={example}><a href={hashOf({ view: 'find', q: example })}><code>{example}</code></a> {t(word)}</li>
        ))}
      </ul>
      <p className="muted">{t('find_key')} {t('find_audit')}</p>
    </Section>
  );
}

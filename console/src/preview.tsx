// Who would be in what isn't saved yet: how many, which values, some of them, and what saving would take.
import { useState } from 'react';
import type { AudienceKind, Preview } from './api';
import { MembersOf } from './audience_people';
import { useKith } from './context';
import { count, duration, percent, plain } from './format';
import { Section } from './parts';
import { Gauge } from './pictures';
import { StudyNotice, useStudy } from './study';
import { pathOf } from './survey';

const SAMPLE = 10;

// Only when asked for, and of the text as it is then: it may read all events. `body` is that of a save; null: there is nothing that could be saved.
export function PreviewSection({ kind, body }: { kind: AudienceKind; body: object | null }) {
  const { t } = useKith();
  const [asked, setAsked] = useState('');
  const said = body === null ? '' : JSON.stringify(body);
  const isNow = asked !== '' && asked === said;
  const preview = useStudy<Preview>(isNow ? `${pathOf(kind, 'preview')}?sample=${SAMPLE}` : null, isNow ? body : undefined);
  return (
    <Section title={t('preview')} aside={<button type="button" disabled={said === ''} onClick={() => (isNow ? preview.again() : setAsked(said))}>{t(isNow ? 'preview_again' : 'preview_look')}</button>}>
      {!isNow && <p className="muted">{t(asked && said ? 'preview_stale' : 'preview_about')}</p>}
      {isNow && <StudyNotice of={preview} />}
      {preview.data && <PreviewOf preview={preview.data} />}
    </Section>
  );
}

export function PreviewOf({ preview }: { preview: Preview }) {
  const { t, lang } = useKith();
  const { count: people, everybody, values, saving } = preview;
  return (
    <>
      <p className="answer-figure">
        <b className="number">{people === null ? '—' : count(people, lang)}</b> {t('people_of')}{' '}
        {people !== null && everybody !== null && everybody > 0 && <span className="muted">{t('of_everybody')} {count(everybody, lang)} · {percent(people / everybody, lang)}</span>}
      </p>
      {people === null && <p className="muted">{t('count_hidden')}</p>}
      {values.length > 0 && (
        <ol className="bars">
          {values.map((v) => (
            <li key={plain(v.value, lang)}>
              <span className="bar-name">{plain(v.value, lang)}</span>
              <Gauge share={v.people / (values[0]?.people ?? 1)} />
              <span className="number">{count(v.people, lang)}</span>
            </li>
          ))}
        </ol>
      )}
      {saving.gathers.length === 0 ? <p>{t('saving_at_once')}</p> : (
        <details>
          <summary>{t('saving_gathers')} {duration(Math.max(1, Math.round(saving.seconds)), lang)}{saving.events === null ? '' : ` (${count(saving.events, lang)} ${t('events_of')})`}</summary>
          <ul>{saving.gathers.map((g) => <li key={g.en}>{g[lang]}</li>)}</ul>
        </details>
      )}
      <h3>{t('some_people')}</h3>
      <MembersOf people={preview.sample.map((s) => s.person)} value={preview.type === 'truth' ? undefined : (i) => preview.sample[i]?.value} />
    </>
  );
}

// Predictions: which are kept, when they run, what each is worth by its card. Fitted and scored here by hand, too.
import { useState } from 'react';
import { troubleFrom, type Answer, type Prediction, type PredictionCard, type PredictionList, type Trouble } from './api';
import { AnswerTable } from './ask';
import { AudienceNav } from './audience_nav';
import { useAsk, useKith } from './context';
import { count, percent } from './format';
import { Loading, Moment, Notice, Section, Table, TroubleNotice } from './parts';
import { hashOf } from './route';
import { StudyNotice, useStudy } from './study';
import type { Lang } from './words';

const LIST_EVERY_MS = 10000;
const DRIFT_MUCH = 0.25; // as the daemon warns: another world than the one it was fitted to

export function PredictionsPage({ name }: { name: string }) {
  return name ? <PredictionPage name={name} /> : <ListPage />;
}

function ListPage() {
  const { t } = useKith();
  const { data, trouble, again } = useAsk<PredictionList>('predictions', LIST_EVERY_MS);
  return (
    <>
      <h1>{t('audience')}</h1>
      <AudienceNav here="predictions" />
      <p className="muted">{t('predictions_about')}</p>
      {trouble && !data && <TroubleNotice trouble={trouble} again={again} />}
      {!data && !trouble && <Loading />}
      {data && <PredictionsOf list={data.predictions} />}
    </>
  );
}

// "每天 03:30"; by hand alone where it says none.
function scheduleOf(p: Prediction, lang: Lang, term: (kind: string, name: string) => string, byHand: string): string {
  if (!p.every) return byHand;
  return `${term('every', p.every)}${p.on ? ` ${p.on}` : ''}${p.at ? `${lang === 'zh' ? ' ' : ' at '}${p.at}` : ''}`;
}

export function PredictionsOf({ list }: { list: readonly Prediction[] }) {
  const { t, lang, term } = useKith();
  if (list.length === 0) return <Notice title={t('no_predictions')} about={t('no_predictions_about')} />;
  return (
    <section className="card">
      <Table label={t('predictions')} heads={[t('name_of'), t('trait_of'), t('schedule'), t('fitted'), t('scored'), t('people'), t('drift')]} counts={[5]}>
        {list.map((p) => (
          <tr key={p.name}>
            <th scope="row"><a href={hashOf({ view: 'predictions', name: p.name })}>{p.label ?? p.name}</a> <small>{p.label && p.name}</small></th>
            <td><code>{p.trait}</code></td>
            <td>{scheduleOf(p, lang, term, t('by_hand'))} {p.failed && <span className="tag bad" title={p.failed.why}>{t('failed')}</span>}</td>
            <td>{p.fitted ? <Moment time={p.fitted} /> : <span className="tag quarantined">{t('not_yet')}</span>}</td>
            <td>{p.scored ? <Moment time={p.scored.time} /> : '—'}</td>
            <td className="number count">{p.scored ? count(p.scored.people, lang) : '—'}</td>
            <td>{p.scored && <span className={p.scored.drift > DRIFT_MUCH ? 'tag bad' : 'tag good'}>{p.scored.drift.toFixed(2)}</span>}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function PredictionPage({ name }: { name: string }) {
  const { t } = useKith();
  const path = `predictions/${encodeURIComponent(name)}`;
  const { data, trouble, again } = useAsk<Prediction & { card: PredictionCard | null }>(path);
  if (trouble && !data) return <TroubleNotice trouble={trouble} again={again} />;
  if (!data) return <Loading />;
  return (
    <>
      <PredictionHead of={data} />
      <Work path={path} done={again} />
      {data.card ? <CardOf key={data.fitted} card={data.card} /> : <Notice title={t('not_fitted')} about={t('not_fitted_about')} />}
      <Section title={t('question_of')}><code className="expression">{JSON.stringify(data.question, null, 2)}</code></Section>
    </>
  );
}

export function PredictionHead({ of: p }: { of: Prediction }) {
  const { t, lang, term } = useKith();
  return (
    <>
      <div className="who">
        <h1>{p.label ?? p.name}</h1>
        <span className="muted">
          <code>{p.trait}</code> · {scheduleOf(p, lang, term, t('by_hand'))} · {t('revision')} {p.revision}, {t('saved')} <Moment time={p.saved} />
          {p.scored && <> · {t('scored')} <Moment time={p.scored.time} /> ({count(p.scored.people, lang)} {t('people_of')}, {t('drift')} {p.scored.drift.toFixed(2)}{p.scored.feature && `: ${p.scored.feature}`})</>}
        </span>
      </div>
      {p.failed && <Notice kind="bad" title={t('failed')} about={<>{(lang === 'zh' ? p.failed.why_zh : null) ?? p.failed.why} <Moment time={p.failed.time} /></>} />}
    </>
  );
}

// Fitting and scoring, each as long as it takes.
function Work({ path, done }: { path: string; done: () => void }) {
  const { t, lang, api } = useKith();
  const [isFitting, setIsFitting] = useState(false);
  const [written, setWritten] = useState<number | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const fit = useStudy<Answer>(isFitting ? `${path}/fit` : null, isFitting ? {} : undefined);
  if (isFitting && fit.data) {
    setIsFitting(false);
    done();
  }
  const score = async () => {
    setTrouble(null);
    try {
      const got = await api.send<{ written?: number }>('POST', `${path}/traits?wait_ms=60000`, { order: 'person', limit: 500000 });
      setWritten(got.written ?? 0);
      done();
    } catch (e) {
      setTrouble(troubleFrom(e));
    }
  };
  return (
    <>
      <div className="deeds">
        <button onClick={() => setIsFitting(true)} disabled={isFitting && !fit.trouble}>{t('fit_again')}</button>
        <button onClick={score}>{t('score_again')}</button>
        {written !== null && <span role="status">{t('scores_written')} {count(written, lang)}</span>}
      </div>
      {isFitting && <StudyNotice of={fit} />}
      {trouble && <TroubleNotice trouble={trouble} />}
    </>
  );
}

// What the model is worth: judged on people of a later time than those it was fitted to.
export function CardOf({ card }: { card: PredictionCard }) {
  const { t, lang, term } = useKith();
  const figures: [string, string, string][] = [
    [t('auc'), card.auc === null ? '—' : card.auc.toFixed(3), card.auc === null ? '' : `${card.auc_low?.toFixed(3)} – ${card.auc_high?.toFixed(3)}`],
    [t('base_rate'), percent(card.rate ?? 0, lang), ''],
    [t('calibration'), percent(card.calibration_error ?? 0, lang), t('calibration_about')],
    [t('judged_on'), count(card.judge_people, lang), `${t('did_it')} ${count(card.judge_positives, lang)}`],
    [t('fitted_to'), count(card.fit_people, lang), `${t('did_it')} ${count(card.fit_positives, lang)}`],
    [t('objected'), count(card.objected, lang), ''],
  ];
  return (
    <>
      <dl className="figures">{figures.map(([name, value, about]) => <div key={name}><dt>{name}</dt><dd>{value}<small>{about}</small></dd></div>)}</dl>
      {card.leaks.length > 0 && <Notice kind="bad" title={t('leaks')} about={card.leaks.map((l) => JSON.stringify(l)).join(', ')} />}
      <Section title={t('by_tenth')}>
        <p className="muted">{t('by_tenth_about')}</p>
        <AnswerTable kind="predict" answer={card} choose={() => undefined} />
      </Section>
      {card.tables.filter((table) => table.question !== 'predict').map((table) => (
        <Section key={table.question} title={term('question_table', table.question)}>
          <AnswerTable kind="predict" answer={table} choose={() => undefined} />
        </Section>
      ))}
    </>
  );
}

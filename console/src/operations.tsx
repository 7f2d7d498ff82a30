// What an operator of the daemon looks after: what rings, what goes out, what didn't arrive, and the last checkpoint.
import type { Checkpoint, ConsumerList, DeadList, Ports, RingingList } from './api';
import { useAsk, useKith } from './context';
import { bytes, count } from './format';
import { Loading, Moment, Notice, Section, Table, TroubleNotice } from './parts';

const EVERY_MS = 5000;

export function OperationsPage() {
  const { t } = useKith();
  const alarms = useAsk<RingingList>('alarms', EVERY_MS);
  const ports = useAsk<Ports>('ports', EVERY_MS);
  const dead = useAsk<DeadList>('ports/dead?limit=100', EVERY_MS);
  const consumers = useAsk<ConsumerList>('consumers', EVERY_MS);
  const checkpoint = useAsk<Checkpoint>('checkpoint', EVERY_MS);
  return (
    <>
      <h1>{t('operations')}</h1>
      <Section title={t('alarms')}>
        {alarms.trouble && <TroubleNotice trouble={alarms.trouble} again={alarms.again} />}
        {alarms.data ? <RingingOf list={alarms.data} /> : !alarms.trouble && <Loading />}
      </Section>
      <Section title={t('outgoing')}>
        {ports.trouble && <TroubleNotice trouble={ports.trouble} again={ports.again} />}
        {ports.data ? <PortsOf ports={ports.data} /> : !ports.trouble && <Loading />}
      </Section>
      <Section title={t('dead_letters')}>
        <p className="muted">{t('dead_about')}</p>
        {dead.trouble && <TroubleNotice trouble={dead.trouble} again={dead.again} />}
        {dead.data ? <DeadOf dead={dead.data} /> : !dead.trouble && <Loading />}
      </Section>
      <Section title={t('consumers')}>
        {consumers.trouble && <TroubleNotice trouble={consumers.trouble} again={consumers.again} />}
        {consumers.data ? <ConsumersOf list={consumers.data} /> : !consumers.trouble && <Loading />}
      </Section>
      <Section title={t('checkpoint_last')}>
        {checkpoint.trouble && <TroubleNotice trouble={checkpoint.trouble} again={checkpoint.again} />}
        {checkpoint.data ? <CheckpointOf checkpoint={checkpoint.data} /> : !checkpoint.trouble && <Loading />}
      </Section>
    </>
  );
}

export function RingingOf({ list }: { list: RingingList }) {
  const { t, lang } = useKith();
  if (list.alarms.length === 0) return <p className="muted">{t('no_alarms')}</p>;
  return (
    <Table label={t('alarms')} heads={[t('alarm'), t('since')]}>
      {list.alarms.map((a) => (
        <tr key={a.alarm}><td>{a[lang]}</td><td><Moment time={a.since} /></td></tr>
      ))}
    </Table>
  );
}

export function PortsOf({ ports }: { ports: Ports }) {
  const { t, lang } = useKith();
  return (
    <>
      {ports.paused && <Notice kind="bad" title={t('paused')} about={t('paused_about')} />}
      {ports.waiting === 0 && <p className="muted">{t('nothing_waits')}</p>}
      {ports.targets.length > 0 && (
        <Table label={t('outgoing')} heads={[t('target'), t('effect'), t('waits'), t('oldest')]} counts={[2]}>
          {ports.targets.map((p) => (
            <tr key={`${p.effect} ${p.target}`}><td><code>{p.target}</code></td><td>{p.effect}</td><td className="number count">{count(p.count, lang)}</td><td><Moment time={p.oldest} /></td></tr>
          ))}
        </Table>
      )}
    </>
  );
}

export function DeadOf({ dead }: { dead: DeadList }) {
  const { t } = useKith();
  if (dead.dead.length === 0) return <p className="muted">{t('no_dead')}</p>;
  return (
    <>
      <Table label={t('dead_letters')} heads={[t('time'), t('target'), t('effect'), t('reason'), t('position')]}>
        {dead.dead.map((d) => (
          <tr key={d.position}><td><Moment time={d.time} /></td><td><code>{d.target}</code></td><td>{d.effect}</td><td>{d.reason}</td><td className="number">{d.position}</td></tr>
        ))}
      </Table>
      {dead.next !== null && <p className="muted">{t('and_more')}</p>}
    </>
  );
}

export function ConsumersOf({ list }: { list: ConsumerList }) {
  const { t, lang } = useKith();
  if (list.consumers.length === 0) return <p className="muted">{t('no_consumers')}</p>;
  return (
    <Table label={t('consumers')} heads={[t('name_of'), t('acknowledged'), t('time'), t('by'), t('lag')]} counts={[4]}>
      {list.consumers.map((c) => (
        <tr key={c.name}>
          <td>{c.name}</td><td><code>{c.acknowledged}</code></td><td><Moment time={c.time} /></td><td>{c.by}</td>
          <td className="number count">{count(c.lag, lang)} {c.lost > 0 && <span className="tag bad">{t('lost')} {count(c.lost, lang)}</span>}</td>
        </tr>
      ))}
    </Table>
  );
}

export function CheckpointOf({ checkpoint }: { checkpoint: Checkpoint }) {
  const { t, lang } = useKith();
  return (
    <>
      {checkpoint.trouble && <Notice kind="bad" title={t('checkpoint_failed')} about={checkpoint.trouble} />}
      <dl className="pairs">
        <dt>{t('position')}</dt><dd className="number">{count(checkpoint.position, lang)}</dd>
        <dt>{t('time')}</dt><dd><Moment time={checkpoint.time} /></dd>
        <dt>{t('log_behind')}</dt><dd>{bytes(checkpoint.behind_bytes)}</dd>
      </dl>
    </>
  );
}

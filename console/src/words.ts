// All words of the page, in both languages. A noun is the one of docs/glossary.md.
import type { Name } from './api';

export type Lang = 'zh' | 'en';
type Pair = readonly [zh: string, en: string];

export const words = {
  overview: ['概览', 'Overview'],
  find: ['找人', 'Find'],
  live: ['实时', 'Live'],
  review: ['复核', 'Review'],
  skip: ['跳到正文', 'Skip to content'],
  views: ['页面', 'Views'],
  leave: ['退出', 'Leave'],
  other_lang: ['English', '中文'],
  retry: ['重试', 'Try again'],
  loading: ['读取中…', 'Loading…'],
  more: ['更多', 'Load more'],
  show_all: ['全部显示', 'Show all'],
  show_less: ['收起', 'Show fewer'],
  group_wide: ['全集团', 'whole group'],

  token_title: ['请输入令牌', 'Enter a token'],
  token_about: [
    '令牌即工作区目录中 admin.token 文件的内容，由 kith init 写入；也可用 kith token add 新建。它只保存在本标签页中。',
    'It is what stands in the file admin.token of the workspace folder, written by kith init; kith token add makes others. It is kept in this tab only.',
  ],
  token_label: ['令牌', 'Token'],
  token_open: ['进入', 'Open'],
  token_refused: ['令牌无效或已失效，请核对后重新输入。', 'This token is not in force. Check it and enter it again.'],

  unreachable: ['连接不上 Kith', 'Kith is not reached'],
  unreachable_about: ['请确认 kith serve 正在运行，然后重试。', 'See that kith serve is running, then try again.'],
  stale: ['暂时连接不上，以下为上次读到的数据，正在重试。', 'Not reached just now: these figures are the last ones read. Trying again.'],
  not_accepting: ['当前不接收事件', 'Events are not taken now'],

  people: ['人数', 'People'],
  identifiers: ['标识', 'Identifiers'],
  merges: ['合并', 'Merges'],
  events: ['事件', 'Events'],
  duplicates: ['拒收的重复事件', 'Duplicates refused'],
  since_start: ['自本次启动', 'since start'],
  position: ['日志位点', 'Log position'],
  horizon: ['去重范围', 'De-duplication reaches back'],
  log_size: ['日志大小', 'Log size'],
  log_time: ['日志时间', 'Log time'],
  checkpoint: ['检查点位点', 'Checkpoint at'],
  memory: ['内存', 'Memory'],
  waiting: ['等待中的命令', 'Commands waiting'],
  refused: ['拒绝的命令', 'Commands refused'],
  refusals: ['拒绝原因', 'Why commands were refused'],
  per_second: ['/秒', '/s'],
  per_person: ['平均每人', 'per person'],
  events_by_name: ['各类事件', 'Events by name'],
  limited: ['以下仅为该令牌可见的部分', 'Cut to what this token may see'],
  no_store_figures: ['事件不按门店统计', 'Events are not counted by store'],
  by_brand: ['各品牌', 'By brand'],
  by_brand_about: ['同一个人可为多个品牌所知，人数不可相加。', 'A person may be known to several brands: people don’t add up.'],
  other_events: ['其他', 'other'],
  engine: ['引擎', 'Engine'],
  no_events: ['还没有事件', 'No events yet'],
  no_events_about: [
    '把事件发到 POST /api/v1/events，或用 kith import 导入文件，几秒后这里就有数据。',
    'Send events to POST /api/v1/events, or import a file with kith import; they show here within seconds.',
  ],

  find_label: ['找一个人', 'Find a person'],
  find_hint: ['手机尾号四位、姓名、拼音、订单号，或 类型:值', 'Last 4 digits, name, pinyin, order, or type:value'],
  find_empty: ['可以这样找', 'Ways to find somebody'],
  find_by_digits: ['手机尾号', 'last four digits of a phone'],
  find_by_name: ['姓名', 'a name'],
  find_by_pinyin: ['拼音或首字母', 'pinyin or initials'],
  find_by_type: ['类型:值', 'type:value'],
  find_key: ['在任何页面按 / 键即可回到搜索框。', 'Press / on any page to come back to the box.'],
  find_audit: ['查看个人数据会留下记录。', 'Reads of personal data are recorded.'],
  find_nobody: ['没有找到', 'Nobody found'],
  find_nobody_about: ['请核对数字，或换姓名（全名或名，不能只写姓）、拼音、订单号再找。', 'Check the digits, or look by name (whole or given, not the family name alone), pinyin or order number.'],
  find_more: ['结果太多，只显示前面一部分：请写得更具体。', 'There are more than these: write more of it.'],
  name: ['姓名', 'Name'],
  phone: ['手机', 'Phone'],
  last_seen: ['最近出现', 'Last seen'],
  nameless: ['未留姓名', 'No name known'],

  number: ['人员编号', 'Number'],
  public_id: ['公开编号', 'Public id'],
  aliases: ['曾用编号', 'Once also number'],
  gone: ['没有这个人', 'There is no such person'],
  gone_about: ['可能已与他人合并或拆分，请重新查找。', 'They may have been merged or split: look for them again.'],
  back_to_find: ['返回查找', 'Back to Find'],
  pending: ['正在重新整理此人的数据，约一秒后自动更新。', 'Being put together again: this updates by itself within a second or so.'],
  reveal: ['显示完整号码', 'Show in full'],
  conceal: ['隐藏号码', 'Mask'],
  type: ['类型', 'Type'],
  namespace: ['命名空间', 'Namespace'],
  value: ['值', 'Value'],
  since: ['起始', 'Since'],
  until: ['至', 'until'],
  state: ['状态', 'State'],
  hidden: ['另有 # 个标识属于其他品牌。', 'And # more of other brands.'],
  why_one: ['为什么是同一个人', 'Why they are one'],
  why_alone: ['只有一个标识，无需证据。', 'There is one identifier: nothing had to be joined.'],
  why_hint: ['一条连线是一组同时出现过的标识；移到线上可看次数与时间。', 'A link is a set of identifiers seen together; point at it for how often and when.'],
  why_many: ['标识较多，以列表显示。', 'There are too many to draw: here is the list.'],
  why_none: ['没有留下证据。', 'No evidence was kept.'],
  why_rest: ['图中为最强的连线，其余见列表。', 'The strongest links are drawn; the list has all.'],
  evidence_list: ['证据列表', 'List of evidence'],
  seen_together: ['同时出现', 'Seen together'],
  times: ['次', 'times'],
  first: ['首次', 'first'],
  last: ['最近', 'last'],
  times_from: ['次数', 'Times'],
  rule: ['依据', 'By'],
  traits: ['特质', 'Traits'],
  no_traits: ['还没有特质。', 'No traits yet.'],
  source: ['来源', 'Source'],
  brand: ['品牌', 'Brand'],
  channel: ['渠道', 'Channel'],
  time: ['时间', 'Time'],
  earlier: ['以前的值', 'Earlier values'],
  counters: ['品牌 × 渠道', 'Brand × channel'],
  counters_of: ['统计哪种事件', 'Which event to count'],
  all_events: ['全部事件', 'All events'],
  no_counters: ['还没有计数。', 'Nothing counted yet.'],
  total: ['合计', 'Total'],
  consents: ['同意授权', 'Consents'],
  no_consents: ['没有授权记录：不可触达。', 'No consent is recorded: do not reach out.'],
  given: ['同意', 'given'],
  withdrawn: ['撤回', 'withdrawn'],
  purpose: ['用途', 'Purpose'],
  policy: ['政策版本', 'Policy'],
  timeline: ['时间线', 'Timeline'],
  timeline_end: ['到头了', 'That is all.'],
  no_timeline: ['还没有事件。', 'No events yet.'],
  items: ['明细', 'Items'],

  live_rate: ['事件/秒', 'events/s'],
  live_pause: ['暂停', 'Pause'],
  live_go_on: ['继续', 'Go on'],
  live_on: ['已连接', 'Connected'],
  live_paused: ['已暂停', 'Paused'],
  live_connecting: ['连接中…', 'Connecting…'],
  live_lost: ['连接断开，正在重连…', 'Connection lost, trying again…'],
  live_kept: ['只保留最近 200 行', 'The latest 200 rows are kept'],
  live_empty: ['等待事件', 'Waiting for events'],
  live_empty_about: ['有事件到达时立即显示在这里。', 'Each one shows here the moment it arrives.'],
  live_held: ['条新事件等待显示', 'new ones held back'],
  fact: ['事实', 'What'],
  person: ['个人', 'Person'],
  new_person: ['新人', 'new'],

  reviews: ['被隔离的标识', 'Identifiers in quarantine'],
  reviews_about: ['这些标识牵连了太多人（如导购手机号），不再合并任何人，等待人工复核。', 'These would tie too many people together (such as a staff phone). They join nobody until somebody decides.'],
  no_reviews: ['没有待复核的标识', 'Nothing waits for a review'],
  conflicts: ['冲突次数', 'Conflicts'],
  held_by: ['现持有人', 'Held by'],
  how_decide: ['此页只读。处理请用 POST /api/v1/identity/review。', 'This page only reads. To decide, use POST /api/v1/identity/review.'],
  acts: ['最近的人工操作', 'Latest acts'],
  no_acts: ['还没有人工操作', 'Nobody has acted by hand yet'],
  act: ['操作', 'Act'],
  by: ['操作者', 'By'],
  reason: ['原因', 'Reason'],
  undone: ['已撤销', 'undone'],
} satisfies Record<string, Pair>;

export type Word = keyof typeof words;

export function say(word: Word, lang: Lang): string {
  return words[word][lang === 'zh' ? 0 : 1];
}

// The built-in words for names that Kith or its standard dictionary knows. Others show as they are.
const known: Record<string, Record<string, Pair>> = {
  id: {
    user_id: ['用户 ID', 'User id'], unionid: ['微信 unionid', 'WeChat unionid'], phone: ['手机号', 'Phone'],
    external_userid: ['企微外部联系人', 'WeCom contact'], openid: ['微信 openid', 'WeChat openid'], taobao_ouid: ['淘宝 ouid', 'Taobao ouid'],
    tmall_omid: ['天猫 omid', 'Tmall omid'], jd_pin: ['京东 pin', 'JD pin'], douyin_openid: ['抖音 openid', 'Douyin openid'],
    xhs_id: ['小红书 ID', 'Xiaohongshu id'], member_no: ['会员号', 'Member number'], pos_card: ['门店会员卡', 'POS card'],
    email: ['邮箱', 'E-mail'], device_id: ['设备 ID', 'Device id'], anonymous_id: ['匿名 ID', 'Anonymous id'],
  },
  channel: {
    tmall: ['天猫', 'Tmall'], taobao: ['淘宝', 'Taobao'], jd: ['京东', 'JD'], douyin: ['抖音', 'Douyin'], xiaohongshu: ['小红书', 'Xiaohongshu'],
    mini_program: ['小程序', 'Mini-program'], official_account: ['公众号', 'Official account'], wecom: ['企业微信', 'WeCom'],
    web: ['官网', 'Web'], app: ['App', 'App'], pos: ['门店', 'Store'], store: ['门店', 'Store'], sms: ['短信', 'SMS'], email: ['邮件', 'E-mail'],
    call_centre: ['客服热线', 'Call centre'], survey: ['问卷', 'Survey'],
  },
  trait: {
    name: ['姓名', 'Name'], nickname: ['昵称', 'Nickname'], gender: ['性别', 'Gender'], birthday: ['生日', 'Birthday'], city: ['城市', 'City'],
    province: ['省份', 'Province'], region: ['地区', 'Region'], address: ['地址', 'Address'], phone: ['手机', 'Phone'], email: ['邮箱', 'E-mail'], language: ['语言', 'Language'],
    avatar: ['头像', 'Avatar'], district: ['区县', 'District'], country: ['国家', 'Country'], age: ['年龄', 'Age'],
  },
  reference: {
    shop: ['店铺', 'Shop'], store: ['门店', 'Store'], staff: ['员工', 'Staff'], touchpoint: ['触点', 'Touchpoint'], campaign: ['活动', 'Campaign'],
    order: ['订单', 'Order'], conversation: ['会话', 'Conversation'], group: ['群聊', 'Group chat'],
  },
  gender: { female: ['女', 'female'], male: ['男', 'male'] },
  purpose: { marketing: ['营销', 'Marketing'], service: ['服务', 'Service'], analytics: ['分析', 'Analytics'], profiling: ['画像', 'Profiling'] },
  state: { in_force: ['有效', 'in force'], passed_on: ['已转移', 'passed on'], quarantined: ['已隔离', 'in quarantine'] },
  rule: { event: ['同一事件', 'same event'], bind: ['人工绑定', 'bound by hand'], merge: ['人工合并', 'merged by hand'], review: ['人工复核', 'reviewed'] },
  cause: { live: ['实时', 'live'], late: ['迟到', 'late'], import: ['导入', 'import'], switch: ['切换', 'switch'], merge: ['合并', 'merge'], split: ['拆分', 'split'] },
  fact: {
    event_arrived: ['事件到达', 'Event arrived'], resolved: ['找到归属', 'Found whose it is'], person_merged: ['两人合并', 'People merged'],
    person_split: ['一人拆分', 'Person split'], identifier_quarantined: ['标识隔离', 'Identifier set aside'],
    profile_changed: ['画像变化', 'Profile changed'], token_changed: ['令牌变化', 'Token changed'],
  },
  act: {
    'identity.bind': ['绑定', 'Bind'], 'identity.unbind': ['解绑', 'Unbind'], 'identity.merge': ['合并', 'Merge'], 'identity.split': ['拆分', 'Split'],
    'identity.never_merge': ['禁止合并', 'Never merge'], 'identity.undo': ['撤销', 'Undo'], 'identity.review': ['复核', 'Review'],
    'identity.block': ['屏蔽', 'Block'], 'identity.type': ['声明类型', 'Declare type'],
  },
};

export function term(kind: string, name: string | null | undefined, lang: Lang): string {
  if (!name) return say('group_wide', lang);
  const of = known[kind];
  const pair = of && Object.hasOwn(of, name) ? of[name] : undefined;
  return pair ? pair[lang === 'zh' ? 0 : 1] : name;
}

// What the workspace itself says of its names comes first, then the built-in words.
export type Labels = Partial<Record<string, Map<string, Name>>>;

export function label(labels: Labels, kind: string, name: string | null | undefined, lang: Lang): string {
  const own = name ? labels[kind]?.get(name) : undefined;
  return (own && own[lang]) || term(kind, name, lang);
}

export function eventLabel(labels: Labels, e: { event: string; en?: string | null; zh?: string | null }, lang: Lang): string {
  const own = labels['event']?.get(e.event);
  return (own && own[lang]) || e[lang] || e.event;
}

export function langOf(kept: string | null, preferred: readonly string[]): Lang {
  if (kept === 'zh' || kept === 'en') return kept;
  const first = preferred.find((l) => /^(zh|en)\b/i.test(l));
  return first && /^en/i.test(first) ? 'en' : first ? 'zh' : 'en';
}

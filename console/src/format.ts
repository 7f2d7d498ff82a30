// Figures, times and values as people read them. Pure, but for the zone of the machine.
import type { Lang } from './words';

const LOCALE: Record<Lang, string> = { zh: 'zh-CN', en: 'en-GB' };
export const NOTHING = '—';

export function count(n: number, lang: Lang): string {
  return new Intl.NumberFormat(LOCALE[lang]).format(n);
}

// "12.5%"; below a tenth of a percent with two digits.
export function percent(share: number, lang: Lang): string {
  return new Intl.NumberFormat(LOCALE[lang], { style: 'percent', maximumFractionDigits: share > 0 && share < 0.001 ? 2 : 1 }).format(share);
}

// "¥1,299.00", "US$12.50": with the digits that the currency has.
export function money(n: number, currency: string, lang: Lang): string {
  try {
    return new Intl.NumberFormat(LOCALE[lang], { style: 'currency', currency }).format(n);
  } catch {
    return `${currency} ${n}`; // no code that this browser knows
  }
}

export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[unit]}`;
}

// The largest unit that fits, and the next one below where it isn't zero: "6 days 23 hours".
export function duration(seconds: number, lang: Lang): string {
  const units: [number, string, string][] = [[86400, 'day', '天'], [3600, 'hour', '小时'], [60, 'minute', '分钟'], [1, 'second', '秒']];
  const at = Math.max(0, units.findIndex(([size]) => seconds >= size));
  if (seconds < 1) return lang === 'zh' ? '0 秒' : '0 seconds';
  const parts: string[] = [];
  let rest = Math.floor(seconds);
  for (const [size, en, zh] of units.slice(at, at + 2)) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(lang === 'zh' ? `${n} ${zh}` : `${n} ${en}${n === 1 ? '' : 's'}`);
  }
  return parts.join(' ');
}

// In the reader's zone, to the second: "2026-01-02 11:04:05".
export function moment(time: string | null | undefined): string {
  const d = time ? new Date(time) : null;
  if (!d || Number.isNaN(d.getTime())) return NOTHING;
  const two = (n: number) => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

export function day(time: string | null | undefined): string {
  return moment(time).slice(0, 10);
}

// A value of a trait or property in one line.
export function plain(value: unknown, lang: Lang): string {
  if (value === null || value === undefined || value === '') return NOTHING;
  if (typeof value === 'boolean') return lang === 'zh' ? (value ? '是' : '否') : value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map((v) => plain(v, lang)).join(lang === 'zh' ? '、' : ', ');
  return JSON.stringify(value);
}

// Enough to recognise, not to use: "138****5678", "+86138****5678", "w***@example.com". Masked ones stay as they are.
export function masked(value: string): string {
  if (value.includes('*')) return value;
  const at = value.indexOf('@');
  if (at > 0) return `${value.slice(0, 1)}***${value.slice(at)}`;
  const chars = [...value];
  if (chars.length < 5) return '***';
  const tail = chars.length >= 8 ? 4 : 1;
  const head = Math.min(chars.length - tail - 3, value.startsWith('+') ? 6 : 3);
  return `${chars.slice(0, Math.max(head, 1)).join('')}****${chars.slice(-tail).join('')}`;
}

export function isPersonal(type: string): boolean {
  return type === 'phone' || type === 'email';
}

// The middle goes, for ids that are long: "0f3a9c…77d1".
export function shortened(text: string, most: number): string {
  const chars = [...text];
  if (chars.length <= most) return text;
  const tail = Math.floor((most - 1) / 3);
  return `${chars.slice(0, most - 1 - tail).join('')}…${chars.slice(-tail).join('')}`;
}

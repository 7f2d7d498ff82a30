// Server-sent events out of a byte stream. EventSource can't send a header, and the token goes in one.

export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

// Feeds text in pieces of any size; gives back the events that are whole by now. Comments are passed over.
export class EventParser {
  private rest = '';
  private id = '';
  private event = '';
  private data: string[] = [];

  push(text: string): ServerEvent[] {
    const out: ServerEvent[] = [];
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = this.line(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (event) out.push(event);
    }
    return out;
  }

  private line(line: string): ServerEvent | null {
    if (line === '') return this.dispatch();
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'id') this.id = value;
    else if (field === 'event') this.event = value;
    else if (field === 'data') this.data.push(value);
    return null;
  }

  private dispatch(): ServerEvent | null {
    const whole = this.data.length > 0;
    const event = { id: this.id, event: this.event || 'message', data: this.data.join('\n') };
    this.event = '';
    this.data = [];
    return whole ? event : null;
  }
}

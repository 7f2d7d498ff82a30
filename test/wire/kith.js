// A `kith serve` on a folder of its own, and a road to it that can be bad.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const KITH = process.env.KITH ?? fileURLToPath(new URL('../../build/src/app/kith', import.meta.url))

const env = { ...process.env, KITH_LANG: 'en' }

export class Kith {
  static async start() {
    const kith = new Kith()
    kith.folder = mkdtempSync(join(tmpdir(), 'kith-wire-'))
    const made = spawnSync(KITH, ['init', kith.folder], { env, encoding: 'utf8' })
    if (made.status !== 0) throw new Error(`kith init: ${made.error ?? made.stderr}`)
    kith.admin = readFileSync(join(kith.folder, 'main', 'admin.token'), 'utf8').trim()
    kith.child = spawn(KITH, ['serve', kith.folder, '--listen', '127.0.0.1:0'], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    kith.port = await new Promise((resolve, reject) => {
      kith.child.stdout.on('data', (said) => {
        const found = /127\.0\.0\.1:(\d+)/.exec(said)
        if (found) resolve(Number(found[1]))
      })
      kith.child.on('exit', (code) => reject(new Error(`kith serve ended with ${code}`)))
      kith.child.on('error', reject)
    })
    const token = await kith.ask('POST', '/api/v1/tokens', { name: 'wire', roles: ['collect'] })
    kith.writeKey = token.secret
    return kith
  }

  async stop() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGTERM')
    await ended
    rmSync(this.folder, { recursive: true, force: true })
  }

  async ask(method, path, body) {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.admin}` },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const json = await answer.json()
    if (!answer.ok) throw Object.assign(new Error(`${method} ${path}: ${JSON.stringify(json)}`), { status: answer.status })
    return json
  }

  async timeline(id) {
    try {
      return (await this.ask('GET', `/api/v1/people/${encodeURIComponent(id)}/timeline?limit=200`)).events
    } catch (trouble) {
      if (trouble.status === 404) return []
      throw trouble
    }
  }

  // The events of a person once there are `count` of them; a little later again, so that one too many is seen.
  async eventsOf(id, count, seconds = 40) {
    const until = Date.now() + seconds * 1000
    let events = []
    while (Date.now() < until && events.length < count) {
      events = await this.timeline(id)
      if (events.length < count) await pause(50)
    }
    await pause(300)
    return this.timeline(id)
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// Hands requests on to a Kith. `troubles` are used up by POST requests, one each:
//   'busy'   answered with 503 and not handed on
//   'reset'  handed on, and the answer is thrown away with the connection
export class Road {
  static async open(kith, troubles = []) {
    const road = new Road()
    Object.assign(road, { kith, troubles: [...troubles], posts: 0, bodies: [] })
    road.server = http.createServer((request, response) => road.carry(request, response))
    await new Promise((resolve) => road.server.listen(0, '127.0.0.1', resolve))
    road.url = `http://127.0.0.1:${road.server.address().port}`
    return road
  }

  close() {
    this.server.closeAllConnections()
    this.server.close()
  }

  carry(request, response) {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const isPost = request.method === 'POST'
      const trouble = isPost ? this.troubles.shift() : undefined
      this.posts += isPost
      if (trouble === 'busy') {
        response.writeHead(503, { 'Access-Control-Allow-Origin': request.headers.origin ?? '*' }).end('busy')
        return
      }
      this.pass(request, Buffer.concat(chunks), response, trouble === 'reset')
    })
  }

  pass(request, body, response, isReset) {
    const headers = { ...request.headers, 'content-length': body.length }
    delete headers['transfer-encoding']
    if (body.length === 0) delete headers['content-length']
    const onward = http.request({ host: '127.0.0.1', port: this.kith.port, path: request.url, method: request.method, headers }, (answer) => {
      if (isReset) {
        answer.resume().on('end', () => request.socket.resetAndDestroy())
        return
      }
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    onward.end(body)
  }
}

// Which of 0..count-1 came how often, as text that is easy to compare: "" when each came once.
export function notOnce(events, count) {
  const seen = new Array(count).fill(0)
  for (const event of events) if (event.properties?.n !== undefined) seen[event.properties.n]++
  return seen.map((times, n) => (times === 1 ? '' : `${n} came ${times} times`)).filter((words) => words !== '').join(', ')
}

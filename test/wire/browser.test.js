// Segment's SDK for browsers, unchanged, in a Chromium: its own settings, text/plain bodies and retries.
import assert from 'node:assert/strict'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import puppeteer from 'puppeteer-core'
import { Kith, Road, notOnce } from './kith.js'

const SLOW_MS = 120_000
const EVENTS = 20
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const SCRIPTS = fileURLToPath(new URL('node_modules/@segment/analytics-next/dist/umd/', import.meta.url))
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

let kith, shop, chromium, folder

// A page of another origin than Kith's, with the SDK's own script.
function shopServe(request, response) {
  const { pathname } = new URL(request.url, 'http://shop')
  if (/^\/sdk\/[\w.-]+\.js$/.test(pathname)) {
    response.writeHead(200, { 'Content-Type': 'text/javascript' })
    createReadStream(join(SCRIPTS, pathname.slice(5))).on('error', () => response.end()).pipe(response)
    return
  }
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
  response.end('<!doctype html><title>知己</title><script src="/sdk/index.js"></script>')
}

before(async () => {
  kith = await Kith.start()
  shop = http.createServer(shopServe)
  await new Promise((resolve) => shop.listen(0, '127.0.0.1', resolve))
  folder = mkdtempSync(join(tmpdir(), 'kith-chromium-'))
  chromium = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS, userDataDir: folder })
})
after(async () => {
  await chromium?.close()
  shop.closeAllConnections()
  shop.close()
  rmSync(folder, { recursive: true, force: true })
  await kith.stop()
})

// Runs in the page.
async function sendAll({ writeKey, url, host, userId, count, batching }) {
  const delivery = batching ? { strategy: 'batching', config: { size: 10, timeout: 200 } } : { strategy: 'standard' }
  const sdk = window.AnalyticsNext.AnalyticsBrowser.load(
    { writeKey, cdnURL: url },
    { integrations: { 'Segment.io': { apiHost: host, protocol: 'http', deliveryStrategy: delivery } }, retryQueue: true },
  )
  await sdk.identify(userId, { name: '王小明' })
  for (let n = 0; n < count; n++) void sdk.track('Wire Tested', { n })
  await sdk.page('首页')
}

for (const batching of [false, true]) {
  for (const [name, troubles] of Object.entries({ good: [], 'busy twice': ['busy', 'busy'], 'reset after the body was read': ['reset'] })) {
    test(`@segment/analytics-next, ${batching ? 'batching' : 'one by one'}, over a road that is ${name}`, { timeout: SLOW_MS }, async () => {
      const road = await Road.open(kith, troubles)
      const page = await chromium.newPage()
      const userId = `browser ${batching} ${name}`
      try {
        await page.goto(`http://127.0.0.1:${shop.address().port}/wire?q=1`)
        const host = `${road.url.slice('http://'.length)}/v1`
        await page.evaluate(sendAll, { writeKey: kith.writeKey, url: road.url, host, userId, count: EVENTS, batching })
        const events = await kith.eventsOf(`user_id:${userId}`, EVENTS + 2)
        assert.equal(notOnce(events, EVENTS), '')
        assert.equal(events.length, EVENTS + 2)
        assert.equal(road.troubles.length, 0, 'the troubles were met')
        const viewed = events.find((event) => event.event === 'page_viewed')
        assert.equal(viewed.channel, 'web')
        assert.equal(viewed.properties.page, '/wire')
        assert.equal(viewed.properties.page_name, '首页')
      } finally {
        await page.close()
        road.close()
      }
    })
  }
}

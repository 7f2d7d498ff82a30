// Segment's and RudderStack's SDKs for Node, unchanged: all that they send arrives, exactly once.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { Analytics } from '@segment/analytics-node'
import { Kith, Road, notOnce } from './kith.js'

const SLOW_MS = 120_000
const EVENTS = 40
const ROADS = { good: [], 'busy twice': ['busy', 'busy'], 'reset after the body was read': ['reset'] }

let kith
before(async () => {
  kith = await Kith.start()
})
after(() => kith.stop())

for (const [name, troubles] of Object.entries(ROADS)) {
  test(`@segment/analytics-node over a road that is ${name}`, { timeout: SLOW_MS }, async () => {
    const road = await Road.open(kith, troubles)
    const userId = `segment ${name}`
    const sdk = new Analytics({ writeKey: kith.writeKey, host: road.url, flushAt: 15, flushInterval: 200 })
    try {
      for (let n = 0; n < EVENTS; n++) sdk.track({ userId, event: 'Wire Tested', properties: { n, 名: '知己😀' } })
      await sdk.closeAndFlush()
      const events = await kith.eventsOf(`user_id:${userId}`, EVENTS)
      assert.equal(notOnce(events, EVENTS), '')
      assert.equal(events.length, EVENTS)
      assert.equal(events[0].properties.名, '知己😀')
      assert.equal(events[0].source, 'wire')
      assert.equal(road.troubles.length, 0, 'the troubles were met')
    } finally {
      road.close()
    }
  })

  test(`@rudderstack/rudder-sdk-node over a road that is ${name}`, { timeout: SLOW_MS }, async () => {
    const road = await Road.open(kith, troubles)
    const userId = `rudder ${name}`
    const sdk = new RudderAnalytics(kith.writeKey, { dataPlaneUrl: road.url, flushAt: 20, flushInterval: 200, gzip: true })
    try {
      for (let n = 0; n < EVENTS; n++) sdk.track({ userId, event: 'Wire Tested', properties: { n } })
      await sdk.flush().catch(() => {}) // it is told of a trouble, and sends again
      const events = await kith.eventsOf(`user_id:${userId}`, EVENTS)
      assert.equal(notOnce(events, EVENTS), '')
      assert.equal(events.length, EVENTS)
      assert.equal(road.troubles.length, 0, 'the troubles were met')
    } finally {
      road.close()
    }
  })
}

test('the calls of the Segment spec, as @segment/analytics-node sends them', { timeout: SLOW_MS }, async () => {
  const sdk = new Analytics({ writeKey: kith.writeKey, host: `http://127.0.0.1:${kith.port}` })
  const timestamp = new Date(Date.now() - 3600 * 1000)
  sdk.identify({ userId: 'calls', anonymousId: 'anon-calls', traits: { phone: '13812345678', name: '王小明' } })
  sdk.page({ userId: 'calls', name: '首页', properties: { path: '/home' } })
  sdk.screen({ userId: 'calls', name: 'Home' })
  sdk.group({ userId: 'calls', groupId: 'g-1', traits: { plan: 'a' } })
  sdk.track({ userId: 'calls', event: 'Order Completed', timestamp,
    properties: { order_id: 'o-1', revenue: 199.9, products: [{ product_id: 'p-1', price: 99.95, quantity: 2 }] } })
  await sdk.closeAndFlush()
  const events = await kith.eventsOf('user_id:calls', 5)
  assert.deepEqual(events.map((event) => event.event).sort(), ['group_joined', 'order_completed', 'page_viewed', 'page_viewed', 'profile_updated'])
  const order = events.find((event) => event.event === 'order_completed')
  assert.equal(order.order, 'o-1')
  assert.equal(order.properties.amount, 199.9)
  assert.equal(order.items[0].quantity, 2)
  assert.ok(Math.abs(new Date(order.time) - timestamp) < 2000, `${order.time} is about an hour ago`)
  assert.deepEqual(await kith.eventsOf('phone:13812345678', 5), events, 'one person')
  const previousId = randomUUID()
  const again = new Analytics({ writeKey: kith.writeKey, host: `http://127.0.0.1:${kith.port}` })
  again.track({ anonymousId: previousId, event: 'Before' })
  again.alias({ userId: 'calls', previousId })
  await again.closeAndFlush()
  const joined = await kith.eventsOf('user_id:calls', 7)
  assert.equal(joined.length, 7)
  assert.deepEqual(await kith.timeline(`anonymous_id:${previousId}`), joined, 'one person')
})

test('a write key that is none is refused', { timeout: SLOW_MS }, async () => {
  const sdk = new Analytics({ writeKey: 'kith_nothing', host: `http://127.0.0.1:${kith.port}`, maxRetries: 0 })
  const failed = new Promise((resolve) => sdk.on('error', resolve))
  sdk.track({ userId: 'nobody', event: 'Wire Tested' })
  await sdk.closeAndFlush({ timeout: 5000 })
  assert.ok(await failed)
  assert.equal((await kith.timeline('user_id:nobody')).length, 0)
})

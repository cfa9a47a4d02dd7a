#!/usr/bin/env node
// Follows channels of Tickgate: asks for a quote, joins late, proves that nothing is missing.
//
//     npm install redis
//     node subscriber.mjs redis://127.0.0.1:6379/0 md:quote:crypto:BTC-USDT md:trade:crypto:BTC-USDT
//
// JSON.parse makes prices doubles; where digits matter read the text with a decimal parser (npm lossless-json).
import { randomBytes } from 'node:crypto';
import { createClient } from 'redis';

const [url, ...channels] = process.argv.slice(2);
const client = createClient({ url });
const listener = client.duplicate();
const waiter = client.duplicate(); // BLPOP keeps a connection busy
for (const c of [client, listener, waiter]) c.on('error', (e) => console.error('redis:', e.message));

async function* request(op, fields, timeout = 30) {
  const id = randomBytes(12).toString('hex');
  await client.xAdd('md:req', '*', { id, op, client: 'example', deadline_ms: String(timeout * 1000), ...fields });
  for (let expected = 0, done = false; !done;) {
    const popped = await waiter.blPop(`md:rep:${id}`, timeout + 5);
    if (!popped) throw new Error('no answer: is a gateway running?');
    const reply = JSON.parse(popped.element);
    done = reply.done;
    if (reply.error) throw new Error(`${reply.error.code}: ${reply.error.message} (${reply.error.hint})`);
    if (reply.chunk < expected) continue; // written again after an outage of Redis
    if (reply.chunk > expected++) throw new Error('a chunk is missing');
    yield* reply.data;
  }
}

const seen = new Map(); // channel -> the newest message
const floor = new Map(); // channel -> the last value that was read after subscribing

function onMessage(text, channel) {
  const m = JSON.parse(text);
  let last = seen.get(channel);
  if (last && m.session < last.session) return; // an older publisher
  if (last && m.session > last.session) {
    console.log(channel, 'new session', m.session);
    last = undefined; // the check starts with this message
  }
  const low = floor.get(channel);
  if (low && (m.session < low.session || (m.session === low.session && m.seq <= low.seq))) return;
  if (last && m.seq <= last.seq) return; // sent again after a reconnect of the gateway
  if (last && m.seq !== last.seq + 1) console.log(channel, 'gap: missing', last.seq + 1, 'to', m.seq - 1);
  seen.set(channel, m);
  const values = m.type === 'trade' ? [m.price, m.size] : m.type === 'bar' ? [m.open, m.close] : [m.bid, m.ask];
  console.log(channel, 'seq', m.seq, ...values, ...m.flags);
}

async function readLastValues() { // … after subscribing: a state, not a link in the chain
  for (const channel of channels) {
    const text = await client.get(channel.replace('md:', 'md:last:'));
    if (!text) continue;
    floor.set(channel, JSON.parse(text));
    console.log('last value', channel, 'seq', floor.get(channel).seq);
  }
}

await Promise.all([client.connect(), listener.connect(), waiter.connect()]);
await listener.subscribe(channels, onMessage);
await readLastValues();
listener.on('ready', () => readLastValues().catch((e) => console.error('redis:', e.message))); // after each resubscribe

const symbols = [...new Set(channels.map((c) => c.split(':').slice(-2).join(':')))];
try {
  for await (const q of request('quote', { symbols: symbols.join(',') }))
    console.log('quote', `${q.class}:${q.symbol}`, ...(q.type === 'error' ? [q.error.code] : ['bid', q.bid, 'ask', q.ask, ...q.flags]));
} catch (e) {
  console.error('quote:', e.message);
}

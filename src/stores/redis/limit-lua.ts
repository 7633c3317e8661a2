import { UNLIMITED } from './limit-answer.ts';

/** How long a slot is held without being renewed, by the clock of the server. */
export const SLOT_MS = 10_000;

/** Reads and writes counters: see `buildLimitScript`. */
export const COUNTERS = `
local LENGTH, QUANTA, CELL = {60000, 3600000, 86400000}, 4000, 308
local HOUR, BURST, SLOT, UNLIMITED = 3600000, 10000, ${SLOT_MS}, ${UNLIMITED}
local FORM = {'number', 'number', 'number', 'number', 'table', 'table', 'table', 'table'}
local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min
local counters, changed, rules, slots, out = {}, {}, {}, {}, {now}

local function age(s, elapsed)
  if s.debt > 0 then s.debt = max(0, s.debt - elapsed / s.interval) end
  if s.debt < 1e-9 then s.debt = 0 end
  if s.noted >= 0 then s.noted = s.noted + elapsed end
  if s.noted >= BURST then s.noted = -1 end
  local past = {}
  for _, a in ipairs(s.past) do
    -- One that was told of tells no more for an hour, so what it was told for is needed for two.
    if a + elapsed < 2 * HOUR then past[#past + 1] = a + elapsed end
  end
  s.past = past
end

local function ageWindow(w, length, last)
  local quantum = length / QUANTA
  local moved = ceil(now / quantum) - ceil(last / quantum)
  local dead = QUANTA + ceil(now / quantum) - floor(now / quantum)
  local live = {}
  for i = 2, #w, 2 do
    local a = w[i] + moved
    -- The newest stays, or a hit could begin another cell beside it.
    if a < dead and (w[i + 1] > 0 or i == #w - 1) then
      live[#live + 1] = a
      live[#live + 1] = w[i + 1]
    end
  end
  if #live > 0 then table.insert(live, 1, w[1] + moved) end
  return live
end

local function load(key)
  local s = counters[key]
  if s then return s end
  local raw = redis.call('GET', key)
  if raw then
    local p = cmsgpack.unpack(raw)
    for i, form in ipairs(FORM) do
      if type(p[i]) ~= form then error('no counter') end
    end
    -- A clock that was set back stood still.
    local last = min(p[1], now)
    s = {debt = p[2], interval = p[3], noted = p[4], past = p[5], pending = 0, taking = 0, w = {}}
    age(s, now - last)
    for i = 1, 3 do s.w[i] = ageWindow(p[5 + i], LENGTH[i], last) end
  else
    s = {debt = 0, interval = 0, noted = -1, past = {}, pending = 0, taking = 0, w = {{}, {}, {}}}
  end
  counters[key] = s
  return s
end

-- Milliseconds until a cell of this age is forgotten.
local function untilForgotten(a, length)
  local quantum = length / QUANTA
  return (ceil(now / quantum) - a) * quantum + length - now
end

local function save(key, s)
  local ttl = s.debt * s.interval
  if s.noted >= 0 then ttl = max(ttl, BURST - s.noted) end
  if #s.past > 0 then ttl = max(ttl, HOUR - s.past[#s.past]) end
  for i = 1, 3 do
    local w = s.w[i]
    if #w > 0 then ttl = max(ttl, untilForgotten(w[#w - 1], LENGTH[i])) end
  end
  if ttl <= 0 then return redis.call('DEL', key) end
  local packed = cmsgpack.pack({now, s.debt, s.interval, s.noted, s.past, s.w[1], s.w[2], s.w[3]})
  redis.call('SET', key, packed, 'PX', string.format('%.0f', ceil(ttl) + 1))
end

local function rule(word)
  local r = rules[word]
  if not r then
    r = {}
    for n in string.gmatch(word, '[^,]+') do r[#r + 1] = tonumber(n) end
    rules[word] = r
  end
  return r
end`;

/** Finds out whether a hit has room. */
export const EXAMINE = `
local function slotsOf(key)
  local n = slots[key]
  if n then return n end
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')
  if last[2] and tonumber(last[2]) > now + SLOT then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', key, now + SLOT, '+inf')) do redis.call('ZADD', key, now + SLOT, id) end
  end
  slots[key] = redis.call('ZCARD', key)
  return slots[key]
end

local function full(h, which, wait)
  if h.left >= 0 or wait >= h.wait then h.which, h.wait = which, wait end
  h.left = -1
end

local function room(h, which, left, most)
  h.most = min(h.most, most)
  if h.left >= 0 and left <= h.left then h.which, h.left = which, left end
end

local function examineWindow(h, i, limit)
  local s, w, length = h.s, h.s.w[i], LENGTH[i]
  local count = s.pending
  for c = 3, #w, 2 do count = count + w[c] end
  local left = limit - count - h.cost
  if left >= 0 then return room(h, i - 1, left, limit - count) end
  for c = 3, #w, 2 do
    left = left + w[c]
    if left >= 0 then return full(h, i - 1, untilForgotten(w[c - 1], length)) end
  end
  full(h, i - 1, length + length / QUANTA)
end

-- Whether note n of those in 'past' makes more than are allowed within an hour.
local function isAbove(past, n, allowed)
  return n > allowed and past[n - allowed] - past[n] < HOUR
end

local function noteBurst(h)
  local past, allowed = h.s.past, h.rule[8]
  h.s.noted = 0
  past[#past + 1] = 0
  while #past > allowed + 2 do table.remove(past, 1) end
  if isAbove(past, #past, allowed) and not isAbove(past, #past - 1, allowed) then h.flags = 3 end
  changed[h.key] = h.s
end

local function examineBurst(h)
  local s, capacity, interval = h.s, h.rule[5], h.rule[6]
  local tokens = capacity - s.debt - s.pending
  if tokens + 1e-9 >= h.cost then
    h.most = min(h.most, tokens)
    if h.rule[7] == 1 then room(h, 3, floor(tokens - h.cost + 1e-9), tokens) end
    return
  end
  h.flags = 1
  h.most = h.cost
  if s.noted < 0 then noteBurst(h) end
  if h.rule[7] == 1 then full(h, 3, max(1, ceil((h.cost - tokens) * interval - 1e-6))) end
end

local function examine(h)
  for i = 1, 3 do
    if h.rule[i] > 0 then examineWindow(h, i, h.rule[i]) end
  end
  if h.rule[5] > 0 then examineBurst(h) end
  if h.rule[4] > 0 then
    if slots[h.slots] + h.s.taking >= h.rule[4] then full(h, 4, 1000) end
    h.s.taking = h.s.taking + 1
  end
  h.s.pending = h.s.pending + h.cost
end`;

/** Counts an admitted hit. */
export const COMMIT = `
-- All servers cut time into the same cells, so that what is given back is found by its time.
local function cellOf(a, quantum)
  return floor((ceil(now / quantum) - a) / CELL)
end

local function add(w, length, amount, lead)
  local quantum = length / QUANTA
  local a = ceil(now / quantum) - ceil((now + lead) / quantum)
  local n = #w
  if n == 0 then
    w[1], w[2], w[3] = a, a, amount
  elseif a >= w[n - 1] then
    w[n] = w[n] + amount
  elseif w[1] - a < CELL and cellOf(a, quantum) == cellOf(w[n - 1], quantum) then
    w[n - 1], w[n] = a, w[n] + amount
  else
    w[1], w[n + 1], w[n + 2] = a, a, amount
  end
end

local function count(key, s, r, amount, lead, isExceeded)
  for i = 1, 3 do
    if r[i] > 0 then add(s.w[i], LENGTH[i], amount, lead) end
  end
  if r[5] > 0 and not isExceeded then
    -- With a full bucket another burst begins.
    if s.debt == 0 then s.noted = -1 end
    s.debt, s.interval = min(r[5], s.debt + amount), r[6]
  end
  changed[key] = s
end

local function commit(h, slot)
  h.took = h.cost
  if h.most < UNLIMITED then
    h.took = max(h.cost, h.cost + floor((h.most - h.cost) * h.share))
    count(h.key, h.s, h.rule, h.took, h.lead, h.flags > 0)
  end
  if h.rule[4] > 0 then
    redis.call('ZADD', h.slots, now + SLOT, slot)
    redis.call('PEXPIRE', h.slots, SLOT + 1000)
    slots[h.slots] = slots[h.slots] + 1
  end
  if h.left == UNLIMITED then return end
  if h.which == 3 then
    h.wait = ceil((1 - (h.rule[5] - h.s.debt) % 1) * h.rule[6])
  else
    h.wait = untilForgotten(h.s.w[h.which + 1][2], LENGTH[h.which + 1])
  end
end`;

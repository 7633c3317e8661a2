import { hash } from 'node:crypto';
import { COMMIT, COUNTERS, EXAMINE } from './limit-lua.ts';

/** Reads the time of the server in whole milliseconds. */
const SERVER_TIME = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)";

/** A script as it is sent: by its hash, and whole where the server does not have it. */
export interface LimitScript {
  readonly text: string;
  readonly sha: string;
}

/**
 * Makes the script that counts, which runs a batch of operations in one step.
 *
 * Shape: `ARGV[1]` has a line for each operation, its words apart by spaces; each takes its keys in order from `KEYS`. A
 * `rule` is `perMinute,perHour,perDay,concurrent,capacity,intervalMs,isEnforced,reviewAbove`.
 *
 *     T slot n (rule cost share leadMs){n}   takes from every hit or none; keys: a counter, and slots where `concurrent` is not 0
 *     B amount atMs takenMs                  gives back what is counted as of one time of the server and was taken at another; key: a counter
 *     O rule amount ageMs                    counts what is there already, room or not; key: a counter
 *     F slot                                 frees a slot; key: slots
 *     K slot                                 keeps a slot; key: slots
 *
 * The answer starts with the time of the server. T adds 1 for admitted, 0 for refused or 2 for a key that holds something else, then for each hit: the index of its tightest
 * limit (minute, hour, day, burst, concurrent), what this request leaves of it or -1 where there is no room, milliseconds until that
 * changes, what was taken, and 1 for a burst exceeded plus 2 for one to review.
 *
 * A counter is a MessagePack array: time of the last write, tokens missing in the bucket, its interval, age of the last exceeded burst (-1
 * for none, and where the next one is noted whatever its age), ages of the latest ones, and for each window age of the first hit in the newest cell, then for each cell,
 * oldest first, age of its last hit and count. Ages of windows are in quanta, a 4000th of the window, before the last write.
 *
 * Safety: a cell takes hits of the same 308 quanta and is forgotten one window after its last, as in the memory of a gateway: nothing is
 * forgotten early, and late by 7.7 % at most. A clock of the server that was set back is taken for one that stood
 * still: ages stay, so nothing is forgiven, and nothing is remembered for longer than a window from then on. A hit that joins
 * a cell with a later end counts until then.
 */
export function buildLimitScript(time: string = SERVER_TIME): LimitScript {
  const text = `${time}\n${COUNTERS}\n${EXAMINE}\n${COMMIT}\n${OPERATIONS}`;
  return { text, sha: hash('sha1', text) };
}

const OPERATIONS = `
local at = 0
local function key()
  at = at + 1
  return KEYS[at]
end

local function open(hits)
  for _, h in ipairs(hits) do
    h.s = load(h.key)
    if h.slots then slotsOf(h.slots) end
  end
end

local function take(slot, n, words)
  local hits = {}
  for i = 1, n do
    local r = rule(words())
    local h = {rule = r, cost = tonumber(words()), share = tonumber(words()), lead = tonumber(words()), key = key()}
    if r[4] > 0 then h.slots = key() end
    h.which, h.left, h.wait, h.took, h.flags, h.most = 0, UNLIMITED, 0, 0, 0, UNLIMITED
    hits[i] = h
  end
  -- A key that holds something else fails its own requests, not all that came in this turn.
  local isOpen = pcall(open, hits)
  local ok = isOpen
  for i = 1, isOpen and n or 0 do
    examine(hits[i])
    if hits[i].left < 0 then ok = false end
  end
  for i = 1, isOpen and n or 0 do
    local h = hits[i]
    h.s.pending, h.s.taking = 0, 0
    if ok then commit(h, slot .. '.' .. i) end
  end
  out[#out + 1] = not isOpen and 2 or ok and 1 or 0
  for i = 1, n do
    local h = hits[i]
    for _, v in ipairs({h.which, h.left, h.wait, h.took, h.flags}) do out[#out + 1] = v end
  end
end

-- Of a bucket only what has not been refilled since; of a window nothing that is forgotten, or another hit would be. What should be
-- forgotten and is not yet lies in the cell of its time.
local function giveBack(k, amount, time, taken)
  local s = load(k)
  if s.interval > 0 then s.debt = max(0, s.debt - max(0, amount - max(0, now - taken) / s.interval)) end
  for i = 1, 3 do
    local w, quantum = s.w[i], LENGTH[i] / QUANTA
    local a = ceil(now / quantum) - ceil(time / quantum)
    for c = 2, #w, 2 do
      if w[c] <= a then
        local isKept = time + LENGTH[i] > now or cellOf(a, quantum) == cellOf(w[c], quantum)
        if isKept then w[c + 1] = max(0, w[c + 1] - amount) end
        break
      end
    end
  end
  changed[k] = s
end

local function owe(k, r, amount, ageMs)
  count(k, load(k), r, amount, -ageMs)
end

for line in string.gmatch(ARGV[1], '[^\\n]+') do
  local words = string.gmatch(line, '%S+')
  local op = words()
  if op == 'T' then
    take(words(), tonumber(words()), words)
  elseif op == 'B' then
    pcall(giveBack, key(), tonumber(words()), tonumber(words()), tonumber(words()))
  elseif op == 'O' then
    pcall(owe, key(), rule(words()), tonumber(words()), tonumber(words()))
  elseif op == 'F' then
    local k = key()
    redis.pcall('ZREM', k, words())
    slots[k] = nil
  elseif op == 'K' then
    local k = key()
    redis.pcall('ZADD', k, now + SLOT, words())
    redis.pcall('PEXPIRE', k, SLOT + 1000)
    slots[k] = nil
  end
end
for k, s in pairs(changed) do save(k, s) end
return out`;

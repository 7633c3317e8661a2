-- Sends one request text over and over. Arguments: the file with the request and, optionally, a file with one
-- token per line: each request then takes the next one in place of {{token}}, and the last one ends the run.
local text, head, tail, tokens
local threads = {}
-- wrk asks for one request that it never sends.
sent = -1

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  return content
end

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  text = read(args[1])
  if args[2] then
    local from, to = text:find("{{token}}", 1, true)
    head, tail = text:sub(1, from - 1), text:sub(to + 1)
    tokens = {}
    for line in io.lines(args[2]) do tokens[#tokens + 1] = line end
  end
end

function request()
  if not tokens then
    sent = sent + 1
    return text
  end
  local token = tokens[sent + 2]
  if token then
    sent = sent + 1
  else
    -- One more per free connection may go out before the loop ends; none is counted.
    wrk.thread:stop()
    token = tokens[#tokens]
  end
  return head .. token .. tail
end

function done(summary, latency)
  local errors = summary.errors
  local all = 0
  for _, thread in ipairs(threads) do all = all + thread:get("sent") end
  io.write(string.format(
    'RESULT {"sent":%d,"requests":%d,"bytes":%.0f,"durationUs":%d,"p50Us":%.0f,"p99Us":%.0f,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    all, summary.requests, summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end

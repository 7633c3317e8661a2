-- Sends one request text over and over. Arguments: the file with the request and, optionally, a file with one
-- token per line: each request then takes the next one in place of {{token}}, and the last one ends the run.
local text, head, tail, tokens
local position = 0

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  return content
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
  if not tokens then return text end
  position = position + 1
  local token = tokens[position]
  if not token then
    -- What the remaining connections still send is never counted: the loop ends before the answers.
    wrk.thread:stop()
    token = tokens[#tokens]
  end
  return head .. token .. tail
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"durationUs":%d,"p50Us":%.0f,"p99Us":%.0f,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end

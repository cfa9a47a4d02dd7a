#include "redis/budget_ledger.hpp"

namespace tickgate::redis {

// Rolling windows are kept in 64 slices, each counted until its end has left the window; a twentieth of the window (50
// ms to 2 s) is added for the time requests of different processes travel.
const std::string_view budget_script = R"lua(
local key, op, amount, expected = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local floor, day_ms = math.floor, 86400000
local have, flat = {}, redis.call('HGETALL', key)
for i = 1, #flat, 2 do have[flat[i]] = tonumber(flat[i + 1]) end

local keep = 0
local function keep_for(ms)
  keep = math.max(keep, math.ceil(ms), redis.call('PTTL', key))
  redis.call('PEXPIRE', key, keep)
end

if op == 'pause' then
  local till = math.max(now + amount, have['pause'] or 0)
  redis.call('HSET', key, 'pause', string.format('%d', till))
  keep_for(till - now)
  return {till - now}
end

local function month_of(day)
  local z = day + 719468
  local era = floor(z / 146097)
  local doe = z - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local mp = floor((5 * doy + 2) / 153)
  local m = mp < 10 and mp + 3 or mp - 9
  return (yoe + era * 400 + (m <= 2 and 1 or 0)) * 12 + m - 1
end
local function period_of(kind)
  local day = floor(now / day_ms)
  if kind == 'day' then return day, (day + 1) * day_ms end
  local month, last = month_of(day), day + 1
  while month_of(last) == month do last = last + 1 end
  return month, last * day_ms
end

local longest, used_by_all, adds = 0, {}, {}
if op == 'take' and (have['pause'] or 0) > now then longest = have['pause'] - now end

local function rolling(name, limit, window, own)
  local slice = math.ceil(window / 64)
  local life = window + math.min(math.max(window / 20, 50), 2000)
  local used, list, prefix = 0, {}, name .. ':'
  for field, v in pairs(have) do
    if string.sub(field, 1, #prefix) == prefix then
      local ends = (tonumber(string.sub(field, #prefix + 1)) + 1) * slice + life
      if ends <= now then
        redis.call('HDEL', key, field)
      else
        used = used + v
        list[#list + 1] = {ends, v}
      end
    end
  end
  local need, wait, left = math.min(own, limit), 0, used
  table.sort(list, function(a, b) return a[1] < b[1] end)
  for _, e in ipairs(list) do
    if left + need <= limit then break end
    left = left - e[2]
    wait = e[1] - now
  end
  return used, wait, function(n)
    redis.call('HINCRBY', key, prefix .. string.format('%d', floor(now / slice)), n)
    keep_for(2 * life)
  end
end

local function bucket(name, limit, window, own, burst)
  local level = math.max(0, (have[name .. ':level'] or 0) - (now - (have[name .. ':at'] or now)) * limit / window)
  local excess = level + math.min(own, burst) - burst
  return math.ceil(level), math.max(0, excess * window / limit), function(n)
    redis.call('HSET', key, name .. ':level', string.format('%.6f', level + n), name .. ':at', string.format('%d', now))
    keep_for((level + n) * window / limit + window)
  end
end

local function quota(name, limit, kind, own, bytes)
  local number, ends = period_of(kind)
  local field = name .. ':' .. number
  for old in pairs(have) do
    if old ~= field and string.sub(old, 1, #name + 1) == name .. ':' then redis.call('HDEL', key, old) end
  end
  local used = have[field] or 0
  local need = bytes and own or math.min(own, limit)
  return used, used + need > limit and ends - now or 0, function(n)
    redis.call('HINCRBY', key, field, n)
    keep_for(ends - now + day_ms)
  end
end

for i = 4, #ARGV, 5 do
  local kind, unit, limit, window = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local bytes, used, wait, add = unit == 'bytes', 0, 0, nil
  local own = bytes and math.max(expected, 1) or amount
  local name = unit .. ':' .. kind .. ':' .. ARGV[i + 3]
  if limit > 0 then
    if kind == 'rolling' then
      used, wait, add = rolling(name, limit, window, own)
    elseif kind == 'bucket' then
      used, wait, add = bucket(name, limit, window, own, tonumber(ARGV[i + 4]))
    else
      used, wait, add = quota(name, limit, kind, own, bytes)
    end
    if (op == 'spend') == bytes then adds[#adds + 1] = add end
  end
  used_by_all[#used_by_all + 1] = used
  longest = math.max(longest, wait)
end

if op == 'spend' or longest <= 0 then
  for _, add in ipairs(adds) do add(amount) end
  longest = 0
end
return {math.ceil(longest), unpack(used_by_all)}
)lua";

} // namespace tickgate::redis

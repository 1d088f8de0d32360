// SPDX-License-Identifier: Apache-2.0
internal import ApusRedis

extension QueueScript {
    /// Forgets names and dead messages whose time is over, and ends leases that no lease can be so long.
    ///
    /// Arguments: the channel, before when the dead are forgotten, how many are kept, how many to look at, after when no
    /// lease can end, when such a lease ends instead. Answers 1 if there may be more to forget.
    static let forget = script(
        """
        local c, before, kept, step, latest, ends = arg(), tonumber(arg()), tonumber(arg()), arg(), arg(), arg()
        local names = call('ZRANGEBYSCORE', at('seen', c), '-inf', now, 'LIMIT', 0, 1000)
        if #names > 0 then call('ZREM', at('seen', c), unpack(names)) end
        local more = #names == 1000
        local surplus = call('XLEN', at('dead', c)) - kept
        local dead = call('XRANGE', at('dead', c), '-', '+', 'COUNT', step)
        for i, entry in ipairs(dead) do
          local of = fields(entry)
          if surplus <= 0 and tonumber(of.died or '0') >= before then break end
          call('XDEL', at('dead', c), entry[1])
          call('ZREM', at('seen', c), of.name or '')
          surplus = surplus - 1
          if i == #dead then more = true end
        end
        for _, p in ipairs(priorities(c)) do
          local hand = at('hand', c, p)
          for _, id in ipairs(call('ZRANGEBYSCORE', hand, '(' .. latest, '+inf', 'LIMIT', 0, 1000)) do
            call('ZADD', hand, ends, id)
          end
        end
        return {recreated, more and 1 or 0}
        """)

    /// Lets go what entries hold that someone deleted from a stream.
    ///
    /// Arguments: the channel, `keys`, `unique` or `notes:` with a priority, a cursor. Answers the next cursor, and how many
    /// were let go.
    static let mend = script(
        """
        local c, kind, cursor = arg(), arg(), arg()
        local p = string.match(kind, '^notes:(%d)$')
        local key, mended = p and at('notes', c, p) or at(kind, c), 0
        local page = call('HSCAN', key, cursor, 'COUNT', 100)
        for i = 1, #page[2], 2 do
          local field, reference = page[2][i], page[2][i + 1]
          local of, id = string.match(reference, '^(%d) (%d+%-%d+)$')
          if p then of, id = p, field end
          local isThere
          if of then
            isThere = #call('XRANGE', at('stream', c, of), id, id) == 1
          else
            isThere = call('HEXISTS', at('parked', c), reference) == 1
          end
          if not isThere then
            if kind == 'keys' then release(c, field) else call('HDEL', key, field) end
            mended = mended + 1
          end
        end
        if mended > 0 then wake(c) end
        return {recreated, page[1], mended}
        """)

    /// Takes back entries that the group has given out for long and that are in nobody's hand here: someone read them by
    /// other means. Removes consumers that had nothing to do for an hour.
    ///
    /// Arguments: the channel, for how many milliseconds by the server's clock. Answers how many entries were taken back.
    static let adopt = script(
        """
        local c, idle = arg(), arg()
        local adopted = 0
        for _, p in ipairs(priorities(c)) do
          local stream = at('stream', c, p)
          local pending = redis.pcall('XPENDING', stream, G, 'IDLE', idle, '-', '+', 1000)
          for _, entry in ipairs(pending.err and {} or pending) do
            local id = entry[1]
            if not call('ZSCORE', at('hand', c, p), id) and not call('ZSCORE', at('again', c, p), id) then
              call('ZADD', at('again', c, p), now, id)
              adopted = adopted + 1
            end
          end
          local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, G)
          for _, consumer in ipairs(consumers.err and {} or consumers) do
            local of = fields({'', consumer})
            if of.name ~= me and of.pending == 0 and of.idle > 3600000 then
              call('XGROUP', 'DELCONSUMER', stream, G, of.name)
            end
          end
        end
        if adopted > 0 then wake(c) end
        return {recreated, adopted}
        """)

    /// What each channel holds. Answers the channel, how many wait, are in hand and are dead, and the age of the oldest
    /// entry in milliseconds by the server's clock, or -1.
    static let statistics = script(
        """
        local time = call('TIME')
        local milliseconds = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        local out = {recreated}
        for _, c in ipairs(call('SMEMBERS', T .. 'channels')) do
          local waiting, inHand, oldest = call('HLEN', at('parked', c)), 0, nil
          for _, p in ipairs(priorities(c)) do
            local hand = call('ZCARD', at('hand', c, p))
            waiting = waiting + math.max(0, call('XLEN', at('stream', c, p)) - hand)
            inHand = inHand + hand
            local first = call('XRANGE', at('stream', c, p), '-', '+', 'COUNT', 1)[1]
            local born = first and tonumber(string.match(first[1], '%d+'))
            if born then oldest = math.min(oldest or math.huge, born) end
          end
          out[#out + 1] = c
          out[#out + 1] = waiting
          out[#out + 1] = inHand
          out[#out + 1] = call('XLEN', at('dead', c))
          out[#out + 1] = oldest and math.max(0, milliseconds - oldest) or -1
        end
        return out
        """)

    /// Keeps what a service wants.
    ///
    /// Arguments: the service, its types or nothing, the channel that waits for somebody who wants it.
    static let register = script(
        """
        local service, types, c = arg(), arg(), arg()
        if types == '' then
          call('HDEL', T .. 'subscriptions', service)
        else
          call('HSET', T .. 'subscriptions', service, types)
        end
        wake(c)
        return {recreated}
        """)
}

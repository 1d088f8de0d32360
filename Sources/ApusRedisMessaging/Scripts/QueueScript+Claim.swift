// SPDX-License-Identifier: Apache-2.0
internal import ApusRedis

extension QueueScript {
    /// Takes messages in hand.
    ///
    /// Arguments: the channel, how many, when the leases end, how many to read at a time, after how many bytes to stop.
    /// Answers priority, id, token, attempt and event of each.
    static let claim = script(
        """
        local c, limit, ends, step, most = arg(), tonumber(arg()), arg(), tonumber(arg()), tonumber(arg())
        local number, bytes, out = 0, 0, {0}

        local function deliver(p, entries, isFirst)
          local stream, leases = at('stream', c, p), {}
          local epoch = tonumber(call('GET', at('epoch', c, p)) or '0')
          for _, entry in ipairs(entries) do
            local id, claims, back = entry[1], 1, 0
            if not isFirst then
              claims = call('XPENDING', stream, G, id, id, 1)[1][4]
              back = note(c, p, id).b or 0
            end
            local event = fields(entry).event or ''
            leases[#leases + 1] = ends
            leases[#leases + 1] = id
            out[#out + 1] = p
            out[#out + 1] = id
            out[#out + 1] = epoch + claims
            out[#out + 1] = math.max(1, claims - back)
            out[#out + 1] = event
            bytes = bytes + #event
            number = number + 1
          end
          if #leases > 0 then call('ZADD', at('hand', c, p), unpack(leases)) end
        end

        -- What failed and is due, and what others had in hand for too long; earliest first.
        local function ripe(p)
          local ids, entries = {}, {}
          for _, kind in ipairs({'again', 'hand'}) do
            for _, id in ipairs(call('ZRANGEBYSCORE', at(kind, c, p), '-inf', now, 'LIMIT', 0, limit - number)) do
              local major, minor = string.match(id, '(%d+)-(%d+)')
              entries[#entries + 1] = {tonumber(major), tonumber(minor), id}
            end
          end
          table.sort(entries, function(a, b)
            if a[1] ~= b[1] then return a[1] < b[1] end
            return a[2] < b[2]
          end)
          for i = 1, math.min(#entries, limit - number) do ids[i] = entries[i][3] end
          return ids
        end

        local function takeRipe(p)
          local stream, ids = at('stream', c, p), ripe(p)
          for first = 1, #ids, step do
            if bytes >= most then return end
            local some = {unpack(ids, first, math.min(first + step - 1, #ids))}
            local entries = grouped(c, p, 'XCLAIM', stream, G, me, 0, unpack(some))
            call('ZREM', at('again', c, p), unpack(some))
            if #entries < #some then
              -- Someone deleted the others.
              call('ZREM', at('hand', c, p), unpack(some))
              for _, id in ipairs(some) do
                if #call('XRANGE', stream, id, id) == 0 then call('HDEL', at('notes', c, p), id) end
              end
            end
            deliver(p, entries, false)
          end
        end

        local function takeNew(p)
          while number < limit and bytes < most do
            local count = math.min(step, limit - number)
            local reply = grouped(
              c, p, 'XREADGROUP', 'GROUP', G, me, 'COUNT', count, 'STREAMS', at('stream', c, p), '>')
            if not reply then return end
            deliver(p, reply[1][2], true)
            if #reply[1][2] < count then return end
          end
        end

        for _, n in ipairs(call('ZRANGEBYSCORE', at('due', c), '-inf', now, 'LIMIT', 0, 1000)) do
          call('ZREM', at('due', c), n)
          unpark(c, n)
        end
        for _, p in ipairs(priorities(c)) do
          if number < limit then takeRipe(p) end
          takeNew(p)
        end
        if number < limit and call('EXISTS', at('idle', c)) == 0 then call('SET', at('idle', c), 1) end
        out[1] = recreated
        return out
        """)

    /// How many microseconds until something of a channel may be claimed: 0 for now, -1 without any.
    ///
    /// Argument: the channel.
    static let nextDue = script(
        """
        local c = arg()
        local best

        local function look(key)
          local first = call('ZRANGE', key, 0, 0, 'WITHSCORES')
          if first[2] then best = math.min(best or math.huge, tonumber(first[2])) end
        end

        local function hasUnread(p)
          local groups = redis.pcall('XINFO', 'GROUPS', at('stream', c, p))
          if groups.err then return false end
          for _, group in ipairs(groups) do
            local of = fields({'', group})
            if of.name == G then
              return #call('XRANGE', at('stream', c, p), '(' .. of['last-delivered-id'], '+', 'COUNT', 1) > 0
            end
          end
          -- Whoever claims makes the group.
          return call('XLEN', at('stream', c, p)) > 0
        end

        look(at('due', c))
        for _, p in ipairs(priorities(c)) do
          look(at('again', c, p))
          look(at('hand', c, p))
          if hasUnread(p) then return {recreated, 0} end
        end
        return {recreated, best and math.max(0, best - clock) or -1}
        """)
}

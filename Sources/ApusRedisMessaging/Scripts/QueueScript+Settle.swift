// SPDX-License-Identifier: Apache-2.0
internal import ApusRedis

extension QueueScript {
    /// Whether an entry is in the hand that a token stands for; gives how often it was claimed.
    private static let held = """
        local function held(c, p, id, token)
          if not call('ZSCORE', at('hand', c, p), id) then return nil end
          local pending = redis.pcall('XPENDING', at('stream', c, p), G, id, id, 1)
          if pending.err or #pending == 0 then return nil end
          local claims = pending[1][4]
          if tonumber(call('GET', at('epoch', c, p)) or '0') + claims ~= tonumber(token) then return nil end
          return claims
        end

        """

    /// Settles messages in hand.
    ///
    /// Arguments: the channel, until when a finished name is remembered (empty: not at all) and a dead one, how many dead
    /// are kept, how many messages; for each `d`one, `r`etry, give `b`ack or dead (`x`), priority, id, token, name and key,
    /// then due and error, due, or reason and error. Answers a text with `1` for each that was held and `0` for others.
    static let settle = script(
        held + """
            local c, doneUntil, deadUntil, kept, count = arg(), arg(), arg(), arg(), tonumber(arg())
            local held_, isReady = {}, false

            local function finish(p, id, key)
              local stream, reference = at('stream', c, p), p .. ' ' .. id
              call('XACK', stream, G, id)
              call('XDEL', stream, id)
              call('ZREM', at('hand', c, p), id)
              local unique = note(c, p, id).u
              call('HDEL', at('notes', c, p), id)
              if unique and call('HGET', at('unique', c), unique) == reference then
                call('HDEL', at('unique', c), unique)
              end
              if key ~= '' and call('HGET', at('keys', c), key) == reference then
                release(c, key)
                isReady = true
              end
            end

            local function remember(name, till)
              if till == '' then
                call('ZREM', at('seen', c), name)
              else
                call('ZADD', at('seen', c), 'XX', till, name)
              end
            end

            local function postpone(p, id, due, known)
              call('ZREM', at('hand', c, p), id)
              call('ZADD', at('again', c, p), due, id)
              call('HSET', at('notes', c, p), id, cmsgpack.pack(known))
              if tonumber(due) <= clock then isReady = true end
            end

            local function bury(p, id, claims, name, key, reason, text)
              local entry, known = call('XRANGE', at('stream', c, p), id, id)[1], note(c, p, id)
              if entry then
                call(
                  'XADD', at('dead', c), 'MAXLEN', '~', kept, '*', 'event', fields(entry).event or '', 'priority', p,
                  'reason', reason, 'attempts', math.max(1, claims - (known.b or 0)), 'first_error', known.f or text,
                  'last_error', text, 'died', now, 'name', name, 'key', key)
              end
              remember(name, entry and deadUntil or '')
              finish(p, id, key)
            end

            for n = 1, count do
              local kind, p, id, token, name, key = arg(), arg(), arg(), arg(), arg(), arg()
              local claims = held(c, p, id, token)
              held_[n] = claims and '1' or '0'
              if kind == 'd' then
                if claims then
                  remember(name, doneUntil)
                  finish(p, id, key)
                end
              elseif kind == 'r' then
                local due, text = arg(), arg()
                if claims then
                  local known = note(c, p, id)
                  known.f = known.f or text
                  known.l = text
                  postpone(p, id, due, known)
                end
              elseif kind == 'b' then
                local due = arg()
                if claims then
                  local known = note(c, p, id)
                  known.b = (known.b or 0) + 1
                  postpone(p, id, due, known)
                end
              else
                local reason, text = arg(), arg()
                if claims then bury(p, id, claims, name, key, reason, text) end
              end
            end
            if isReady then wake(c) end
            return {recreated, table.concat(held_)}
            """)

    /// Lets leases end later.
    ///
    /// Arguments: the channel, when they end, how many; for each priority, id and token. Answers as ``settle``.
    static let extend = script(
        held + """
            local c, ends, count = arg(), arg(), tonumber(arg())
            local held_ = {}
            for n = 1, count do
              local p, id, token = arg(), arg(), arg()
              local isHeld = held(c, p, id, token)
              if isHeld then call('ZADD', at('hand', c, p), 'XX', ends, id) end
              held_[n] = isHeld and '1' or '0'
            end
            return {recreated, table.concat(held_)}
            """)
}

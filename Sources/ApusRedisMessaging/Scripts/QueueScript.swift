// SPDX-License-Identifier: Apache-2.0
internal import ApusRedis

/// The scripts of a queue: each is one step for the server, so that a process that ends between two commands leaves
/// nothing half done.
///
/// All get the tag that the queue's keys begin with as their key, then the name of the group, the time in microseconds and
/// the name of this instance. All answer an array that begins with the number of groups that had to be made anew.
enum QueueScript {
    /// What they share.
    ///
    /// A message is an entry of the stream of its channel and priority. `hand` says when the lease of one in hand ends,
    /// `again` when one that failed is due, `notes` what else is to be known of an entry. One that isn't due yet, or is
    /// blocked by its ordering key, is `parked`, in `due` or in the `line` of its key. `keys` and `unique` refer to the
    /// message that holds the key: `4 1526919030474-0` in the stream of priority 4, `17` parked.
    static let prelude = """
        local T, G, now, me = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
        local call, clock, recreated, position = redis.call, tonumber(ARGV[2]), 0, 3
        local opened = {}

        local function arg()
          position = position + 1
          return ARGV[position]
        end

        local function at(kind, c, p)
          return T .. kind .. ':' .. c .. (p and ':' .. p or '')
        end

        local function line(c, k)
          return T .. 'line:' .. #c .. ':' .. c .. ':' .. k
        end

        -- Makes stream and group, for the first time or because someone deleted them.
        local function establish(c, p)
          local stream = at('stream', c, p)
          local gone = call('EXISTS', stream) == 0
          call('XGROUP', 'CREATE', stream, G, '0', 'MKSTREAM')
          call('SADD', T .. 'channels', c)
          if call('SADD', at('priorities', c), p) == 1 then return end
          recreated = recreated + 1
          -- Deliveries are counted from 1 again: no token may come twice.
          call('INCRBY', at('epoch', c, p), '4294967296')
          call('DEL', at('hand', c, p), at('again', c, p))
          if gone then
            call('DEL', at('notes', c, p))
            call('ZREMRANGEBYSCORE', at('seen', c), 'inf', 'inf')
          end
        end

        local function open(c, p)
          local stream = at('stream', c, p)
          if not opened[stream] then
            if call('EXISTS', stream) == 0 then establish(c, p) end
            opened[stream] = true
          end
          return stream
        end

        -- Calls what needs the group.
        local function grouped(c, p, ...)
          local reply = redis.pcall(...)
          if type(reply) ~= 'table' or not reply.err then return reply end
          if not string.find(reply.err, 'NOGROUP', 1, true) then error(reply.err) end
          establish(c, p)
          return call(...)
        end

        local function priorities(c)
          local all = call('SMEMBERS', at('priorities', c))
          table.sort(all, function(a, b) return a > b end)
          return all
        end

        local function fields(entry)
          local all = {}
          for i = 1, #entry[2], 2 do all[entry[2][i]] = entry[2][i + 1] end
          return all
        end

        local function note(c, p, id)
          local packed = call('HGET', at('notes', c, p), id)
          return packed and cmsgpack.unpack(packed) or {}
        end

        local function park(c, m)
          local n = tostring(call('INCR', at('parkings', c)))
          call('SADD', T .. 'channels', c)
          call('HSET', at('parked', c), n, cmsgpack.pack(m))
          return n
        end

        local function refer(c, m, reference)
          if m.k then call('HSET', at('keys', c), m.k, reference) end
          if m.u then call('HSET', at('unique', c), m.u, reference) end
        end

        -- Lets a message wait: p priority, e event, d due, k ordering key, u unique key.
        local function place(c, m)
          if m.d > clock then
            local n = park(c, m)
            call('ZADD', at('due', c), m.d, n)
            return refer(c, m, n)
          end
          local id = call('XADD', open(c, m.p), '*', 'event', m.e)
          if m.u then call('HSET', at('notes', c, m.p), id, cmsgpack.pack({u = m.u})) end
          refer(c, m, m.p .. ' ' .. id)
        end

        -- False if it isn't parked any more.
        local function unpark(c, n)
          local packed = call('HGET', at('parked', c), n)
          if not packed then return false end
          call('HDEL', at('parked', c), n)
          place(c, cmsgpack.unpack(packed))
          return true
        end

        local function isBusy(c, k)
          return k and call('HEXISTS', at('keys', c), k) == 1
        end

        -- Lets the next of an ordering key go.
        local function release(c, k)
          repeat
            local n = call('LPOP', line(c, k))
            if not n then return call('HDEL', at('keys', c), k) end
          until unpark(c, n)
        end

        -- Calls those who wait, in other processes.
        local function wake(c)
          if call('DEL', at('idle', c)) == 1 then call('PUBLISH', at('wake', c), me) end
        end

        """

    /// A script of what they share and `body`.
    ///
    /// - Parameter growing: whether it is refused when the server's memory is full. What makes room, in the end, isn't.
    static func script(growing: Bool = false, _ body: String) -> RedisScript {
        RedisScript((growing ? "" : "#!lua flags=allow-oom\n") + prelude + body)
    }

    /// The consumer group of every stream.
    static let group = "workers"
}

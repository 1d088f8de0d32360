// SPDX-License-Identifier: Apache-2.0
internal import ApusRedis

extension QueueScript {
    /// Appends what several calls of `append` brought, each all or none.
    ///
    /// Arguments: the capacity, the number of calls; for each call its channels with how many messages each gets, and its
    /// runs: `p` channel priority number events… of messages that are nothing but events, or `f` channel priority event
    /// name due key unique. Answers for each call `s` or `d` a message, or `f` and the channel that is full.
    static let append = script(
        growing: true,
        """
        local capacity, calls = tonumber(arg()), tonumber(arg())
        local depths, touched, answers = {}, {}, {}

        local function depth(c)
          if not depths[c] then
            local n = call('HLEN', at('parked', c))
            for _, p in ipairs(priorities(c)) do n = n + call('XLEN', at('stream', c, p)) end
            depths[c] = n
          end
          return depths[c]
        end

        local function isKnown(c, name, unique)
          if unique and call('HEXISTS', at('unique', c), unique) == 1 then return true end
          if name == '' or call('ZADD', at('seen', c), 'NX', 'inf', name) == 1 then return false end
          if tonumber(call('ZSCORE', at('seen', c), name)) > clock then return true end
          call('ZADD', at('seen', c), 'inf', name)
          return false
        end

        local function run(full, marks)
          local c, p, number = arg(), arg(), tonumber(arg())
          if full then
            position = position + number
            return
          end
          local stream = open(c, p)
          for _ = 1, number do call('XADD', stream, '*', 'event', arg()) end
          depths[c] = depths[c] + number
          marks[#marks + 1] = string.rep('s', number)
        end

        local function single(full, marks)
          local c, p, event, name, due, key, unique = arg(), arg(), arg(), arg(), tonumber(arg()), arg(), arg()
          if full then return end
          if unique == '' then unique = nil end
          if key == '' then key = nil end
          if isKnown(c, name, unique) then
            marks[#marks + 1] = 'd'
            return
          end
          local m = {p = p, e = event, d = due, k = key, u = unique}
          if isBusy(c, key) then
            local n = park(c, m)
            call('RPUSH', line(c, key), n)
            refer(c, {u = unique}, n)
          else
            place(c, m)
          end
          depths[c] = depths[c] + 1
          marks[#marks + 1] = 's'
        end

        for n = 1, calls do
          local full = nil
          for _ = 1, tonumber(arg()) do
            local c, wanted = arg(), tonumber(arg())
            if depth(c) + wanted > capacity then full = c end
            touched[c] = true
          end
          local marks = {}
          for _ = 1, tonumber(arg()) do
            if arg() == 'p' then run(full, marks) else single(full, marks) end
          end
          answers[n + 1] = full and 'f' .. full or table.concat(marks)
        end
        for c in pairs(touched) do wake(c) end
        answers[1] = recreated
        return answers
        """)
}

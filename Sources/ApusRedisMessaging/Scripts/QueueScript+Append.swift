// SPDX-License-Identifier: Apache-2.0
internal import ApusRedis

extension QueueScript {
    /// Appends what several calls of `append` brought.
    ///
    /// Arguments: the capacity, the number of parts. A part is `m` and a run, of messages that are each stored or not; or `c`,
    /// the channels of a call with how many messages each gets, and its runs, of which all are stored or none. A run is `p`
    /// channel priority number events… of messages that are nothing but events, `n` likewise with the name after each event,
    /// or `f` channel priority event name due key unique. Answers for each part a letter a message: `s`tored, `d`uplicate,
    /// or `f`ull; a call that isn't stored is `f` and the channel that is full.
    static let append = script(
        growing: true,
        """
        local capacity, parts = tonumber(arg()), tonumber(arg())
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

        -- isWhole: whether there is room for all of it, or for none.
        local function run(kind, marks, isWhole, isFull)
          local c, p, number = arg(), arg(), tonumber(arg())
          if isFull then
            position = position + number * (kind == 'n' and 2 or 1)
            return
          end
          local stream, stored = open(c, p), depth(c)
          touched[c] = true
          if kind == 'p' then
            local fitting = isWhole and number or math.max(0, math.min(number, capacity - stored))
            for i = position + 1, position + fitting do call('XADD', stream, '*', 'event', ARGV[i]) end
            position, stored = position + number, stored + fitting
            marks[#marks + 1] = string.rep('s', fitting) .. string.rep('f', number - fitting)
          else
            for _ = 1, number do
              local event, name, mark = arg(), arg(), 's'
              if not isWhole and stored >= capacity then
                mark = 'f'
              elseif isKnown(c, name) then
                mark = 'd'
              else
                call('XADD', stream, '*', 'event', event)
                stored = stored + 1
              end
              marks[#marks + 1] = mark
            end
          end
          depths[c] = stored
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

        local function whole(marks)
          local full
          for _ = 1, tonumber(arg()) do
            local c, wanted = arg(), tonumber(arg())
            if depth(c) + wanted > capacity then full = c end
            touched[c] = true
          end
          for _ = 1, tonumber(arg()) do
            local kind = arg()
            if kind == 'f' then single(full, marks) else run(kind, marks, true, full) end
          end
          return full and 'f' .. full
        end

        for n = 1, parts do
          local marks, full = {}, nil
          if arg() == 'm' then run(arg(), marks) else full = whole(marks) end
          answers[n + 1] = full or table.concat(marks)
        end
        for c in pairs(touched) do wake(c) end
        answers[1] = recreated
        return answers
        """)
}

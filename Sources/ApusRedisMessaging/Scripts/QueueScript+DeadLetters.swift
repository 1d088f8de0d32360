// SPDX-License-Identifier: Apache-2.0
internal import ApusRedis

extension QueueScript {
    /// Lets dead messages wait again.
    ///
    /// Arguments: the channel, how many, their ids from the oldest. Answers how many were dead.
    static let redrive = script(
        """
        local c, count = arg(), tonumber(arg())
        local number, front = 0, {}
        for _ = 1, count do
          local id = arg()
          local entry = call('XRANGE', at('dead', c), id, id)[1]
          if entry then
            local of = fields(entry)
            local m = {p = of.priority or '4', e = of.event or '', d = 0, k = of.key ~= '' and of.key or nil}
            call('XDEL', at('dead', c), id)
            call('ZADD', at('seen', c), 'XX', 'inf', of.name or '')
            if isBusy(c, m.k) then
              -- Older than those that are blocked.
              front[m.k] = front[m.k] or {}
              table.insert(front[m.k], park(c, m))
            else
              place(c, m)
            end
            number = number + 1
          end
        end
        for k, all in pairs(front) do
          for i = #all, 1, -1 do call('LPUSH', line(c, k), all[i]) end
        end
        if number > 0 then wake(c) end
        return {recreated, number}
        """)

    /// Deletes dead messages, whose names are forgotten.
    ///
    /// Arguments: the channel, how many, their ids. Answers how many were dead.
    static let drop = script(
        """
        local c, count = arg(), tonumber(arg())
        local number = 0
        for _ = 1, count do
          local id = arg()
          local entry = call('XRANGE', at('dead', c), id, id)[1]
          if entry then
            call('XDEL', at('dead', c), id)
            call('ZREM', at('seen', c), fields(entry).name or '')
            number = number + 1
          end
        end
        return {recreated, number}
        """)
}

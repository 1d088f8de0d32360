// SPDX-License-Identifier: Apache-2.0

/// The connections of a pool by their ids. An id says where its connection stands, so nothing is searched for or hashed.
struct MemberTable: Sendable {
    private var slots: [(id: ConnectionID, member: PoolState.Member?)] = []
    private var free: [Int] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The ids of all that are there.
    var ids: [ConnectionID] { slots.filter { $0.member != nil }.map(\.id) }

    /// Adds a connection under an id that was never used.
    mutating func insert(_ member: PoolState.Member, number: UInt64) -> ConnectionID {
        let slot = free.popLast() ?? slots.count
        let id = ConnectionID(number: number, slot: slot)
        if slot == slots.count { slots.append((id, member)) } else { slots[slot] = (id, member) }
        count += 1
        return id
    }

    /// Forgets a connection.
    mutating func remove(_ id: ConnectionID) {
        guard self[id] != nil else { return }
        slots[id.slot].member = nil
        free.append(id.slot)
        count -= 1
    }

    /// Nil if it isn't there any more.
    subscript(id: ConnectionID) -> PoolState.Member? {
        guard slots.indices.contains(id.slot), slots[id.slot].id.number == id.number else { return nil }
        return slots[id.slot].member
    }

    /// Changes a connection in its place, if it is there.
    mutating func update(_ id: ConnectionID, _ change: (inout PoolState.Member) -> Void) {
        guard slots.indices.contains(id.slot), slots[id.slot].id.number == id.number,
            slots[id.slot].member != nil
        else { return }
        // Takes the member out while it is changed, so that it isn't copied.
        guard var member = slots[id.slot].member.take() else { return }
        change(&member)
        slots[id.slot].member = member
    }
}

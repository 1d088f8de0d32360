// SPDX-License-Identifier: Apache-2.0

/// The open connections of a pool by their ids.
struct ConnectionTable {
    private var slots: [(number: UInt64, connection: any PooledConnection)?] = []
    private var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func insert(_ connection: any PooledConnection, as id: ConnectionID) {
        while slots.count <= id.slot { slots.append(nil) }
        slots[id.slot] = (id.number, connection)
        count += 1
    }

    mutating func remove(_ id: ConnectionID) -> (any PooledConnection)? {
        guard let connection = self[id] else { return nil }
        slots[id.slot] = nil
        count -= 1
        return connection
    }

    subscript(id: ConnectionID) -> (any PooledConnection)? {
        guard slots.indices.contains(id.slot), let entry = slots[id.slot], entry.number == id.number else { return nil }
        return entry.connection
    }
}

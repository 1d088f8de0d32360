// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The name of something that runs on event loops, such as `GET /v1/users/{id}`: made once, when a route is declared, and
/// then as cheap as an integer.
///
/// Names are kept for the life of the process, at most 10,000 of them; later ones are all called `other`. Don't make them
/// out of what a request brings.
public struct OperationName: Hashable, Sendable, CustomStringConvertible {
    /// The position in the table, counted from 1.
    let id: UInt32

    private static let limit = 10_000
    private static let other = "other"
    private static let table = Mutex(Table())

    private struct Table {
        var names: [String] = []
        var ids: [String: UInt32] = [:]

        mutating func id(of name: String) -> UInt32 {
            if let id = ids[name] { return id }
            if names.count >= OperationName.limit { return id(of: OperationName.other) }
            names.append(name)
            ids[name] = UInt32(names.count)
            return UInt32(names.count)
        }
    }

    /// The name `name`; the same text gives the same value.
    public init(_ name: String) {
        id = Self.table.withLock { table in
            // `other` takes its place first, so that it is there when the table is full.
            if table.names.isEmpty { _ = table.id(of: Self.other) }
            return table.id(of: name)
        }
    }

    init(id: UInt32) {
        self.id = id
    }

    public var description: String {
        Self.table.withLock { $0.names.indices.contains(Int(id) - 1) ? $0.names[Int(id) - 1] : Self.other }
    }
}

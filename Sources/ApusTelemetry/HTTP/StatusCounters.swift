// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// One counter for each status of a route or service, found by an index instead of a lookup.
///
/// A status gets its counter, and its series, when it is counted for the first time; after that counting is one load
/// and one addition. Statuses that no standard names share a counter by class: `4xx`.
final class StatusCounters: Sendable {
    /// The statuses that are shown by themselves: the registered ones that servers and proxies answer with.
    private static let shown: [Int] = [
        100, 101, 103, 200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404,
        405,
        406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451,
        499,
        500, 501, 502, 503, 504, 505, 507, 511,
    ]

    /// The index of each status from 100 to 599 in ``shown``, or that of its class behind it.
    private static let indices: [UInt8] = (100...599).map { status in
        UInt8(shown.firstIndex(of: status) ?? shown.count + status / 100 - 1)
    }

    /// Behind the shown ones: the five classes, and one for what is no status at all.
    private static let slots = shown.count + 6

    private let counters: AtomicReferences<Counter>
    private let make: @Sendable (String) -> Counter

    /// - Parameter make: the counter of a status, given its text.
    init(_ make: @escaping @Sendable (String) -> Counter) {
        self.make = make
        counters = AtomicReferences(count: Self.slots)
    }

    func increment(_ status: Int) {
        let index = (100...599).contains(status) ? Int(Self.indices[status - 100]) : Self.slots - 1
        if let counter = counters[index] { return counter.increment() }
        counters.store(make(Self.text(index)), at: index).increment()
    }

    private static func text(_ index: Int) -> String {
        if index < shown.count { return "\(shown[index])" }
        if index < slots - 1 { return "\(index - shown.count + 1)xx" }
        return "invalid"
    }
}

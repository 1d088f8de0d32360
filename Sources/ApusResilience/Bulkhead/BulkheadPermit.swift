// SPDX-License-Identifier: Apache-2.0

/// The right to make one call, given by a ``Bulkhead``.
///
/// It can't be copied, and is given back exactly once: by ``release()``, or when it goes out of scope, also by an error or
/// cancellation. Keep it until the last byte of the response is in.
public struct BulkheadPermit: ~Copyable, Sendable {
    /// How many calls were in flight when it was given, this one included.
    public let inFlight: Int
    private let bulkhead: Bulkhead
    private let partition: Int

    init(_ bulkhead: Bulkhead, partition: Int, inFlight: Int) {
        self.bulkhead = bulkhead
        self.partition = partition
        self.inFlight = inFlight
    }

    /// Gives it back now.
    public consuming func release() {}

    deinit {
        bulkhead.release(partition: partition)
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The right to make one call, given by an ``AdaptiveConcurrency`` limit and handed back with what became of the call.
///
/// It can't be copied, and is given back exactly once: by ``record(_:)``, or when it goes out of scope, which says nothing
/// about the peer. Keep it until the last byte of the response is in.
public struct AdaptiveConcurrencyPermit: ~Copyable, Sendable {
    private let permit: BulkheadPermit
    private let limit: AdaptiveConcurrency
    private let start: Instant

    init(_ permit: consuming BulkheadPermit, limit: AdaptiveConcurrency, start: Instant) {
        self.permit = permit
        self.limit = limit
        self.start = start
    }

    /// Gives it back with what the end of its call says.
    public consuming func record(_ outcome: ConcurrencyOutcome) {
        limit.record(start: start, inFlight: permit.inFlight, outcome)
    }
}

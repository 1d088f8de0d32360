// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// The instruments of calls to one service.
///
/// Recording a response takes a handful of relaxed atomics: no lookup, no lock, no allocation, but for the first of a
/// status. Failures are found by their code, under a lock held for a dictionary lookup.
public final class HTTPClientMetrics: Sendable {
    private let requests: StatusCounters
    private let failureCounter: @Sendable (String) -> Counter
    private let failures = Mutex<[CallFailure.Code: Counter]>([:])
    private let duration: Histogram
    private let inFlight: Gauge

    /// The codes that are remembered; more are looked up in the registry, which bounds them too.
    private static let failureLimit = 64

    init(
        requests: StatusCounters, failures: @escaping @Sendable (String) -> Counter, duration: Histogram,
        inFlight: Gauge
    ) {
        self.requests = requests
        failureCounter = failures
        self.duration = duration
        self.inFlight = inFlight
    }

    /// A call begins. Each is followed by exactly one of the two `end`s.
    public func begin() {
        inFlight.increment()
    }

    /// The call that ``begin()`` announced was answered.
    ///
    /// - Parameter nanoseconds: how long it took.
    public func end(status: Int, nanoseconds: Int64) {
        inFlight.decrement()
        requests.increment(status)
        duration.record(nanoseconds: nanoseconds)
    }

    /// The call that ``begin()`` announced failed without an answer.
    ///
    /// - Parameter nanoseconds: how long it took.
    public func end(failure: CallFailure.Code, nanoseconds: Int64) {
        inFlight.decrement()
        counter(of: failure).increment()
        duration.record(nanoseconds: nanoseconds)
    }

    private func counter(of failure: CallFailure.Code) -> Counter {
        if let known = failures.withLock({ $0[failure] }) { return known }
        let counter = failureCounter(failure.name)
        failures.withLock { failures in
            if failures.count < Self.failureLimit { failures[failure] = counter }
        }
        return counter
    }
}

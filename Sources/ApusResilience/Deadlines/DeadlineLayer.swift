// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Gives a call a deadline and doesn't begin work whose time is up.
///
/// Above everything else it bounds the whole call with all its attempts; below retries it bounds each attempt.
///
/// A deadline only ever comes nearer. Each hop keeps a margin for the way back, so that the caller hears from us that
/// the time is up before it gives up itself. With ``DeadlineConfiguration/cutsOff`` a call that goes on past its deadline
/// is cancelled and not waited for; what it still yields is dropped. A caller that goes away is told `cancelled`, also
/// if the deadline has come since.
public struct DeadlineLayer<Upstream: Endpoint>: Endpoint {
    @usableFromInline let upstream: Upstream
    @usableFromInline let rule: DeadlineRule
    @usableFromInline let cutsOff: Bool
    @usableFromInline let counters: DeadlineCounters
    @usableFromInline let time: TimeSource

    /// - Parameters:
    ///   - upstream: what is called.
    ///   - configuration: how much time it gets. One that is not valid is used as it is: with zero or less at most,
    ///     every call is refused.
    ///   - counters: where refusals are counted.
    ///   - time: the clock, the machine's by default.
    @inlinable
    public init(
        _ upstream: Upstream, configuration: DeadlineConfiguration, counters: DeadlineCounters = DeadlineCounters(),
        time: TimeSource = .system
    ) {
        self.upstream = upstream
        rule = DeadlineRule(configuration)
        cutsOff = configuration.cutsOff
        self.counters = counters
        self.time = time
    }

    @inlinable
    public func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        guard let context = rule.narrow(context, now: time.now) else { throw counters.refuse() }
        if cutsOff { return try await cuttingOff(request, in: context) }
        return try await upstream.call(request, in: context)
    }
}

extension Endpoint {
    /// Gives each call at most so much time.
    ///
    /// - Parameters:
    ///   - atMost: the time; an earlier deadline of the context goes first.
    ///   - cuttingOff: whether a call that goes on past its deadline is cut off. Default false.
    ///   - counters: where refusals are counted.
    ///   - time: the clock, the machine's by default.
    @inlinable
    public func deadline(
        atMost: Duration, cuttingOff: Bool = false, counters: DeadlineCounters = DeadlineCounters(),
        time: TimeSource = .system
    ) -> DeadlineLayer<Self> {
        var configuration = DeadlineConfiguration()
        configuration.atMost = atMost
        configuration.cutsOff = cuttingOff
        return deadline(configuration, counters: counters, time: time)
    }

    /// Gives each call the time that `configuration` says.
    @inlinable
    public func deadline(
        _ configuration: DeadlineConfiguration, counters: DeadlineCounters = DeadlineCounters(),
        time: TimeSource = .system
    ) -> DeadlineLayer<Self> {
        DeadlineLayer(self, configuration: configuration, counters: counters, time: time)
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// What has happened in a simulation, to be asked by the scenario.
///
/// Times are counted from the start of the simulation.
public final class SimulationRecord: Sendable {
    private struct State {
        var departures: [Departure] = []
        var arrivals: [Arrival] = []
        var starts: [WorkStart] = []
        var calls: [FinishedCall] = []
        var changes: [StateChange] = []
    }

    private let state = Mutex(State())

    /// Every attempt that was sent, in order.
    public var departures: [Departure] { state.withLock { $0.departures } }
    /// Every attempt that came to an instance, in order.
    public var arrivals: [Arrival] { state.withLock { $0.arrivals } }
    /// Every begin of work, in order.
    public var workStarts: [WorkStart] { state.withLock { $0.starts } }
    /// Every call of a load that has ended, in the order of their ends.
    public var calls: [FinishedCall] { state.withLock { $0.calls } }
    /// What breakers and outlier detection did, in order.
    public var changes: [StateChange] { state.withLock { $0.changes } }

    /// The share of the calls that succeeded, 0 to 1; 1 if there were none.
    public var successRate: Double { successRate(in: .zero ..< .seconds(1 << 40)) }

    /// The share of the calls that began in `span` and succeeded, 0 to 1; 1 if there were none.
    public func successRate(in span: Range<Duration>) -> Double {
        let begun = calls.filter { span.contains($0.start) }
        return begun.isEmpty ? 1 : Double(begun.count { $0.failure == nil }) / Double(begun.count)
    }

    /// How many calls that ended in `span` succeeded, per second.
    ///
    /// - Parameter limit: how long a call may have taken to count. Default any time.
    public func goodput(in span: Range<Duration>, within limit: Duration = .seconds(1 << 40)) -> Double {
        let good = calls.count { $0.failure == nil && $0.latency <= limit && span.contains($0.end) }
        return Double(good) / (span.upperBound - span.lowerBound).seconds
    }

    /// How long all but a share of the calls took at most that began in `span` and succeeded; zero if there were none.
    ///
    /// - Parameter share: such as 0.99.
    public func latency(_ share: Double, in span: Range<Duration> = .zero ..< .seconds(1 << 40)) -> Duration {
        let sorted = calls.filter { $0.failure == nil && span.contains($0.start) }.map(\.latency).sorted()
        guard !sorted.isEmpty else { return .zero }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    /// How many attempts came to each instance in `span`, those included that it refused.
    public func offered(in span: Range<Duration> = .zero ..< .seconds(1 << 40)) -> [String: Int] {
        var counts: [String: Int] = [:]
        for arrival in arrivals where span.contains(arrival.at) { counts[arrival.instance, default: 0] += 1 }
        return counts
    }

    /// How many attempts came to an instance in each interval from the start on.
    public func offered(to instance: String, every interval: Duration) -> [Int] {
        var counts: [Int] = []
        for arrival in arrivals where arrival.instance == instance {
            let index = Int(arrival.at.nanoseconds / max(1, interval.nanoseconds))
            while counts.count <= index { counts.append(0) }
            counts[index] += 1
        }
        return counts
    }

    func add(_ departure: Departure) { state.withLock { $0.departures.append(departure) } }

    func add(_ arrival: Arrival) { state.withLock { $0.arrivals.append(arrival) } }

    func add(_ start: WorkStart) { state.withLock { $0.starts.append(start) } }

    func add(_ call: FinishedCall) { state.withLock { $0.calls.append(call) } }

    func add(_ change: StateChange) { state.withLock { $0.changes.append(change) } }
}

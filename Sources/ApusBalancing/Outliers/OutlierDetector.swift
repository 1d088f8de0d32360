// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Outlier detection as a value: what is known of the instances and the time go in, ejections and returns come out.
///
/// **Ejection**: at once after failures in a row (``eject(_:for:among:now:)``), or at the end of an interval for a rate
/// (``endInterval(_:now:)``). Each ejection of an instance lasts one base time longer than the one before, up to the
/// maximum; each interval in which it is in from the beginning to the end takes one off again.
///
/// **Bounds**: so many are out at once as the configuration says, and never the last instance that is usable. What
/// would pass a bound stays in, and is judged anew by its next run of failures or interval.
///
/// **Return**: when the time is over, that moment included, or when a health check passes. It returns with clean
/// counts.
///
/// A change of configuration, and one of the set of instances, keep the ejections and their numbers; an instance that
/// leaves the set is forgotten.
public struct OutlierDetector: Sendable {
    /// An instance in one interval.
    public struct Host: Sendable, Hashable {
        /// What identifies it.
        public var id: String
        /// Whether calls may go to it but for an ejection: what other reasons say.
        public var isUsable: Bool
        /// Its calls in the interval that succeeded.
        public var successes: Int
        /// Its calls in the interval that failed.
        public var failures: Int

        public init(id: String, isUsable: Bool = true, successes: Int = 0, failures: Int = 0) {
            self.id = id
            self.isUsable = isUsable
            self.successes = successes
            self.failures = failures
        }
    }

    private struct Record: Hashable {
        var multiplier = 0
        /// The end of the ejection, if it is out.
        var until: Instant?
        /// Whether it was out for a part of the interval, which then says nothing good of it.
        var isIntervalBroken = false
    }

    /// How many changes the history holds.
    public static let historyLength = 64

    /// What is judged and how.
    public private(set) var configuration: OutlierConfiguration
    /// The last changes, the oldest first; at most ``historyLength``.
    public private(set) var history: [OutlierChange] = []
    /// Ejections that a bound prevented.
    public private(set) var prevented: UInt64 = 0
    private var records: [String: Record] = [:]
    private var random: FastRandom

    /// - Parameters:
    ///   - configuration: what is judged and how.
    ///   - random: draws the jitter.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        _ configuration: OutlierConfiguration = .init(), random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.random = random
    }

    /// Goes on with another configuration. Who is out stays out until its time.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem; the old one goes on then.
    public mutating func reconfigure(_ configuration: OutlierConfiguration) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
    }

    /// Whether the instance is out.
    public func isEjected(_ id: String) -> Bool { records[id]?.until != nil }

    /// When the next return is due; nil if none is out.
    public var nextReturn: Instant? { records.values.compactMap(\.until).min() }

    /// How many times its base time the next ejection of the instance lasts, less one.
    func multiplier(of id: String) -> Int { records[id]?.multiplier ?? 0 }

    /// Ejects an instance for failures in a row, if the bounds allow it.
    ///
    /// - Parameters:
    ///   - id: the instance.
    ///   - reason: what it did.
    ///   - hosts: all instances.
    ///   - now: the time.
    /// - Returns: the ejection; nil if it is out already, unknown or kept by a bound.
    public mutating func eject(
        _ id: String, for reason: OutlierReason, among hosts: [Host], now: Instant
    ) -> OutlierChange? {
        guard !isEjected(id), hosts.contains(where: { $0.id == id }) else { return nil }
        guard mayEject(id, among: hosts) else {
            prevented += 1
            return nil
        }
        var record = records[id] ?? Record()
        record.multiplier += 1
        record.isIntervalBroken = true
        let base = configuration.baseEjection.nanoseconds
        let (product, overflow) = base.multipliedReportingOverflow(by: Int64(record.multiplier))
        var length = overflow ? Int64.max : product
        if length >= configuration.maximumEjection.nanoseconds {
            length = configuration.maximumEjection.nanoseconds
            // More would only take longer to forget.
            record.multiplier = Int((length + base - 1) / base)
        }
        if configuration.jitter > 0 {
            length += Int64(Double(length) * configuration.jitter * Double(random.next() >> 11) * 0x1p-53)
        }
        let until = now.advanced(by: .nanoseconds(length))
        record.until = until
        records[id] = record
        return note(OutlierChange(id: id, kind: .ejected(reason, until: until), at: now))
    }

    /// Brings back those whose time is over.
    public mutating func returnDue(now: Instant) -> [OutlierChange] {
        let due = records.filter { $0.value.until.map { $0 <= now } ?? false }.keys.sorted()
        return due.map { bringBack($0, .returned, now) }
    }

    /// Brings back an instance whose health check has passed.
    ///
    /// - Returns: the return; nil if it wasn't out.
    public mutating func recover(_ id: String, now: Instant) -> OutlierChange? {
        isEjected(id) ? bringBack(id, .recovered, now) : nil
    }

    /// Forgets an instance that is gone; one that comes under the same id is another.
    public mutating func forget(_ id: String) {
        records[id] = nil
    }

    /// Ends an interval: forgets instances that are gone, brings back those whose time is over and judges the rates.
    ///
    /// - Parameters:
    ///   - hosts: all instances with their calls in the interval.
    ///   - now: the time.
    public mutating func endInterval(_ hosts: [Host], now: Instant) -> [OutlierChange] {
        let present = Set(hosts.map(\.id))
        records = records.filter { present.contains($0.key) }
        let outBefore = Set(records.filter { $0.value.until != nil }.keys)
        for (id, record) in records where record.until == nil && !record.isIntervalBroken {
            records[id] = record.multiplier > 1 ? Record(multiplier: record.multiplier - 1) : nil
        }
        var changes = returnDue(now: now)
        for (id, record) in records { records[id]?.isIntervalBroken = record.until != nil }
        // Those that were out had no calls to judge them by, or old ones.
        for (id, reason) in outliers(among: hosts.filter { !outBefore.contains($0.id) }) {
            if let change = eject(id, for: reason, among: hosts, now: now) { changes.append(change) }
        }
        return changes
    }

    /// The instances whose rates are too bad, each once, the worst first.
    private func outliers(among hosts: [Host]) -> [(id: String, reason: OutlierReason)] {
        var found: [String: (rate: Double, reason: OutlierReason)] = [:]
        if let rule = configuration.failurePercentage {
            let judged = hosts.filter { $0.requests >= rule.minimumRequests }
            if judged.count >= rule.minimumHosts {
                for host in judged where host.failures * 100 >= rule.threshold * host.requests {
                    found[host.id] = (host.successRate, .failurePercentage((1 - host.successRate) * 100))
                }
            }
        }
        if let rule = configuration.successRate {
            let judged = hosts.filter { $0.requests >= rule.minimumRequests }
            if judged.count >= rule.minimumHosts {
                let rates = judged.map(\.successRate)
                let mean = rates.reduce(0, +) / Double(rates.count)
                let variance = rates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rates.count)
                let required = mean - rule.deviations * variance.squareRoot()
                for host in judged where host.successRate < required {
                    found[host.id] = (host.successRate, .successRate(host.successRate, required: required))
                }
            }
        }
        return found.sorted { ($0.value.rate, $0.key) < ($1.value.rate, $1.key) }.map { ($0.key, $0.value.reason) }
    }

    private func mayEject(_ id: String, among hosts: [Host]) -> Bool {
        let out = hosts.count { isEjected($0.id) }
        let isAnyLeft = hosts.contains { $0.id != id && $0.isUsable && !isEjected($0.id) }
        guard isAnyLeft else { return false }
        if out == 0, configuration.alwaysEjectOne { return true }
        // 0.3 of ten are three, although the product is a little less.
        return Double(out + 1) <= configuration.maximumEjected * Double(hosts.count) + 1e-9
    }

    private mutating func bringBack(_ id: String, _ kind: OutlierChange.Kind, _ now: Instant) -> OutlierChange {
        records[id]?.until = nil
        records[id]?.isIntervalBroken = true
        return note(OutlierChange(id: id, kind: kind, at: now))
    }

    private mutating func note(_ change: OutlierChange) -> OutlierChange {
        if history.count == Self.historyLength { history.removeFirst() }
        history.append(change)
        return change
    }
}

extension OutlierDetector.Host {
    var requests: Int { successes + failures }

    /// From 0 to 1. There is at least one request.
    var successRate: Double { Double(successes) / Double(requests) }
}

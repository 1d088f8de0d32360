// SPDX-License-Identifier: Apache-2.0

/// A metric of a cache: its name, and how it is read from ``CacheStatistics``. This room knows no registry of metrics;
/// whoever has both adds a line for each of ``all``:
/// ```swift
/// for instrument in CacheInstrument.all where instrument.kind == .counter {
///     metrics.counter(instrument.prometheusName, instrument.help, labels: instrument.labels) {
///         Double(instrument.value(cache.statistics))
///     }
/// }
/// ```
/// Names follow OpenTelemetry's conventions; instruments of one name differ in an attribute.
public struct CacheInstrument: Sendable {
    /// How the number changes.
    public enum Kind: Sendable {
        /// It only grows.
        case counter
        /// It comes and goes.
        case gauge
    }

    /// The name in OpenTelemetry's style, such as `cache.requests`.
    public let name: String
    /// The attribute that tells instruments of one name apart, if there are several.
    public let attribute: (key: String, value: String)?
    /// How the number changes.
    public let kind: Kind
    /// The unit in OpenTelemetry's style, such as `{request}`.
    public let unit: String
    /// What is counted, in a sentence.
    public let help: String
    /// Reads the number.
    public let value: @Sendable (CacheStatistics) -> Int

    /// The name in Prometheus' style, such as `cache_requests_total`.
    public var prometheusName: String {
        let flat = String(name.map { $0 == "." ? "_" : $0 })
        return kind == .counter ? flat + "_total" : flat
    }

    /// The attribute as labels.
    public var labels: KeyValuePairs<String, String> { attribute.map { [$0.key: $0.value] } ?? [:] }

    /// Every metric of a cache.
    public static let all: [CacheInstrument] = [
        requests("hit") { $0.hits },
        requests("miss") { $0.misses },
        counter("cache.stale_served", "{value}", "Values given past their time.") { $0.staleServed },
        evictions("size") { $0.evictions },
        evictions("expired") { $0.expirations },
        evictions("removed") { $0.removals },
        counter("cache.admission.rejections", "{entry}", "New entries that did not win a place.") { $0.rejections },
        counter("cache.oversized", "{value}", "Values not stored for their size or number of tags.") { $0.oversized },
        counter("cache.loads", "{load}", "Loads of missing or old values begun.") { $0.loads },
        counter("cache.load.failures", "{load}", "Loads that failed.") { $0.loadFailures },
        counter("cache.load.refreshes", "{load}", "Loads begun while a value was there.") { $0.refreshes },
        counter("cache.load.joined", "{request}", "Callers that waited for a load of another.") { $0.loadsJoined },
        counter("cache.load.refusals", "{request}", "Loads and waiters refused at a limit.") { $0.refusals },
        counter("cache.mismatches", "{value}", "Values of another type or an older shape.") { $0.mismatches },
        remote("hit") { $0.remoteHits },
        remote("miss") { $0.remoteMisses },
        remote("error") { $0.remoteFailures },
        failures("timeout") { $0.remoteTimeouts },
        failures("unavailable") { $0.remoteUnavailable },
        failures("overloaded") { $0.remoteOverloads },
        failures("full") { $0.remoteFull },
        failures("refused") { $0.remoteRefusals },
        failures("other") {
            $0.remoteFailures - $0.remoteTimeouts - $0.remoteUnavailable - $0.remoteOverloads - $0.remoteFull
                - $0.remoteRefusals
        },
        counter("cache.remote.conflicts", "{value}", "Values not stored since they were removed meanwhile.") {
            $0.remoteConflicts
        },
        counter("cache.invalidations", "{message}", "Messages of other instances.") { $0.invalidations },
        gauge("cache.entries", "{entry}", "Entries held.") { $0.entries },
        gauge("cache.weight", "1", "The sum of the weights of the entries held.") { $0.weight },
        gauge("cache.remote.pending_removals", "{removal}", "Removals the second level hasn't heard of.") {
            $0.pendingRemovals
        },
    ]

    private static func counter(
        _ name: String, _ unit: String, _ help: String, _ attribute: (key: String, value: String)? = nil,
        _ value: @escaping @Sendable (CacheStatistics) -> Int
    ) -> CacheInstrument {
        CacheInstrument(name: name, attribute: attribute, kind: .counter, unit: unit, help: help, value: value)
    }

    private static func gauge(
        _ name: String, _ unit: String, _ help: String, _ value: @escaping @Sendable (CacheStatistics) -> Int
    ) -> CacheInstrument {
        CacheInstrument(name: name, attribute: nil, kind: .gauge, unit: unit, help: help, value: value)
    }

    private static func requests(
        _ outcome: String, _ value: @escaping @Sendable (CacheStatistics) -> Int
    ) -> CacheInstrument {
        counter("cache.requests", "{request}", "Gets, by what they found.", ("outcome", outcome), value)
    }

    private static func evictions(
        _ cause: String, _ value: @escaping @Sendable (CacheStatistics) -> Int
    ) -> CacheInstrument {
        counter("cache.evictions", "{entry}", "Entries gone, by cause.", ("cause", cause), value)
    }

    private static func remote(
        _ outcome: String, _ value: @escaping @Sendable (CacheStatistics) -> Int
    ) -> CacheInstrument {
        counter("cache.remote.requests", "{request}", "Gets of the second level.", ("outcome", outcome), value)
    }

    private static func failures(
        _ reason: String, _ value: @escaping @Sendable (CacheStatistics) -> Int
    ) -> CacheInstrument {
        counter("cache.remote.failures", "{call}", "Calls of the second level that failed.", ("reason", reason), value)
    }
}

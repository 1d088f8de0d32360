// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What a registry knows, and the rules by which it changes.
///
/// An instance is listed while its **lease** lasts. Registering grants one for the instance's time to live, renewing
/// begins it anew, and ``expire(now:)`` drops what ran out. Each registration under an id has its own **generation**;
/// whoever holds an older one is told that it was superseded, which is how two processes of one id notice each other.
///
/// Every change of what is listed raises the **revision**. A service's index is the revision of its last change, so a
/// watcher that names the index it has seen misses nothing, and one that names an index from another life of the registry
/// (higher than the revision) is answered at once.
///
/// **Self-preservation.** Nobody can renew while the registry doesn't run. Instances read from disk get a whole time to
/// live before they can run out, and when the registry itself stood still for longer than ``RegistryLimits/longestPause``
/// every lease begins anew. So neither a restart nor a pause of the registry empties it.
///
/// A value: no clock, no I/O. ``Registry`` drives it.
///
/// Semantics after etcd's leases (ordered revisions, compaction) and Consul's blocking queries.
public struct RegistryState: Sendable {
    struct Entry: Sendable {
        var instance: Instance
        var ttl: Duration
        var generation: UInt64
        var expires: Instant
    }

    struct Record: Sendable {
        var index: UInt64
        var entries: [String: Entry] = [:]
    }

    /// The registry's bounds.
    public let limits: RegistryLimits
    /// Raised by one with every change of what is listed.
    public internal(set) var revision: UInt64
    /// How many instances are listed.
    public internal(set) var count = 0
    var services: [String: Record] = [:]
    var lastGeneration: UInt64
    /// The index of every service without a record.
    var floor: UInt64
    var log: ChangeLog
    var lastSweep: Instant?

    /// An empty registry.
    /// - Parameter firstRevision: Should be higher than any revision that a watcher may remember from an earlier life,
    ///   so the driver gives the wall clock's milliseconds.
    public init(limits: RegistryLimits = RegistryLimits(), firstRevision: UInt64 = 1) {
        self.limits = limits
        revision = max(1, firstRevision)
        lastGeneration = revision
        floor = revision
        log = ChangeLog(capacity: limits.changes, revision: revision)
    }

    /// Lists `instance` until `ttl` passed without a renewal, replacing what was registered under its id.
    /// - Throws: ``DiscoveryError/Code/invalid``, ``DiscoveryError/Code/overloaded``.
    public mutating func register(_ instance: Instance, ttl: Duration, now: Instant) throws(DiscoveryError) -> Lease {
        try check(instance, ttl: ttl)
        try makeRoom(for: instance)
        lastGeneration += 1
        let entry = Entry(instance: instance, ttl: ttl, generation: lastGeneration, expires: now.advanced(by: ttl))
        let former = services[instance.service, default: Record(index: floor)].entries.updateValue(
            entry, forKey: instance.id)
        if former == nil { count += 1 }
        if former?.instance != instance { record(.registered, instance) }
        return Lease(service: instance.service, id: instance.id, generation: entry.generation, ttl: ttl)
    }

    /// Begins the lease anew.
    /// - Parameter generation: That of the lease; nil renews whichever is there.
    /// - Throws: ``DiscoveryError/Code/leaseUnknown``, ``DiscoveryError/Code/leaseSuperseded``.
    public mutating func renew(
        _ service: String, id: String, generation: UInt64?, now: Instant
    ) throws(DiscoveryError) -> Lease {
        guard let entry = services[service]?.entries[id] else {
            throw DiscoveryError(.leaseUnknown, "\(service)/\(id) has no lease: register again")
        }
        try checkGeneration(generation, of: entry)
        services[service]?.entries[id]?.expires = now.advanced(by: entry.ttl)
        return Lease(service: service, id: id, generation: entry.generation, ttl: entry.ttl)
    }

    /// Drops an instance.
    /// - Returns: Whether it was listed.
    /// - Throws: ``DiscoveryError/Code/leaseSuperseded``.
    @discardableResult
    public mutating func deregister(
        _ service: String, id: String, generation: UInt64? = nil
    ) throws(DiscoveryError) -> Bool {
        guard let entry = services[service]?.entries[id] else { return false }
        try checkGeneration(generation, of: entry)
        remove(entry.instance, .deregistered)
        return true
    }

    /// Drops every instance whose lease ran out. To be called a few times a second.
    /// - Returns: The instances dropped.
    public mutating func expire(now: Instant) -> [Instance] {
        defer { lastSweep = now }
        if let lastSweep, lastSweep.duration(to: now) > limits.longestPause {
            beginLeasesAnew(now: now)
            return []
        }
        let due = services.values.flatMap { $0.entries.values }.filter { $0.expires <= now }
        for entry in due.sorted(by: { $0.expires < $1.expires }) { remove(entry.instance, .expired) }
        return due.map(\.instance)
    }

    /// The instances of a service; empty with the lowest index for one that was never seen.
    public func list(_ service: String) -> ServiceListing {
        let record = services[service]
        return ServiceListing(
            service: service, index: record?.index ?? floor,
            instances: record?.entries.values.map(\.instance).sorted { $0.id < $1.id } ?? [])
    }

    /// The services that have instances, with how many, by name.
    public var summary: [(service: String, index: UInt64, instances: Int)] {
        services.lazy.filter { !$0.value.entries.isEmpty }
            .map { ($0.key, $0.value.index, $0.value.entries.count) }
            .sorted { $0.service < $1.service }
    }

    /// Whether someone who has seen `index` of `service` (nil: of the registry as a whole) has something to learn: a
    /// change since, or that the index isn't one of this registry's life.
    public func hasNews(of service: String?, after index: UInt64) -> Bool {
        let newest = service.map { services[$0]?.index ?? floor } ?? revision
        return newest > index || index > revision
    }

    /// The changes after `revision`, oldest first; nil if they are no longer kept or are not of this registry's life:
    /// list everything again.
    public func changes(after revision: UInt64) -> [RegistryChange]? {
        revision > self.revision ? nil : log.changes(after: revision)
    }

    mutating func beginLeasesAnew(now: Instant) {
        for (service, record) in services {
            for (id, entry) in record.entries {
                services[service]?.entries[id]?.expires = now.advanced(by: entry.ttl)
            }
        }
    }

    private func checkGeneration(_ generation: UInt64?, of entry: Entry) throws(DiscoveryError) {
        guard let generation, generation != entry.generation else { return }
        throw DiscoveryError(
            .leaseSuperseded,
            "\(entry.instance.service)/\(entry.instance.id) was registered again since, from \(entry.instance.endpoint)"
        )
    }

    private mutating func remove(_ instance: Instance, _ kind: RegistryChange.Kind) {
        services[instance.service]?.entries[instance.id] = nil
        count -= 1
        record(kind, instance)
    }

    private mutating func record(_ kind: RegistryChange.Kind, _ instance: Instance) {
        revision += 1
        services[instance.service]?.index = revision
        log.append(RegistryChange(revision: revision, kind: kind, instance: instance))
    }
}

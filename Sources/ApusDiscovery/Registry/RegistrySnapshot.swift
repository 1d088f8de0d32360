// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP

/// What the registry's file holds: everything that must survive its restart.
struct RegistrySnapshot: Codable, Hashable, Sendable {
    struct StoredInstance: Codable, Hashable, Sendable {
        var service: String
        var id: String
        var url: String
        var metadata: [String: String]
        var ttlMilliseconds: Int64
        var generation: UInt64
    }

    /// The format of the file; 1.
    var format: Int
    var revision: UInt64
    var lastGeneration: UInt64
    var instances: [StoredInstance]
}

extension RegistryState {
    /// What has to be kept.
    var snapshot: RegistrySnapshot {
        let entries = services.values.flatMap { $0.entries.values }
        return RegistrySnapshot(
            format: 1, revision: revision, lastGeneration: lastGeneration,
            instances: entries.map {
                RegistrySnapshot.StoredInstance(
                    service: $0.instance.service, id: $0.instance.id, url: $0.instance.endpoint.description,
                    metadata: $0.instance.metadata, ttlMilliseconds: $0.ttl.nanoseconds / 1_000_000,
                    generation: $0.generation)
            }.sorted { ($0.service, $0.id) < ($1.service, $1.id) })
    }

    /// A registry that goes on where another ended: its leases are known, and each instance has a whole time to live
    /// before it can run out. Every service's index is new, so every watcher lists once more: changes that were seen but
    /// not yet stored when the other ended can't be missed.
    /// - Throws: ``DiscoveryError/Code/storage`` if the snapshot can't be understood.
    init(
        restoring snapshot: RegistrySnapshot, limits: RegistryLimits, firstRevision: UInt64, now: Instant
    ) throws(DiscoveryError) {
        guard snapshot.format == 1 else {
            throw DiscoveryError(.storage, "the format is \(snapshot.format); this version reads format 1")
        }
        self.init(limits: limits, firstRevision: max(firstRevision, snapshot.revision + 1))
        lastGeneration = max(lastGeneration, snapshot.lastGeneration)
        for stored in snapshot.instances {
            guard let endpoint = Origin(url: stored.url) else {
                throw DiscoveryError(.storage, "\(stored.service)/\(stored.id) has the URL '\(stored.url)'")
            }
            let instance = Instance(
                id: stored.id, service: stored.service, endpoint: endpoint, metadata: stored.metadata)
            let ttl = Duration.milliseconds(stored.ttlMilliseconds)
            services[stored.service, default: Record(index: revision)].entries[stored.id] = Entry(
                instance: instance, ttl: ttl, generation: stored.generation, expires: now.advanced(by: ttl))
        }
        count = services.values.reduce(0) { $0 + $1.entries.count }
    }
}

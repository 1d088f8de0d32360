// SPDX-License-Identifier: Apache-2.0

/// The bounds of a registry.
public struct RegistryLimits: Hashable, Sendable {
    /// Services that have instances or had them recently; default 1,024.
    public var services: Int
    /// Instances of one service; default 1,024.
    public var instancesPerService: Int
    /// Metadata entries of an instance; default 32.
    public var metadataEntries: Int
    /// Bytes of an instance's URL and metadata together; default 4,096.
    public var instanceBytes: Int
    /// The leases granted; default 0.5 s to 1 h.
    public var ttl: ClosedRange<Duration>
    /// Changes kept for those who follow them; default 1,024.
    public var changes: Int
    /// When the registry itself was silent for longer than this (a stopped process, a sleeping machine), nobody could
    /// renew: every lease then begins anew. Default 3 s.
    public var longestPause: Duration

    public init(
        services: Int = 1_024, instancesPerService: Int = 1_024, metadataEntries: Int = 32, instanceBytes: Int = 4_096,
        ttl: ClosedRange<Duration> = .milliseconds(500) ... .seconds(3_600), changes: Int = 1_024,
        longestPause: Duration = .seconds(3)
    ) {
        self.services = services
        self.instancesPerService = instancesPerService
        self.metadataEntries = metadataEntries
        self.instanceBytes = instanceBytes
        self.ttl = ttl
        self.changes = changes
        self.longestPause = longestPause
    }
}

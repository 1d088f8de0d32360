// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

extension RegistryState {
    func check(_ instance: Instance, ttl: Duration) throws(DiscoveryError) {
        try Self.checkName(instance.service, "service name")
        try Self.checkName(instance.id, "instance id", colon: true)
        guard limits.ttl.contains(ttl) else {
            throw DiscoveryError(
                .invalid, "a lease lasts \(limits.ttl.lowerBound) to \(limits.ttl.upperBound), not \(ttl)")
        }
        guard instance.metadata.count <= limits.metadataEntries else {
            throw DiscoveryError(
                .invalid, "\(instance.metadata.count) metadata entries; at most \(limits.metadataEntries) are kept")
        }
        let bytes = instance.metadata.reduce(instance.endpoint.description.utf8.count) {
            $0 + $1.key.utf8.count + $1.value.utf8.count
        }
        guard bytes <= limits.instanceBytes else {
            throw DiscoveryError(
                .invalid, "URL and metadata are \(bytes) bytes; at most \(limits.instanceBytes) are kept")
        }
    }

    /// Finds a place for the instance, forgetting the service that has been empty for longest if need be.
    mutating func makeRoom(for instance: Instance) throws(DiscoveryError) {
        if let record = services[instance.service] {
            guard record.entries[instance.id] != nil || record.entries.count < limits.instancesPerService else {
                throw DiscoveryError(
                    .overloaded, "\(instance.service) has \(record.entries.count) instances, the most that are kept",
                    retryAfter: .seconds(5))
            }
            return
        }
        guard services.count >= limits.services else { return }
        let oldest = services.filter { $0.value.entries.isEmpty }.min { $0.value.index < $1.value.index }
        guard let oldest else {
            throw DiscoveryError(
                .overloaded, "\(services.count) services are registered, the most that are kept",
                retryAfter: .seconds(5))
        }
        services[oldest.key] = nil
        floor = max(floor, oldest.value.index)
    }

    private static func checkName(_ name: String, _ what: String, colon: Bool = false) throws(DiscoveryError) {
        let isAllowed = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            case UInt8(ascii: ":"): colon
            default: false
            }
        }
        guard (1...128).contains(name.utf8.count), name.utf8.allSatisfy(isAllowed) else {
            throw DiscoveryError(
                .invalid,
                "the \(what) must be 1 to 128 letters, digits, '.', '_'\(colon ? ", ':'" : "") or '-'")
        }
    }
}

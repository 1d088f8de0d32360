// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

/// One running process of a service, and where it is reached.
public struct Instance: Hashable, Sendable, Identifiable {
    /// Unique within the service: 1 to 128 of `A–Z a–z 0–9 . _ : -`.
    public let id: String
    /// The service's name: 1 to 128 of `A–Z a–z 0–9 . _ -`.
    public let service: String
    public let endpoint: Origin
    /// What the instance says of itself (version, zone …). At most 32 entries and 4 KiB in the registry.
    public let metadata: [String: String]

    public init(id: String, service: String, endpoint: Origin, metadata: [String: String] = [:]) {
        self.id = id
        self.service = service
        self.endpoint = endpoint
        self.metadata = metadata
    }

    /// An instance under an id that another process at the same place has too: `users-10.0.0.9:9001`.
    ///
    /// - Parameter id: nil for one that is made of the service's name and the endpoint.
    public init(id: String?, service: String, endpoint: Origin) {
        let place = endpoint.unixPath ?? "\(endpoint.host):\(endpoint.port)"
        let allowed = place.unicodeScalars.map { scalar in
            scalar.properties.isAlphabetic && scalar.isASCII || "0123456789._:-".unicodeScalars.contains(scalar)
                ? Character(scalar) : "-"
        }
        self.init(
            id: id ?? String((service + "-" + String(allowed)).suffix(128)), service: service, endpoint: endpoint)
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusDiscovery
import ApusHTTP

/// An instance as the file or the registry lists it.
struct ListedInstance: Sendable {
    let id: String
    let endpoint: Origin
    let weight: Int
    let zone: String?

    init(_ endpoint: EndpointConfiguration) {
        id = endpoint.origin.description
        self.endpoint = endpoint.origin
        weight = endpoint.weight
        zone = endpoint.zone
    }

    /// One that says its `weight` and `zone` in its metadata.
    init(_ instance: Instance) {
        id = instance.id
        endpoint = instance.endpoint
        weight = instance.metadata["weight"].flatMap { Int($0) } ?? 1
        zone = instance.metadata["zone"]
    }
}

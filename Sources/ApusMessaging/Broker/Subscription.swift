// SPDX-License-Identifier: Apache-2.0
/// Which types of messages a service wants to have.
public struct Subscription: Sendable, Hashable {
    /// The name of the service in the registry, and the types that it wants.
    public let service: String
    public let types: Set<String>

    public init(service: String, types: Set<String>) {
        self.service = service
        self.types = types
    }
}

// SPDX-License-Identifier: Apache-2.0
/// Which types of messages another service wants to have.
public struct Subscription: Sendable, Hashable {
    public let service: String
    public let types: Set<String>

    public init(service: String, types: Set<String>) {
        self.service = service
        self.types = types
    }
}

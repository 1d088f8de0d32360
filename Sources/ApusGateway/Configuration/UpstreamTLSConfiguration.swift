// SPDX-License-Identifier: Apache-2.0

/// How a service's `https` endpoints are verified. Verification can't be turned off.
public struct UpstreamTLSConfiguration: Equatable, Sendable {
    /// A PEM file with the authorities to trust; nil for the system's.
    public var ca: String?

    public init(ca: String? = nil) {
        self.ca = ca
    }
}

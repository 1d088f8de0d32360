// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

/// An instance that the gateway file names.
public struct EndpointConfiguration: Equatable, Sendable {
    /// Where it is reached.
    public var origin: Origin
    /// Its share of the requests beside the others, for policies that know weights. Default 1, 1 to 1,000.
    public var weight: Int
    /// Where it runs. Default nil: not known.
    public var zone: String?

    public init(_ origin: Origin, weight: Int = 1, zone: String? = nil) {
        self.origin = origin
        self.weight = weight
        self.zone = zone
    }
}

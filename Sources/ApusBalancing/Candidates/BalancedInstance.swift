// SPDX-License-Identifier: Apache-2.0

/// An instance as the registry lists it: what a set of candidates is made of.
public struct BalancedInstance<Target: Sendable>: Sendable {
    /// What identifies the instance for as long as it lives.
    public var id: String
    /// Where to send the call.
    public var target: Target
    /// Its share of the calls beside the others. Default 1, 1 to 1,000; beyond that it counts as the nearest.
    public var weight: Int
    /// Where it runs. Default nil: not known.
    public var zone: String?

    public init(id: String, target: Target, weight: Int = 1, zone: String? = nil) {
        self.id = id
        self.target = target
        self.weight = weight
        self.zone = zone
    }
}

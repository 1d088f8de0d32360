// SPDX-License-Identifier: Apache-2.0
public import ApusBalancing

/// How a service's requests are spread over its instances.
public struct InstanceBalancing: Equatable, Sendable {
    /// What policies that hash go by.
    public enum HashKey: Hashable, Sendable {
        /// The client's address; with trusted proxies, the one that they report.
        case client
        /// The value of a header.
        case header(String)
        /// The value of a cookie.
        case cookie(String)
    }

    /// The policy and its parameters. Round robin by default, and no panic threshold: an instance whose checks fail gets
    /// nothing unless the file says otherwise.
    public var policy: BalancingConfiguration
    /// What requests with the same value of go to the same instance. The client by default; means nothing to policies that
    /// don't hash.
    public var hashBy: HashKey
    /// Whether a client without the cookie that is hashed by is given one. Off by default.
    public var setsCookie: Bool

    public init(
        _ policy: BalancingConfiguration? = nil, hashBy: HashKey = .client, setsCookie: Bool = false
    ) {
        self.policy = policy ?? Self.roundRobin
        self.hashBy = hashBy
        self.setsCookie = setsCookie
    }

    /// Round robin without a panic threshold.
    public static var roundRobin: BalancingConfiguration {
        var policy = BalancingConfiguration()
        policy.eligibility.panicThreshold = 0
        return policy
    }

    /// Whether the policy hashes.
    var isConsistent: Bool { policy.policy == .ringHash || policy.policy == .maglev }
}

// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Which calls a fault hits, and what it does to them.
public struct FaultRule: Sendable, Hashable {
    /// What a fault does.
    public enum Kind: Sendable, Hashable {
        /// Makes the call later by a time from this range, by chance; the same bound twice for a fixed one. 0 to 5 min.
        case latency(ClosedRange<Duration>)
        case abort(FaultAbort)
        case droppedConnection
        /// So many bytes of body a second. 1 to 1,000,000,000.
        case slowBody(bytesPerSecond: Int)
    }

    /// What lists, logs and metrics call it; one that is armed under the same name is replaced.
    public var name: String
    public var kind: Kind
    /// Which share of the matching calls it hits. Default 1, above 0 and at most 1.
    public var share: Double
    /// Which calls it looks at. Default all.
    public var match: FaultMatch

    public init(_ name: String, _ kind: Kind, share: Double = 1, match: FaultMatch = FaultMatch()) {
        self.name = name
        self.kind = kind
        self.share = share
        self.match = match
    }

    /// Every problem of this rule; empty if it can be armed.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(!name.isEmpty && name.utf8.count <= 100, "name", "must have 1 to 100 bytes")
        problems.require(share > 0 && share <= 1, "share", "must be above 0 and at most 1, is \(share)")
        switch kind {
        case .latency(let range):
            problems.requireDuration("latency", range.lowerBound, in: .zero ... .seconds(300))
            problems.requireDuration("latency", range.upperBound, in: .zero ... .seconds(300))
        case .abort(let abort):
            if let status = abort.status { problems.requireInteger("abort.status", status, in: 400...599) }
        case .droppedConnection:
            break
        case .slowBody(let bytesPerSecond):
            problems.requireInteger("slowBody.bytesPerSecond", bytesPerSecond, in: 1...1_000_000_000)
        }
        return problems + match.validate().map { ConfigurationProblem("match.\($0.key)", $0.message) }
    }
}

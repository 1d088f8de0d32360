// SPDX-License-Identifier: Apache-2.0

/// How NATS is doing, as far as is known without asking it.
public enum NATSHealth: Sendable, Hashable, CustomStringConvertible {
    case ok
    /// It isn't reached; what needs it fails. The sentence says why.
    case degraded(String)

    /// Whether nothing is wrong.
    public var isOK: Bool { self == .ok }

    public var description: String {
        switch self {
        case .ok: "ok"
        case .degraded(let reason): "degraded: \(reason)"
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// How Redis is doing, as far as is known without asking it.
public enum RedisHealth: Sendable, Hashable, CustomStringConvertible {
    case ok
    /// It isn't reached, or only partly; what needs it goes on without it or fails. The sentence says why.
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

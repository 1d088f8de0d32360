// SPDX-License-Identifier: Apache-2.0

/// Where a process is in its life. It only goes forward.
public enum ServicePhase: String, Sendable, Hashable, Codable {
    /// Resources are being opened; requests are refused by `/readyz`.
    case starting
    /// Requests are welcome.
    case ready
    /// Requests in flight are answered, new ones should go elsewhere. The end comes next.
    case draining
}

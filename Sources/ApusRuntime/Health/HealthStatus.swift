// SPDX-License-Identifier: Apache-2.0

/// What is known of something that is checked.
public enum HealthStatus: String, Sendable, Hashable, Codable {
    case up
    case down
    /// It was not checked yet.
    case unknown
}

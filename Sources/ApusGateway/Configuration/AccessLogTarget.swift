// SPDX-License-Identifier: Apache-2.0

/// Where the access log's JSON lines go.
public enum AccessLogTarget: Hashable, Sendable {
    case standardOutput
    case standardError
    /// Appended to a file, which is made if it isn't there.
    case file(path: String)
}

// SPDX-License-Identifier: Apache-2.0

/// The HTTP method of an operation.
public enum OperationMethod: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    /// Its name on the wire.
    public var name: String { rawValue }
}

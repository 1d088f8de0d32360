// SPDX-License-Identifier: Apache-2.0

/// A request method (RFC 9110, section 9). Case-sensitive.
public struct HTTPMethod: Hashable, Sendable, CustomStringConvertible {
    /// As it is written on the wire.
    public let name: String

    public init(_ name: String) {
        self.name = name
    }

    /// The methods of RFC 9110, and `PATCH` of RFC 5789.
    public static let get = HTTPMethod("GET")
    public static let head = HTTPMethod("HEAD")
    public static let post = HTTPMethod("POST")
    public static let put = HTTPMethod("PUT")
    public static let patch = HTTPMethod("PATCH")
    public static let delete = HTTPMethod("DELETE")
    public static let options = HTTPMethod("OPTIONS")
    public static let connect = HTTPMethod("CONNECT")
    public static let trace = HTTPMethod("TRACE")

    /// Whether the request asks for nothing but information.
    public var isSafe: Bool { self == .get || self == .head || self == .options || self == .trace }

    /// Whether sending the request twice means the same as sending it once, so that it may be repeated after a lost
    /// connection.
    public var isIdempotent: Bool { isSafe || self == .put || self == .delete }

    public var description: String { name }
}

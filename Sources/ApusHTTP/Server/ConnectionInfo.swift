// SPDX-License-Identifier: Apache-2.0

/// Whom a connection leads to.
public struct ConnectionInfo: Sendable, Hashable {
    /// The address of the peer without its port, such as `127.0.0.1` or `::1`; `unix` for a Unix domain socket.
    public var remoteAddress: String
    public var isTLS: Bool

    public init(remoteAddress: String, isTLS: Bool) {
        self.remoteAddress = remoteAddress
        self.isTLS = isTLS
    }
}

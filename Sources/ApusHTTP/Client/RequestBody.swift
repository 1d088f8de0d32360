// SPDX-License-Identifier: Apache-2.0
public import NIOCore

/// How the body of a request to an upstream is given.
public enum RequestBody {
    case none
    /// All of it, which allows to send it again on another connection.
    case whole(ByteBuffer)
    /// In pieces, through ``ClientExchange/send(_:)``; chunked if there is no length.
    case stream(length: Int?)
}

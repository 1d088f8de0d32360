// SPDX-License-Identifier: Apache-2.0

/// A published message.
public struct RedisMessage: Sendable, Hashable {
    /// Where it was published.
    public var channel: String
    public var payload: [UInt8]

    public init(channel: String, payload: [UInt8]) {
        self.channel = channel
        self.payload = payload
    }
}

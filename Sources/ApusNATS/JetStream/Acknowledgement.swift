// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// What is sent to the reply subject of a message that a consumer delivered.
enum Acknowledgement {
    /// How the reply subject of every such message begins.
    static let prefix = "$JS.ACK."

    static let done = Array("+ACK".utf8)
    /// The lease begins anew.
    static let inProgress = Array("+WPI".utf8)
    /// It will not be delivered again.
    static let terminated = Array("+TERM".utf8)

    /// It is to be delivered again after a while.
    static func negative(after delay: Duration) -> [UInt8] {
        delay > .zero ? Array("-NAK {\"delay\": \(delay.nanoseconds)}".utf8) : Array("-NAK".utf8)
    }
}

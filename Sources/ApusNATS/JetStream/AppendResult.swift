// SPDX-License-Identifier: Apache-2.0

/// What became of a message that was appended to a stream.
public struct AppendResult: Sendable, Hashable {
    /// The stream that has it.
    public let stream: String
    /// Its number there.
    public let sequence: UInt64
    /// Whether it was there already, by its id.
    public let isDuplicate: Bool

    public init(stream: String, sequence: UInt64, isDuplicate: Bool) {
        self.stream = stream
        self.sequence = sequence
        self.isDuplicate = isDuplicate
    }
}

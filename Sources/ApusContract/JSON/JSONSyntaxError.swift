// SPDX-License-Identifier: Apache-2.0

/// Where a text stops being JSON, and what was expected there.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Bytes before the place.
    public let offset: Int
    /// 1 for the first line.
    public let line: Int
    /// In characters (Unicode scalars), 1 for the first of the line.
    public let column: Int
    public let reason: String

    /// Computes line and column of `offset` in `text`.
    init(at offset: Int, of text: UnsafeRawBufferPointer, _ reason: String) {
        var line = 1
        var column = 1
        for byte in text.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.offset = offset
        self.line = line
        self.column = column
        self.reason = reason
    }

    public var description: String { "line \(line), column \(column): \(reason)" }
}

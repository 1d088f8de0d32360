// SPDX-License-Identifier: Apache-2.0

/// Makes lines of bytes as they come, none longer than a bound.
///
/// What a line has beyond the bound is dropped and counted at its end, so a process that writes without line breaks costs
/// no memory. A carriage return before the line break goes; empty lines stay.
struct LineAssembler: Sendable {
    private let limit: Int
    private var line: [UInt8] = []
    private var dropped = 0

    /// - Parameter limit: The longest line, in bytes; default 16 KiB.
    init(limit: Int = 16 << 10) {
        self.limit = limit
    }

    /// Takes bytes, and gives every line that they complete to `emit`.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ emit: (String) -> Void) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            emit(take())
            rest = rest[(end + 1)...]
        }
        append(rest)
    }

    /// What is left at the end of the stream; nil if the last line was complete.
    mutating func finish() -> String? {
        line.isEmpty && dropped == 0 ? nil : take()
    }

    private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) {
        let room = limit - line.count
        line.append(contentsOf: bytes.prefix(room))
        dropped += max(0, bytes.count - room)
    }

    private mutating func take() -> String {
        if line.last == UInt8(ascii: "\r"), dropped == 0 { line.removeLast() }
        var text = String(decoding: line, as: UTF8.self)
        if dropped > 0 { text += " … (\(dropped) bytes more)" }
        line.removeAll(keepingCapacity: true)
        dropped = 0
        return text
    }
}

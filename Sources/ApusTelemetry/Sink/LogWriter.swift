// SPDX-License-Identifier: Apache-2.0

/// The target as the sink's thread sees it: remembers whether the last byte written ended a line, so that what follows
/// a failure begins on a line of its own.
struct LogWriter {
    private let target: any LogTarget
    private var isMidLine = false
    /// The line that was begun will never be finished.
    private var isTorn = false

    init(target: any LogTarget) {
        self.target = target
    }

    /// Writes the beginning of `bytes`; zero if the target is broken.
    mutating func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        if isTorn {
            let wrote = withUnsafeBytes(of: UInt8(ascii: "\n")) { target.write($0) }
            guard wrote > 0 else { return 0 }
            isTorn = false
            isMidLine = false
        }
        let written = min(target.write(bytes), bytes.count)
        if written > 0 {
            isMidLine = bytes[written - 1] != UInt8(ascii: "\n")
        } else {
            isTorn = isMidLine
        }
        return written
    }

    /// Writes a whole line; false if the target is broken.
    mutating func writeLine(_ line: String) -> Bool {
        var line = line
        return line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = write(rest)
                guard written > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
            }
            return true
        }
    }
}

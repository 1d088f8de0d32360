// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds the end of a message head in bytes that arrive piece by piece, looking at each byte once.
///
/// Refuses a line that ends with a line feed alone, and a head that passes its limits, as soon as it is seen.
struct HeadScanner {
    private var scanned = 0
    private var lineStart = 0
    private var lines = 0
    /// Bytes of an empty line before the start line (at most one is allowed).
    private(set) var skipped = 0

    /// Whether no byte has been looked at yet.
    var isUntouched: Bool { scanned == 0 }

    /// - Parameter trailers: Whether the block has no start line, so that its first line may be the empty one.
    init(trailers: Bool = false) {
        lines = trailers ? 1 : 0
    }

    /// - Returns: the length of the head with its empty last line, or nil if it is not complete.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, limits: HeadLimits) throws(ProtocolError) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        while let found = memchr(base + scanned, 0x0A, bytes.count - scanned) {
            let index = UnsafeRawPointer(found) - base
            guard index > 0, bytes[index - 1] == 0x0D else { throw .bareLineFeed }
            scanned = index + 1
            if index - 1 == lineStart {
                if lines > 0 { return try checked(scanned, limits) }
                guard skipped == 0 else { throw .malformed("more than one empty line before the request") }
                skipped = 2
            } else {
                lines += 1
                if lines == 1, index - lineStart > limits.targetBytes + 64 { throw .uriTooLong }
            }
            lineStart = scanned
        }
        scanned = bytes.count
        if lines == 0, scanned - lineStart > limits.targetBytes + 64 { throw .uriTooLong }
        _ = try checked(scanned, limits)
        return nil
    }

    private func checked(_ length: Int, _ limits: HeadLimits) throws(ProtocolError) -> Int {
        guard length <= limits.headBytes else { throw .headTooLarge }
        return length
    }
}

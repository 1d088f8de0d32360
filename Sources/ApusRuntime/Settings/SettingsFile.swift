// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads the small text files that settings come from: `.env` and what `NAME_FILE` names.
enum SettingsFile {
    /// The largest file that is read, in bytes.
    static let limit = 1 << 20

    enum Outcome {
        case text(String)
        case absent
        /// Why not, as a sentence's end: `can't be read: Permission denied`.
        case unreadable(String)
    }

    static func read(_ path: String, upTo limit: Int = limit) -> Outcome {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            return errno == ENOENT ? .absent : .unreadable("can't be read: \(reason(errno))")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = chunk.withUnsafeMutableBytes { platformRead(descriptor, $0) }
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                return .unreadable("can't be read: \(reason(errno))")
            }
            bytes += chunk[..<count]
            if bytes.count > limit { return .unreadable("is larger than \(limit) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { return .unreadable("is not UTF-8 text") }
        return .text(text)
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

private func platformRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}

// SPDX-License-Identifier: Apache-2.0

/// The normal form of a request's path: what routes are compared with and what is forwarded.
///
/// A path may be spelt in many ways that a service reads as one; if the gateway compared one spelling and forwarded
/// another, a rule for `/admin/**` could be passed by `//admin` or `/%61dmin`.
enum NormalPath {
    /// What a look at the bytes of a target says.
    enum Shape: Sendable, Equatable {
        /// The path is in normal form; it is this many bytes long.
        case normal(length: Int)
        /// The path must be rewritten with ``normalized(_:encodedSlashes:)``.
        case other
        /// There is no way to read it safely.
        case invalid
    }

    /// Looks at a target, up to `?`.
    static func shape(of target: UnsafeRawBufferPointer) -> Shape {
        guard target.first == UInt8(ascii: "/") else { return .invalid }
        var previous: UInt8 = 0
        for (index, byte) in target.enumerated() {
            switch byte {
            case UInt8(ascii: "?"): return .normal(length: index)
            case UInt8(ascii: "%"): return .other
            case UInt8(ascii: "/") where previous == UInt8(ascii: "/"): return .other
            // Seldom a dot segment, but seldom at all.
            case UInt8(ascii: ".") where previous == UInt8(ascii: "/"): return .other
            case UInt8(ascii: "\\"), UInt8(ascii: "#"): return .invalid
            default: previous = byte
            }
        }
        return .normal(length: target.count)
    }

    /// The path in normal form with the length of what it was made from, or nil if it is invalid: a malformed escape,
    /// `%00`, a `.` or `..` segment, or an encoded slash where they aren't allowed.
    static func normalized(_ target: UnsafeRawBufferPointer, encodedSlashes: Bool) -> (path: [UInt8], length: Int)? {
        var path: [UInt8] = []
        path.reserveCapacity(target.count)
        var index = 0
        while index < target.count, target[index] != UInt8(ascii: "?") {
            let byte = target[index]
            switch byte {
            case UInt8(ascii: "%"):
                guard index + 2 < target.count, let high = hex(target[index + 1]), let low = hex(target[index + 2])
                else { return nil }
                let decoded = high << 4 | low
                if decoded == 0 { return nil }
                if decoded == UInt8(ascii: "/") || decoded == UInt8(ascii: "\\"), !encodedSlashes { return nil }
                if isUnreserved(decoded) {
                    path.append(decoded)
                } else {
                    path.append(contentsOf: [byte, upper(target[index + 1]), upper(target[index + 2])])
                }
                index += 3
                continue
            case UInt8(ascii: "/"):
                if path.last != byte { path.append(byte) }
            case UInt8(ascii: "\\"), UInt8(ascii: "#"):
                return nil
            default:
                path.append(byte)
            }
            index += 1
        }
        guard path.first == UInt8(ascii: "/"), !hasDotSegment(path) else { return nil }
        return (path, index)
    }

    private static func hasDotSegment(_ path: [UInt8]) -> Bool {
        path.split(separator: UInt8(ascii: "/")).contains { segment in
            segment.count <= 2 && segment.allSatisfy { $0 == UInt8(ascii: ".") }
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "~")
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func upper(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "a") ? byte - 32 : byte
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Media types as far as a service needs them.
enum MediaType {
    /// Whether a `Content-Type` is JSON: `application/json` or any type with the suffix `+json`.
    static func isJSON(_ value: UnsafeRawBufferPointer) -> Bool {
        var end = value.firstIndex(of: UInt8(ascii: ";")) ?? value.count
        while end > 0, value[end - 1] == UInt8(ascii: " ") || value[end - 1] == UInt8(ascii: "\t") { end -= 1 }
        let type = value[..<end]
        return equals(type, "application/json") || equals(type.suffix(5), "+json") && type.contains(UInt8(ascii: "/"))
    }

    private static func equals(_ bytes: Slice<UnsafeRawBufferPointer>, _ text: StaticString) -> Bool {
        bytes.count == text.utf8CodeUnitCount
            && zip(bytes, UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
                .allSatisfy { byte, wanted in
                    byte == wanted || byte | 0x20 == wanted && (0x41...0x5A).contains(byte)
                }
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP

/// The cookie that requests are hashed by.
enum StickyCookie {
    /// The hash of the cookie's value; nil if the request has no such cookie.
    static func hash(_ headers: Headers, name: String) -> UInt64? {
        headers.withValue(.cookie) { value in
            var name = name
            return name.withUTF8 { find($0, in: value) }.map { XXHash64.hash($0) }
        } ?? nil
    }

    /// What has the client send `value` from now on.
    static func setting(_ name: String, to value: String, isTLS: Bool) -> String {
        "\(name)=\(value); Path=/; HttpOnly; SameSite=Lax\(isTLS ? "; Secure" : "")"
    }

    /// The bytes after `name=` up to the next semicolon.
    private static func find(
        _ name: UnsafeBufferPointer<UInt8>, in value: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        var start = 0
        while start < value.count {
            while start < value.count, value[start] == UInt8(ascii: " ") { start += 1 }
            let end = value[start...].firstIndex(of: UInt8(ascii: ";")) ?? value.count
            let equals = start + name.count
            if equals < end, value[equals] == UInt8(ascii: "="), value[start..<equals].elementsEqual(name) {
                return UnsafeRawBufferPointer(rebasing: value[(equals + 1)..<end])
            }
            start = end + 1
        }
        return nil
    }
}

// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusGateway

@Suite("The normal form of a path")
struct NormalPathTests {
    private func normal(_ target: String, encodedSlashes: Bool = false) -> String? {
        Array(target.utf8).withUnsafeBytes { bytes in
            switch NormalPath.shape(of: bytes) {
            case .invalid: return nil
            case .normal(let length): return String(decoding: bytes[..<length], as: UTF8.self)
            case .other:
                return NormalPath.normalized(bytes, encodedSlashes: encodedSlashes).map {
                    String(decoding: $0.path, as: UTF8.self)
                }
            }
        }
    }

    @Test(
        "is the same for every spelling of a path, and there is none for ambiguous ones",
        arguments: [
            ("/v1/users", "/v1/users"), ("/v1/users?x=/../%00", "/v1/users"), ("/", "/"), ("//admin", "/admin"),
            ("/a///b//", "/a/b/"), ("/%61dmin", "/admin"), ("/a%7eb%2D", "/a~b-"), ("/a%c3%a4", "/a%C3%A4"),
            ("/.well-known/x", "/.well-known/x"), ("/a/...", "/a/..."), ("/a.b/..c", "/a.b/..c"),
            ("/a/../b", nil), ("/a/./b", nil), ("/a/..", nil), ("/a/%2e%2E/b", nil), ("/a/.%2e?x", nil), ("/%00", nil),
            ("/a%2fb", nil), ("/a%5Cb", nil), ("/a\\b", nil), ("/a%", nil), ("/a%2", nil), ("/a%zz", nil),
            ("/a#b", nil),
            ("*", nil), ("", nil),
        ])
    func forms(target: String, expected: String?) {
        #expect(normal(target) == expected)
    }

    @Test("may keep encoded slashes")
    func slashes() {
        #expect(normal("/a%2fb", encodedSlashes: true) == "/a%2Fb")
        #expect(normal("/a%2f..%2fb", encodedSlashes: true) == "/a%2F..%2Fb")
    }
}

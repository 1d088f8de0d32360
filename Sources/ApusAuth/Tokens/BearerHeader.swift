// SPDX-License-Identifier: Apache-2.0

/// Finds the bearer token in a request's `Authorization` header (RFC 6750, section 2.1; RFC 9110, section 11.4).
public enum BearerHeader {
    /// The token.
    ///
    /// - Parameter values: every value of the header, in order; none if the request has none.
    /// - Throws: ``AuthFailure/Code/missing`` without a header or with another scheme;
    ///   ``AuthFailure/Code/invalidRequest`` if the header is repeated or holds no proper token.
    public static func token(_ values: [String]) throws(AuthFailure) -> Substring {
        guard let value = values.first else { throw AuthFailure(.missing, "a bearer token is required") }
        guard values.count == 1 else {
            throw AuthFailure(.invalidRequest, "the Authorization header is repeated")
        }
        let bytes = value.utf8
        let schemeEnd = bytes.firstIndex(of: UInt8(ascii: " ")) ?? bytes.endIndex
        guard isBearer(bytes[..<schemeEnd]) else { throw AuthFailure(.missing, "a bearer token is required") }
        let start = bytes[schemeEnd...].firstIndex { $0 != UInt8(ascii: " ") } ?? bytes.endIndex
        let token = value[start...]
        guard !token.isEmpty, token.utf8.allSatisfy(isTokenCharacter) else {
            throw AuthFailure(.invalidRequest, "the Authorization header holds no proper bearer token")
        }
        return token
    }

    private static func isBearer(_ scheme: Substring.UTF8View) -> Bool {
        scheme.count == 6 && scheme.elementsEqual("bearer".utf8) { $0 | 0x20 == $1 }
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}

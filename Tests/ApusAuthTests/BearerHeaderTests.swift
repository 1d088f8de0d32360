// SPDX-License-Identifier: Apache-2.0
import ApusAuth
import Testing

@Suite("The Authorization header")
struct BearerHeaderTests {
    private func code(_ values: String...) -> AuthFailure.Code? {
        do throws(AuthFailure) {
            _ = try BearerHeader.token(values)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "gives the token, however the scheme is written",
        arguments: ["Bearer a.b-c_d", "bearer a.b-c_d", "BEARER  a.b-c_d"])
    func token(_ value: String) throws {
        #expect(try BearerHeader.token([value]) == "a.b-c_d")
    }

    @Test("is missing without a value and with another scheme")
    func missing() {
        #expect(code() == .missing)
        #expect(code("") == .missing)
        #expect(code("Basic YTpi") == .missing)
        #expect(code("Bearerx abc") == .missing)
        #expect(code("Beare abc") == .missing)
    }

    @Test(
        "is invalid without a proper token",
        arguments: [
            "Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer \"a\"", "Bearer a\u{0}", "Bearer ä", "Bearer a\t",
        ])
    func invalid(_ value: String) {
        #expect(code(value) == .invalidRequest)
    }

    @Test("is invalid if it is repeated")
    func repeated() {
        #expect(code("Bearer a", "Bearer a") == .invalidRequest)
        #expect(code("Bearer a", "Basic b") == .invalidRequest)
    }
}

@Suite("An authentication failure")
struct AuthFailureTests {
    private func failure(_ values: [String]) -> AuthFailure? {
        do throws(AuthFailure) {
            _ = try BearerHeader.token(values)
            return nil
        } catch {
            return error
        }
    }

    @Test("of a request without a token asks for one and says no more")
    func missing() throws {
        let found = try #require(failure([]))
        #expect(found.status == 401)
        #expect(found.challenge(realm: "shop") == #"Bearer realm="shop""#)
    }

    @Test("of an unreadable request is a 400")
    func invalidRequest() throws {
        let found = try #require(failure(["Bearer"]))
        #expect(found.status == 400)
        #expect(found.challenge(realm: "shop").contains(#"error="invalid_request""#))
    }

    @Test("can't break out of its quotes")
    func quoting() throws {
        let found = try #require(failure([]))
        #expect(found.challenge(realm: "a\"b\\c\r\nSet-Cookie: d\u{e9}") == #"Bearer realm="abcSet-Cookie: d""#)
    }
}

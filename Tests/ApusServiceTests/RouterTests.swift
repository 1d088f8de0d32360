// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusService
import Testing

@Suite("Router")
struct RouterTests {
    private let router: Router<String>

    init() throws {
        router = try Router([
            .init(.get, "/", "root"),
            .init(.get, "/v1/users", "list"),
            .init(.post, "/v1/users", "create"),
            .init(.get, "/v1/users/{id}", "one"),
            .init(.get, "/v1/users/me", "me"),
            .init(.get, "/v1/users/{user}/orders/{order}", "order"),
            .init(.get, "/v1/users/me/photo", "photo"),
            .init(.delete, "/v1/files/{name}", "remove"),
        ])
    }

    private func find(_ method: HTTPMethod, _ path: String) -> String {
        switch router.match(method, path[...]) {
        case .found(let value, let captures):
            ([value] + captures.texts(in: path[...]).map(String.init)).joined(separator: " ")
        case .methodNotAllowed(let methods): "405 " + methods.map(\.name).joined(separator: ",")
        case .notFound: "404"
        }
    }

    @Test(
        "Paths and methods find their routes",
        arguments: [
            ("/", "root"), ("/v1/users", "list"), ("/v1/users/7", "one 7"), ("/v1/users/me", "me"),
            ("/v1/users/7/orders/9", "order 7 9"), ("/v1/users/me/photo", "photo"),
            // A literal that leads nowhere gives way to the parameter.
            ("/v1/users/me/orders/9", "order me 9"), ("/v1/users/m", "one m"), ("/v1/users/a%2Fb", "one a%2Fb"),
            ("/v1/us%65rs/7", "one 7"), ("/v1/users/%C3%BC", "one %C3%BC"),
        ])
    func found(path: String, expected: String) {
        #expect(find(.get, path) == expected)
    }

    @Test(
        "What has no route is not found",
        arguments: [
            "", "v1/users", "/v1", "/v1/users/", "/v1//users", "//v1/users", "/v1/users/7/", "/v1/users//orders/9",
            "/V1/users",
            "/v1/users/7/orders", "/v1/users/7/orders/9/x", "/v1/user", "/v1/userss", "*", "/v1/us%6/7", "/%",
        ])
    func notFound(path: String) {
        #expect(find(.get, path) == "404")
    }

    @Test("A method without a route is refused with those that have one")
    func methods() {
        #expect(find(.delete, "/v1/users") == "405 GET,POST,HEAD")
        #expect(find(.get, "/v1/files/x") == "405 DELETE")
        #expect(find(.head, "/v1/users/7") == "one 7")
        #expect(find(.head, "/v1/files/x") == "405 DELETE")
        #expect(find(HTTPMethod("get"), "/v1/users") == "405 GET,POST,HEAD")
    }

    @Test("Every problem of the routes is reported at once")
    func problems() {
        let error = #expect(throws: RouterError.self) {
            try Router([
                .init(.get, "/a/{x}", 1), .init(.get, "/a/{y}", 2), .init(.get, "b", 3),
                .init(.get, "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}", 4),
            ])
        }
        #expect(error?.problems.count == 3)
    }

    @Test("Long and hostile paths are answered at once")
    func hostile() {
        #expect(find(.get, String(repeating: "/v1", count: 5000)) == "404")
        #expect(find(.get, "/v1/users/" + String(repeating: "x", count: 8000)).hasPrefix("one xxx"))
        #expect(find(.get, "/v1/users/" + String(repeating: "%", count: 100)).hasPrefix("one %%%"))
    }
}

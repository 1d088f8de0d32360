// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import Testing

@testable import ApusGateway

@Suite("Which route gets a request")
struct RouteTableTests {
    private func route(_ text: String) throws -> RouteConfiguration {
        // "GET,PUT host/path"
        let parts = text.split(separator: " ")
        let methods = parts.count == 2 ? parts[0].split(separator: ",").map(String.init) : []
        let place = parts[parts.count - 1]
        let slash = place.firstIndex(of: "/") ?? place.startIndex
        let hosts = try place[..<slash].split(separator: ",").map { try #require(HostPattern(String($0))) }
        let match = RouteMatch(path: try PathPattern(String(place[slash...])), hosts: hosts, methods: methods)
        return RouteConfiguration(name: text, match: match, service: "s")
    }

    private func find(_ routes: [RouteConfiguration], _ method: String, _ path: String, _ host: String) -> String {
        let table = RouteTable(routes.map(\.match))
        let outcome = Array(path.utf8).withUnsafeBytes { path in
            Array(host.utf8).withUnsafeBytes { host in
                table.find(path: path, host: host, method: table.methods.bit(of: .init(method)))
            }
        }
        switch outcome {
        case .route(let index): return routes[index].name
        case .notFound: return "404"
        case .methodNotAllowed(let mask): return "405 " + table.methods.names(in: mask).joined(separator: ",")
        }
    }

    @Test(
        "by path, host and method, the most specific first",
        arguments: [
            ("GET", "/v1/users", "", "/v1/users/**"), ("GET", "/v1/users/", "", "/v1/users/**"),
            ("GET", "/v1/users/7", "", "GET /v1/users/{id}"), ("HEAD", "/v1/users/7", "", "GET /v1/users/{id}"),
            ("POST", "/v1/users/7", "", "/v1/users/**"), ("GET", "/v1/users/me", "", "/v1/users/me"),
            ("GET", "/v1/users/7/orders", "", "/v1/users/**"), ("GET", "/v1/usersx", "", "404"),
            ("PUT", "/exact", "", "405 GET,HEAD,POST"), ("GET", "/exact/", "", "404"),
            ("GET", "/exact", "", "GET,POST /exact"), ("BREW", "/coffee", "", "BREW /coffee"),
            ("WHEN", "/coffee", "", "405 BREW"), ("GET", "/", "", "404"),
            ("GET", "/a/7/c", "", "/a/{x}/c"), ("GET", "/a/b/d", "", "/a/b/d"), ("GET", "/a/b/c", "", "/a/{x}/c"),
            ("GET", "/v1/users/7", "api.example.com", "api.example.com/**"),
            ("GET", "/x", "API.Example.com:8080", "api.example.com/**"),
            ("GET", "/x", "a.b.example.com", "*.example.com/x"),
            ("GET", "/x", "a.deep.example.com.", "*.deep.example.com/**"),
            ("GET", "/y", "a.example.com", "404"), ("GET", "/x", "example.com", "404"),
            ("GET", "/x", "xexample.com", "404"), ("GET", "/x", "[::1]:80", "404"),
        ])
    func examples(method: String, path: String, host: String, expected: String) throws {
        let routes = try [
            "/v1/users/**", "GET /v1/users/{id}", "/v1/users/me", "GET,POST /exact", "BREW /coffee", "/a/b/d",
            "/a/{x}/c",
            "api.example.com/**", "*.example.com/x", "*.deep.example.com/**",
        ].map(route)
        #expect(find(routes, method, path, host) == expected)
    }

    @Test("the compiled table and the explanation agree", arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func agree(seed: UInt64) throws {
        var random = FastRandom(seed: seed)
        let words = ["a", "b", "c"]
        for _ in 0..<150 {
            var routes: [RouteConfiguration] = []
            for number in 0..<Int.random(in: 1...12, using: &random) {
                var path = ""
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    path += "/" + (Bool.random(using: &random) ? words.randomElement(using: &random)! : "{p}")
                }
                if Int.random(in: 0...2, using: &random) == 0 { path += "/**" }
                if path.isEmpty { path = "/" }
                let host = ["", "", "", "h.example", "*.example", "*.h.example"].randomElement(using: &random)!
                let methods = ["", "", "GET ", "POST ", "GET,POST "].randomElement(using: &random)!
                var made = try route(methods + host + path)
                made.name += "#\(number)"
                routes.append(made)
            }
            for _ in 0..<20 {
                var path = ""
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    path += "/" + ["a", "b", "c", "d", ""].randomElement(using: &random)!
                }
                if path.isEmpty { path = "/" }
                let host = ["", "h.example", "x.example", "x.h.example", "other"].randomElement(using: &random)!
                let method = ["GET", "POST", "HEAD", "PUT"].randomElement(using: &random)!
                let explained = RouteExplanation(routes, method: method, host: host, path: path)
                let found = find(routes, method, path, host)
                if let chosen = explained.chosen {
                    #expect(found == chosen, "seed \(seed): \(method) \(host) \(path) in \(routes.map(\.name))")
                } else {
                    let isMissed = explained.routes.contains { $0.verdict == .otherMethod }
                    #expect(found.prefix(3) == (isMissed ? "405" : "404"), "seed \(seed): \(method) \(host) \(path)")
                }
            }
        }
    }

    @Test("an explanation says why each other route lost")
    func explains() throws {
        let routes = try ["/v1/**", "GET /v1/users/{id}", "/v1/users/me/x", "POST /v1/users/{id}", "h.example/**"].map(
            route)
        let explanation = RouteExplanation(routes, method: "GET", host: "", path: "/v1/users/7")
        #expect(explanation.chosen == "GET /v1/users/{id}")
        #expect(
            explanation.routes.map(\.verdict) == [
                .outranked(by: "GET /v1/users/{id}", because: "its path is longer"), .chosen,
                .otherPath(matchingSegments: 2), .otherMethod, .otherHost,
            ])
    }

    @Test("what shadows what")
    func shadows() throws {
        func shadows(_ earlier: String, _ later: String) throws -> Bool {
            RouteOrder.shadows(try route(earlier).match, try route(later).match)
        }
        #expect(try shadows("/a/{x}", "/a/{y}"))
        #expect(try shadows("GET /a", "HEAD /a"))
        #expect(try !shadows("/a", "GET /a"))
        #expect(try !shadows("/a/**", "/a/b"))
        #expect(try !shadows("/a", "h.example/a"))
        #expect(try shadows("h.example,i.example/a", "i.example/a"))
    }

    @Test("what any route allows is known, for those who ask about the gateway itself")
    func allowed() throws {
        #expect(RouteTable([]).allowed == "OPTIONS")
        #expect(RouteTable([try route("GET,PURGE /a").match]).allowed == "GET, HEAD, OPTIONS, PURGE")
        #expect(
            RouteTable([try route("/a").match]).allowed == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE")
    }
}

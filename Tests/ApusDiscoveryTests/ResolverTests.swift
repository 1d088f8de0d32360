// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import Logging
import Synchronization
import Testing

@testable import ApusDiscovery

@Suite("ServiceView, StaticResolver, DNSResolver")
struct ResolverTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("a view keeps its last good list through failures, and says since when it is stale")
    func lastGood() {
        let view = ServiceView(service: "users")
        #expect(view.current.status == .pending)
        let down = DiscoveryError(.unreachable, "down")
        view.fail(down, at: .seconds(1))
        #expect(view.current.status == .failed(down))
        view.update([instance("users", "a")])
        #expect(view.staleSince == nil)
        let version = view.version
        view.fail(down, at: .seconds(5))
        view.fail(down, at: .seconds(9))
        #expect(view.current.status == .resolved)
        #expect(view.current.instances.map(\.id) == ["a"])
        #expect(view.staleSince == .seconds(5))
        #expect(view.version == version)
    }

    @Test("an empty answer is an answer")
    func empty() {
        let view = ServiceView(service: "users")
        view.update([])
        #expect(view.current.status == .resolved)
        #expect(view.current.instances.isEmpty)
    }

    @Test("the same list again is no new version; duplicates are merged, the last counts")
    func versions() {
        let view = ServiceView(service: "users", instances: [instance("users", "b"), instance("users", "a")])
        let version = view.version
        view.update([instance("users", "a"), instance("users", "b")])
        #expect(view.version == version)
        view.update([instance("users", "a", port: 1), instance("users", "a", port: 2)])
        #expect(view.version == version + 1)
        #expect(view.current.instances.map(\.endpoint.port) == [2])
    }

    @Test("a slow reader gets the newest set, not a backlog")
    func slowReader() async throws {
        let view = ServiceView(service: "users")
        var changes = view.changes.makeAsyncIterator()
        for port in 1...100 { view.update([instance("users", "a", port: port)]) }
        #expect(await changes.next()?.instances.map(\.endpoint.port) == [100])
    }

    @Test("a static resolver answers for what it names, and fails for what it doesn't")
    func fixed() {
        let resolver = StaticResolver(["users": [Origin(host: "h", port: 1)], "empty": []])
        #expect(resolver.instances(of: "users").instances.map(\.endpoint.port) == [1])
        #expect(resolver.instances(of: "empty").status == .resolved)
        guard case .failed(let error) = resolver.instances(of: "orders").status else {
            Issue.record("must fail")
            return
        }
        #expect(error.message.contains("'orders'") && error.message.contains("users"))
    }

    @Test("a name is looked up again and again, and a failure keeps the last good list")
    func dns() async throws {
        let answers = Mutex<[Result<[String], DiscoveryError>]>([
            .success(["10.0.0.1"]), .failure(DiscoveryError(.lookupFailed, "servfail")), .success(["10.0.0.2", "::1"]),
        ])
        let asked = Mutex<[String]>([])
        let lookup = AddressLookup { host throws(DiscoveryError) in
            asked.withLock { $0.append(host) }
            return try answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }.get()
        }
        let resolver = DNSResolver(
            name: "{service}.internal", port: 8_080, interval: .milliseconds(20), lookup: lookup, logger: logger)
        let view = resolver.view(of: "users")
        var seen: [[String]] = []
        for await set in view.changes where set.status != .pending {
            seen.append(set.instances.map(\.endpoint.description))
            if set.instances.count == 2 { break }
        }
        await resolver.shutdown()
        #expect(seen.last == ["http://10.0.0.2:8080", "http://[::1]:8080"])
        #expect(seen.allSatisfy { !$0.isEmpty })
        #expect(asked.withLock { $0.allSatisfy { $0 == "users.internal" } })
    }

    @Test("the system finds localhost, and names what it can't find")
    func system() async throws {
        #expect(try await AddressLookup.system("localhost").contains { $0 == "127.0.0.1" || $0 == "::1" })
        await #expect {
            try await AddressLookup.system("no-such-name.invalid")
        } throws: { ($0 as? DiscoveryError)?.code == .lookupFailed }
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusTesting
import Foundation
import Testing

@Suite("Registry")
struct RegistryTests {
    @Test("a watcher is answered when its service changes, not when another does")
    func watch() async throws {
        let registry = try Registry()
        _ = try await registry.register(instance("users", "a"), ttl: .seconds(10))
        let seen = registry.list("users")
        async let answer = registry.list("users", after: seen.index, wait: .seconds(60))
        try await eventually("the watcher waits") { registry.waiting == 1 }
        _ = try await registry.register(instance("orders", "x"), ttl: .seconds(10))
        #expect(registry.waiting == 1)
        _ = try await registry.register(instance("users", "b"), ttl: .seconds(10))
        #expect(try await answer.instances.map(\.id) == ["a", "b"])
    }

    @Test("a wait ends after its time with the list as it is")
    func waitEnds() async throws {
        let clock = ManualClock()
        let registry = try Registry(time: clock.source)
        let index = registry.list("users").index
        async let answer = registry.list("users", after: index, wait: .seconds(30))
        try await eventually("the watcher waits") { registry.waiting == 1 }
        clock.advance(by: .seconds(29))
        await registry.sweep()
        #expect(registry.waiting == 1)
        clock.advance(by: .seconds(2))
        await registry.sweep()
        #expect(try await answer.index == index)
    }

    @Test("a cancelled watcher leaves nothing behind")
    func cancelled() async throws {
        let registry = try Registry()
        let index = registry.list("users").index
        let watcher = Task { try await registry.list("users", after: index, wait: .seconds(60)) }
        try await eventually("the watcher waits") { registry.waiting == 1 }
        watcher.cancel()
        _ = await watcher.result
        #expect(registry.waiting == 0)
    }

    @Test("an expired instance is news")
    func expiry() async throws {
        let clock = ManualClock()
        let registry = try Registry(time: clock.source)
        _ = try await registry.register(instance("users", "a"), ttl: .seconds(2))
        async let answer = registry.list("users", after: registry.list("users").index, wait: .seconds(60))
        try await eventually("the watcher waits") { registry.waiting == 1 }
        clock.advance(by: .seconds(2))
        await registry.sweep()
        #expect(try await answer.instances.isEmpty)
    }

    @Test("a restart loses nothing: instances, leases, and a whole time to live to renew them")
    func restart() async throws {
        try await withTemporaryFolder { folder in
            let clock = ManualClock()
            let first = try Registry(directory: folder, time: clock.source)
            let original = instance("users", "a", metadata: ["zone": "1"])
            let lease = try await first.register(original, ttl: .seconds(10))
            _ = try await first.register(instance("users", "b"), ttl: .seconds(10))
            try await first.drop("users", id: "b")
            let index = first.list("users").index
            clock.advance(by: .seconds(3_600))

            let second = try Registry(directory: folder, time: clock.source)
            #expect(second.list("users").instances == [original])
            #expect(second.list("users").index > index, "every watcher must list again")
            clock.advance(by: .seconds(9))
            await second.sweep()
            _ = try second.renew("users", id: "a", generation: lease.generation)
            clock.advance(by: .seconds(2))
            await second.sweep()
            #expect(second.count == 1)
            let next = try await second.register(instance("users", "a", port: 5), ttl: .seconds(10))
            #expect(next.generation > lease.generation)
        }
    }

    @Test("many registrations at once are all stored")
    func manyAtOnce() async throws {
        try await withTemporaryFolder { folder in
            let first = try Registry(directory: folder)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<100 {
                    group.addTask { _ = try await first.register(instance("users", "\(id)"), ttl: .seconds(10)) }
                }
                try await group.waitForAll()
            }
            #expect(try Registry(directory: folder).count == 100)
        }
    }

    @Test(
        "a file that isn't a registry's stops the start, with its name and what to do",
        arguments: [
            "", "{", #"{"format":9,"revision":1,"lastGeneration":1,"instances":[]}"#,
            #"{"format":1,"revision":1,"lastGeneration":1,"instances":[{"service":"a","id":"b","url":"nonsense","#
                + #""metadata":{},"ttlMilliseconds":1,"generation":1}]}"#,
        ])
    func corrupted(content: String) async throws {
        try await withTemporaryFolder { folder in
            try Data(content.utf8).write(to: URL(filePath: folder + "/registry.json"))
            #expect { try Registry(directory: folder) } throws: {
                guard let error = $0 as? DiscoveryError else { return false }
                return error.code == .storage && error.message.contains("registry.json")
                    && error.message.contains("move it away")
            }
        }
    }

    @Test("a folder that can't be made is named")
    func noFolder() {
        #expect { try Registry(directory: "/proc/apus-registry") } throws: {
            guard let error = $0 as? DiscoveryError else { return false }
            return error.code == .storage && error.message.contains("/proc/apus-registry")
        }
    }
}

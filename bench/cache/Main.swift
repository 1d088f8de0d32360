// SPDX-License-Identifier: Apache-2.0
import ApusCache
import Foundation

/// What a hit of the cache in the process costs, in nanoseconds of CPU time, the best of several rounds. Prints one line
/// each: `NAME NANOSECONDS`.
@main
struct Main {
    static let entries = 10_000
    static let rounds = 7
    static let hits = 1_000_000

    static func main() async throws {
        let users = try LocalCache<Int, Int>(.init(capacity: entries * 2))
        let names = try LocalCache<String, Int>(.init(capacity: entries * 2))
        let boxed = try MemoryCache(.init(capacity: entries * 2))
        var keys: [String] = []
        for key in 0..<entries {
            keys.append("user:\(key)")
            users.set(key, key)
            names.set(keys[key], key)
            try await boxed.set(keys[key], key)
        }
        // Not in their order, so that the processor's caches see what they would.
        let order = (0..<hits).map { ($0 &* 7_919) % entries }
        report("get-integer-key", best { for key in order { blackHole(users.get(key)) } })
        report("get-string-key", best { for key in order { blackHole(names.get(keys[key])) } })
        report(
            "get-or-load-hit",
            try await best {
                for key in order {
                    blackHole(try await users.getOrLoad(key, from: entries) { size, key in size + key })
                }
            })
        report(
            "get-or-load-hit-capturing",
            try await best {
                for key in order { blackHole(try await users.getOrLoad(key) { key }) }
            })
        report(
            "memory-cache-get-or-load-hit",
            try await best {
                for key in order { blackHole(try await boxed.getOrLoad(keys[key]) { key }) }
            })
        precondition(users.statistics.misses == 0 && names.statistics.misses == 0, "the bench has measured misses")
    }

    static func best(_ body: () async throws -> Void) async rethrows -> Double {
        var least = Double.infinity
        for _ in 0..<rounds {
            let start = cpuNanoseconds()
            try await body()
            least = min(least, Double(cpuNanoseconds() - start) / Double(hits))
        }
        return least
    }

    static func best(_ body: () -> Void) -> Double {
        var least = Double.infinity
        for _ in 0..<rounds {
            let start = cpuNanoseconds()
            body()
            least = min(least, Double(cpuNanoseconds() - start) / Double(hits))
        }
        return least
    }

    /// Of the process, which has nothing else to do; so what the rest of the machine does counts for less.
    static func cpuNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }

    static func report(_ name: String, _ nanoseconds: Double) {
        print(name, (nanoseconds * 10).rounded() / 10)
    }

    @inline(never)
    static func blackHole<Value>(_ value: Value) {}
}

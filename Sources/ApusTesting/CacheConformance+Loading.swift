// SPDX-License-Identifier: Apache-2.0
public import ApusCache
import ApusCore

extension CacheConformance {
    /// The checks of `getOrLoad`, which are among ``checks``.
    public static let loading: [ConformanceCheck<any Cache>] = [
        .init("10,000 concurrent misses make one load") { cache in
            let gate = Gate()
            let loads = Tally()
            let callers = Tally()
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10_000 {
                    group.addTask {
                        callers.increment()
                        return try await cache.getOrLoad("a") {
                            loads.increment()
                            await gate.wait()
                            return 7
                        }
                    }
                }
                try await eventually("all callers asking") { callers.value == 10_000 }
                gate.open()
                return try await group.reduce(0, +)
            }
            try require(sum, is: 70_000, "what all callers got")
            try require(loads.value, is: 1, "loads")
        },
        .init("Cancelling one waiter leaves the load to the others") { cache in
            let gate = Gate()
            let first = Task {
                try await cache.getOrLoad("a") {
                    await gate.wait(); return 1
                }
            }
            await gate.reached()
            let second = Task { try await cache.getOrLoad("a") { 2 } }
            first.cancel()
            do {
                _ = try await first.value
                throw ConformanceFailure("the cancelled waiter got a value")
            } catch is CancellationError {}
            // The second joins the load that the first began, or begins its own if it came after.
            gate.open()
            try require([1, 2].contains(try await second.value), "the second got another value")
        },
        .init("The deadline of who began a load isn't that of those who join it") { cache in
            let soon = Instant.now.advanced(by: .milliseconds(1))
            let isFree = try await CallContext.$current.withValue(CallContext(deadline: soon)) {
                try await cache.getOrLoad("a") { CallContext.currentDeadline.map { $0 > soon } ?? true }
            }
            try require(isFree, "the load has the caller's deadline")
        },
        .init("Who insists on a value where it is remembered that there is nothing loads it once, however many do") {
            cache in
            let policy = CachePolicy(timeToLive: .seconds(60), negativeTimeToLive: .seconds(60))
            try require(try await cache.findOrLoad("a", policy: policy) { () -> Int? in nil }, is: nil, "nothing")
            let gate = Gate()
            let loads = Tally()
            let callers = Tally()
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        callers.increment()
                        return try await cache.getOrLoad("a", policy: policy) {
                            loads.increment()
                            await gate.wait()
                            return 7
                        }
                    }
                }
                try await eventually("all callers asking") { callers.value == 100 }
                gate.open()
                return try await group.reduce(0, +)
            }
            try require(sum, is: 700, "what all callers got")
            try require(loads.value, is: 1, "loads")
        },
        .init("A load that fails where it is remembered that there is nothing fails once, for all") { cache in
            struct Failed: Error {}
            let policy = CachePolicy(timeToLive: .seconds(60), negativeTimeToLive: .seconds(60))
            try require(try await cache.findOrLoad("a", policy: policy) { () -> Int? in nil }, is: nil, "nothing")
            let gate = Gate()
            let loads = Tally()
            let failures = Tally()
            let first = Task {
                try await cache.getOrLoad("a", policy: policy) { () async throws -> Int in
                    loads.increment()
                    await gate.wait()
                    throw Failed()
                }
            }
            await gate.reached()
            let joined = cache.statistics.loadsJoined
            let others = (0..<20).map { _ in
                Task {
                    do {
                        _ = try await cache.getOrLoad("a", policy: policy) { () async throws -> Int in
                            loads.increment()
                            throw Failed()
                        }
                    } catch is Failed { failures.increment() }
                }
            }
            try await eventually("all wait for the load") { cache.statistics.loadsJoined == joined + 20 }
            gate.open()
            do {
                _ = try await first.value
                throw ConformanceFailure("a value of a failed load")
            } catch is Failed {}
            for other in others { try await other.value }
            try require(failures.value, is: 20, "callers who were told")
            try require(loads.value, is: 1, "loads")
        },
        .init("The load is cancelled when the last waiter has gone") { cache in
            let gate = Gate()
            let ended = Gate()
            let only = Task {
                try await cache.getOrLoad("a") { () async throws -> Int in
                    await gate.wait()
                    let wasCancelled = Task.isCancelled
                    if wasCancelled { ended.open() }
                    return 1
                }
            }
            await gate.reached()
            only.cancel()
            _ = await only.result
            gate.open()
            await ended.wait()
            try require(try await cache.getOrLoad("a") { 2 }, is: 2, "loaded anew")
        },
        .init("A failed load fails for all who wait and isn't remembered") { cache in
            let gate = Gate()
            let tasks = (0..<20).map { _ in
                Task {
                    try await cache.getOrLoad("a") { () async throws -> Int in
                        await gate.wait()
                        throw LoadFailed()
                    }
                }
            }
            await gate.reached()
            gate.open()
            for task in tasks {
                do {
                    _ = try await task.value
                    throw ConformanceFailure("a waiter got a value of a failed load")
                } catch is LoadFailed {}
            }
            try require(try await cache.getOrLoad("a") { 3 }, is: 3, "the load after")
        },
        .init("A removal during a load isn't overwritten by it") { cache in
            let gate = Gate()
            let loader = Task {
                try await cache.getOrLoad("a") {
                    await gate.wait(); return "stale"
                }
            }
            await gate.reached()
            try await cache.remove("a")
            let fresh = try await cache.getOrLoad("a") { "fresh" }
            try require(fresh, is: "fresh", "loaded after the removal")
            gate.open()
            try require(try await loader.value, is: "stale", "what the earlier caller got")
            try require(try await cache.get("a"), is: "fresh", "what is stored")
        },
        .init("A value set during a load isn't overwritten by it") { cache in
            let gate = Gate()
            let loader = Task {
                try await cache.getOrLoad("a") {
                    await gate.wait(); return "stale"
                }
            }
            await gate.reached()
            try await cache.set("a", "newer")
            gate.open()
            _ = try await loader.value
            try require(try await cache.get("a"), is: "newer", "what is stored")
        },
    ]
}

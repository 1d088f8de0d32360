// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import RedisTestSupport
    import Synchronization
    import Testing

    @testable import ApusRedis

    /// Commands of every kind whose effects can be told apart afterwards, and what their callers were told.
    ///
    /// A step appends its own number to one list, or to two in a transaction: what was done twice, or by half, shows.
    final class MixedLoad: Sendable {
        enum Told { case done, failed, mayHaveRun }

        private struct State {
            var lastNumber = 0
            var told: [Int: (isPair: Bool, told: Told)] = [:]
            var errors = 0
        }

        private static let push = RedisScript("return redis.call('RPUSH', KEYS[1], ARGV[1])")
        private let client: RedisClient
        private let state = Mutex(State())

        init(client: RedisClient) {
            self.client = client
        }

        /// Takes so many steps, one after the other.
        func run(steps: Int, random: FastRandom) async {
            var random = random
            for _ in 0..<steps {
                let kind = Int.random(in: 0..<6, using: &random)
                let number = state.withLock { state in
                    state.lastNumber += 1
                    return state.lastNumber
                }
                let began = Instant.now
                var told = Told.done
                do throws(RedisError) {
                    try await step(kind, number, until: began.advanced(by: .seconds(3)))
                } catch {
                    #expect(error.isOfTheNetwork, "\(error)")
                    told = error.mayHaveRun ? .mayHaveRun : .failed
                }
                #expect(began.duration(to: .now) < .seconds(4))
                state.withLock { state in
                    if kind < 3 { state.told[number] = (kind == 2, told) }
                    if told != .done { state.errors += 1 }
                }
            }
        }

        private func step(_ kind: Int, _ number: Int, until deadline: Instant) async throws(RedisError) {
            let text = RedisArgument.string("\(number)")
            switch kind {
            case 0:
                let reply = try await client.send(RedisCommand("RPUSH", ["one", text]), deadline: deadline)
                #expect(reply.integer != nil)
            case 1:
                let reply = try await client.run(Self.push, keys: ["one"], arguments: [text], deadline: deadline)
                #expect(reply.integer != nil)
            case 2:
                let replies = try await client.transaction(
                    [RedisCommand("RPUSH", ["left", text]), RedisCommand("RPUSH", ["right", text])], deadline: deadline)
                #expect(replies.count == 2)
            case 3:
                let reply = try await client.send(RedisCommand("ECHO", [text]), deadline: deadline)
                #expect(reply.string == "\(number)")
            case 4:
                let long = String(repeating: "x", count: 500) + "\(number)"
                let replies = try await client.pipeline(
                    [RedisCommand("ECHO", [text]), RedisCommand("ECHO", [.string(long)])], deadline: deadline)
                #expect(replies.map(\.string) == ["\(number)", long])
            default:
                let bytes = Array("\(number)".utf8)
                try await client.set("k\(number)", bytes, deadline: deadline)
                let back = try await client.get("k\(number)", deadline: deadline)
                #expect(back == bytes)
            }
        }

        /// Compares what is stored with what was told.
        func check(against client: RedisClient, _ comment: Comment) async throws {
            var counts: [String: [Int: Int]] = [:]
            for list in ["one", "left", "right"] {
                let entries = try await client.command("LRANGE", .string(list), 0, -1).array ?? []
                for entry in entries { counts[list, default: [:]][Int(entry.string ?? "") ?? -1, default: 0] += 1 }
            }
            let (told, errors) = state.withLock { ($0.told, $0.errors) }
            for (number, (isPair, told)) in told {
                let found = (isPair ? ["left", "right"] : ["one"]).map { counts[$0]?[number] ?? 0 }
                switch told {
                case .done: #expect(found.allSatisfy { $0 == 1 }, "\(comment): acknowledged \(number), \(found)")
                case .failed: #expect(found.allSatisfy { $0 == 0 }, "\(comment): \(number) was told not to have run")
                case .mayHaveRun: #expect(Set(found).count == 1 && found[0] <= 1, "\(comment): \(number), \(found)")
                }
            }
            // Cuts were felt, and most of the work was done all the same.
            #expect(errors > 0 && told.count { $0.value.told == .done } > told.count / 2, "\(errors) of \(told.count)")
        }
    }
#endif

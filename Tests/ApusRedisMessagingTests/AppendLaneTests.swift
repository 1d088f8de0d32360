// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusMessaging
    import ApusTesting
    import Foundation
    import Testing

    @testable import ApusRedisMessaging

    @Suite("What several tasks append at once")
    struct AppendLaneTests {
        private func call(bytes: Int = 100, entries: Int = 1) -> AppendLane.Call {
            AppendLane.Call(part: .whole([]), entries: entries, bytes: bytes)
        }

        /// Starts appends one after the other, each when the one before is on its way or waits.
        private func start(
            _ count: Int, on lane: AppendLane, bytes: Int = 100, entries: Int = 1,
            _ send: @escaping @Sendable ([AppendLane.Call]) async throws(MessagingError) -> [String]
        ) -> [Task<MessagingError.Code?, Never>] {
            (0..<count).map { _ in
                Task {
                    do throws(MessagingError) {
                        _ = try await lane.append(call(bytes: bytes, entries: entries), send)
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
        }

        @Test(
            "goes along in few scripts, of at most 256 entries and a mebibyte", arguments: [(100, 256), (1 << 18, 4)])
        func batches(bytes: Int, most: Int) async throws {
            let lane = AppendLane(maximum: 10_000, maximumBytes: 1 << 30)
            let gate = Gate()
            let sizes = Journal<Int>()
            let tasks = start(1_000, on: lane, bytes: bytes) { calls async throws(MessagingError) in
                sizes.append(calls.count)
                await gate.wait()
                return calls.map { _ in "s" }
            }
            try await eventually("two on their way, the others waiting") {
                sizes.entries.count == 2 && lane.waiting == 1_000 - sizes.entries.reduce(0, +)
            }
            gate.open()
            for task in tasks { #expect(await task.value == nil) }
            #expect(sizes.entries.reduce(0, +) == 1_000)
            #expect(sizes.entries.max() == most)
            #expect(sizes.entries.count <= 1_000 / most + 4)
        }

        @Test("leaves in a second script while the first is on its way, as soon as enough entries wait in few calls")
        func secondScript() async throws {
            let lane = AppendLane(maximum: 10_000, maximumBytes: 1 << 30)
            let gate = Gate()
            let sizes = Journal<Int>()
            let tasks = start(8, on: lane, entries: 100) { calls async throws(MessagingError) in
                sizes.append(calls.count)
                await gate.wait()
                return calls.map { _ in "s" }
            }
            try await eventually("two on their way") { sizes.entries.count == 2 }
            gate.open()
            for task in tasks { #expect(await task.value == nil) }
            #expect(sizes.entries.reduce(0, +) == 8)
            #expect(sizes.entries.allSatisfy { $0 <= 2 })
        }

        @Test("is refused beyond the bounds, and taken again when there is room", arguments: [100, 1 << 20])
        func bounds(bytes: Int) async throws {
            let lane = AppendLane(maximum: 5, maximumBytes: 5 << 20)
            let gate = Gate()
            let sent = Tally()
            let send: @Sendable ([AppendLane.Call]) async throws(MessagingError) -> [String] = { calls in
                sent.increment()
                await gate.wait()
                return calls.map { _ in "s" }
            }
            let first = start(1, on: lane, bytes: bytes, send)
            try await eventually("on its way") { sent.value == 1 }
            let second = start(20, on: lane, bytes: bytes, send)
            try await eventually("five waiting") { lane.waiting == 5 }
            gate.open()
            var codes: [MessagingError.Code?] = []
            for task in first + second { codes.append(await task.value) }
            #expect(codes.contains(.overloaded))
            #expect(codes.allSatisfy { $0 == nil || $0 == .overloaded })
            #expect(await start(1, on: lane, bytes: 100 << 20, send)[0].value == nil)
        }

        @Test("is told apart again: each has the answer to what it brought")
        func answers() throws {
            func entry(_ number: Int, _ channel: Channel, isRemembered: Bool) -> QueueEntry {
                let message = Message(
                    id: "\(number)", type: "job", source: "/test", created: .distantPast, data: Array("1".utf8))
                return QueueEntry(
                    channel: channel, message: message, document: [1, 2, 3], isRemembered: isRemembered)
            }
            let calls = [
                [entry(1, .local, isRemembered: false)], [entry(2, .local, isRemembered: false)],
                [entry(3, .local, isRemembered: true)],
                [entry(4, .local, isRemembered: true), entry(5, .unrouted, isRemembered: true)],
                [entry(6, .broker, isRemembered: true)], [entry(7, .broker, isRemembered: true)],
            ]
            let parts = AppendParts(calls.map { AppendLane.Call($0, now: 0) })
            #expect(parts.count == 4)
            #expect(
                parts.split(["sf", "d", "flocal", "ds"]) == ["s", "flocal", "d", "flocal", "d", "s"])
            #expect(parts.split(["s", "d", "flocal", "ds"]) == nil)
            #expect(parts.split(["sf", "d", "flocal"]) == nil)
        }

        @Test("fails together when the server can't be reached")
        func failsTogether() async throws {
            let lane = AppendLane(maximum: 10_000, maximumBytes: 1 << 30)
            let gate = Gate()
            let sent = Tally()
            let tasks = start(2_000, on: lane) { (_) async throws(MessagingError) in
                sent.increment()
                await gate.wait()
                throw MessagingError(.unavailable, "gone")
            }
            try await eventually("all are there") { sent.value == 2 && lane.waiting > 1_000 }
            gate.open()
            for task in tasks { #expect(await task.value == .unavailable) }
            #expect(sent.value <= 4)
        }
    }
#endif

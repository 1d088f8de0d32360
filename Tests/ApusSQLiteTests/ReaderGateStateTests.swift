// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusSQLite

@Suite("Who gets a reader")
struct ReaderGateStateTests {
    private typealias State = ReaderGateState<String>

    private func enter(_ state: inout State, _ kind: State.Kind, gives expected: State.Entry) {
        let entry = state.enter(kind)
        #expect(entry == expected)
    }

    private func leave(_ state: inout State, _ kind: State.Kind, admits expected: String?) {
        let next = state.leave(kind)
        #expect(next == expected)
    }

    @Test("Streams leave one reader to queries, which pass those that wait for it", arguments: [2, 4, 64])
    func streams(readers: Int) {
        var state = State(maximumReaders: readers, maximumWaiters: 10)
        for _ in 1..<readers { enter(&state, .stream, gives: .admitted) }
        enter(&state, .stream, gives: .mustWait)
        _ = state.wait("stream", for: .stream, until: .distantFuture)
        enter(&state, .query, gives: .admitted)
        enter(&state, .query, gives: .mustWait)
        _ = state.wait("query", for: .query, until: .distantFuture)
        leave(&state, .query, admits: "query")
        leave(&state, .query, admits: nil)
        leave(&state, .stream, admits: "stream")
        #expect(state.streams == readers - 1 && state.queries == 0 && state.count == 0)
    }

    @Test("With a single reader a stream has one beside it")
    func single() {
        var state = State(maximumReaders: 1, maximumWaiters: 10)
        #expect(state.maximumReaders == 2)
        enter(&state, .stream, gives: .admitted)
        enter(&state, .stream, gives: .mustWait)
        enter(&state, .query, gives: .admitted)
        enter(&state, .query, gives: .mustWait)
        leave(&state, .stream, admits: nil)
        enter(&state, .query, gives: .mustWait)
    }

    @Test("First come, first served, queries and streams alike; who leaves the queue is skipped")
    func order() {
        var state = State(maximumReaders: 2, maximumWaiters: 4)
        enter(&state, .query, gives: .admitted)
        enter(&state, .query, gives: .admitted)
        var ids: [String: UInt64] = [:]
        for (name, kind) in [("a", .stream), ("b", .query), ("c", .query), ("d", .stream)] as [(String, State.Kind)] {
            enter(&state, kind, gives: .mustWait)
            ids[name] = state.wait(name, for: kind, until: .distantFuture)
        }
        enter(&state, .query, gives: .full)
        let cancelled = [state.cancel(ids["b"] ?? 0), state.cancel(ids["b"] ?? 0)]
        #expect(cancelled == ["b", nil])
        leave(&state, .query, admits: "a")
        leave(&state, .query, admits: "c")
        leave(&state, .query, admits: nil)
        leave(&state, .stream, admits: "d")
        leave(&state, .stream, admits: nil)
        #expect(state.isIdle)
    }

    @Test("Whose end has come is taken out; a closed gate admits those who wait, and nobody else")
    func ends() {
        var state = State(maximumReaders: 1, maximumWaiters: 4)
        enter(&state, .query, gives: .admitted)
        _ = state.wait("a", for: .query, until: Instant(nanoseconds: 10))
        _ = state.wait("b", for: .query, until: .distantFuture)
        #expect(state.earliestEnd == Instant(nanoseconds: 10))
        let late = state.removeEnded(at: Instant(nanoseconds: 10))
        #expect(late == ["a"])
        state.isClosed = true
        enter(&state, .stream, gives: .closed)
        leave(&state, .query, admits: "b")
        #expect(!state.isIdle)
        leave(&state, .query, admits: nil)
        #expect(state.isIdle)
    }

    @Test("Never more than there are, and nobody waits who could be served")
    func invariants() {
        for seed in 0..<20 as Range<UInt64> {
            var random = FastRandom(seed: seed)
            let readers = Int.random(in: 1...5, using: &random)
            var state = State(maximumReaders: readers, maximumWaiters: 6)
            var waiting: [(name: String, kind: State.Kind)] = []
            for step in 0..<2_000 {
                let kind: State.Kind = Bool.random(using: &random) ? .query : .stream
                if Bool.random(using: &random) {
                    if state.enter(kind) == .mustWait {
                        _ = state.wait("\(step)", for: kind, until: .distantFuture)
                        waiting.append(("\(step)", kind))
                    }
                } else if (kind == .query ? state.queries : state.streams) > 0, let next = state.leave(kind) {
                    let of = waiting.first { $0.name == next }?.kind
                    let first = waiting.first { $0.kind == of }
                    #expect(first?.name == next, "seed \(seed)")
                    waiting.removeAll { $0.name == next }
                }
                #expect(state.queries + state.streams <= max(2, readers), "seed \(seed)")
                #expect(state.queries <= readers && state.streams <= max(1, readers - 1), "seed \(seed)")
                let isFull = state.queries + state.streams == max(2, readers)
                let canQuery = !isFull && state.queries < readers
                let canStream = !isFull && state.streams < max(1, readers - 1)
                #expect(!canQuery || !waiting.contains { $0.kind == .query }, "seed \(seed)")
                #expect(!canStream || !waiting.contains { $0.kind == .stream }, "seed \(seed)")
            }
        }
    }
}

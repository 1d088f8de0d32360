// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusSQLite

@Suite("Who gets the writer")
struct WriteLaneStateTests {
    private typealias State = WriteLaneState<Int, String>

    private func next(_ state: inout State, is expected: String) {
        let next =
            switch state.next() {
            case .run(let units): "run \(units)"
            case .grant(let waiter): "grant \(waiter)"
            case .idle: "idle"
            }
        #expect(next == expected)
    }

    private func check(_ state: inout State, _ entry: State.Entry, begins expected: Bool) {
        let begins = state.enqueue(entry, until: .distantFuture).begins
        #expect(begins == expected)
    }

    private func name(_ entry: State.Entry?) -> String? {
        switch entry {
        case .unit(let unit): "unit \(unit)"
        case .transaction(let waiter): "transaction \(waiter)"
        case nil: nil
        }
    }

    @Test("First come, first served; units in a row make a group of bounded size")
    func order() {
        var state = State(maximumWaiters: 100, maximumGroup: 2)
        check(&state, .unit(1), begins: true)
        check(&state, .unit(2), begins: false)
        check(&state, .unit(3), begins: false)
        check(&state, .transaction("a"), begins: false)
        check(&state, .unit(4), begins: false)
        next(&state, is: "run [1, 2]")
        next(&state, is: "run [3]")
        next(&state, is: "grant a")
        #expect(state.isBusy)
        next(&state, is: "run [4]")
        next(&state, is: "idle")
        #expect(!state.isBusy)
        check(&state, .unit(5), begins: true)
    }

    @Test("A cancelled waiter is skipped, and one that was granted can't be cancelled")
    func cancel() {
        var state = State(maximumWaiters: 3, maximumGroup: 2)
        let first = state.enqueue(.transaction("a"), until: .distantFuture).id
        let second = state.enqueue(.transaction("b"), until: .distantFuture).id
        let third = state.enqueue(.unit(1), until: .distantFuture).id
        #expect(!state.hasRoom)
        next(&state, is: "grant a")
        let cancelled = [state.cancel(first), state.cancel(second), state.cancel(third), state.cancel(third)]
        #expect(cancelled.map(name) == [nil, "transaction b", "unit 1", nil])
        #expect(state.count == 0)
        next(&state, is: "idle")
    }

    @Test("Whose end has come is taken out, and the others keep their order")
    func ends() {
        var state = State(maximumWaiters: 10, maximumGroup: 10)
        check(&state, .unit(0), begins: true)
        next(&state, is: "run [0]")
        for (unit, end) in [(1, 30), (2, 10), (3, 20)] {
            _ = state.enqueue(.unit(unit), until: Instant(nanoseconds: Int64(end)))
        }
        #expect(state.earliestEnd == Instant(nanoseconds: 10))
        let early = state.removeEnded(at: Instant(nanoseconds: 9))
        #expect(early.isEmpty)
        let late = state.removeEnded(at: Instant(nanoseconds: 20))
        #expect(late.map(name) == ["unit 2", "unit 3"])
        #expect(state.earliestEnd == Instant(nanoseconds: 30))
        next(&state, is: "run [1]")
        #expect(state.earliestEnd == .distantFuture)
    }

    @Test("A long queue keeps its order while it is emptied")
    func long() {
        var state = State(maximumWaiters: 10_000, maximumGroup: 1)
        for unit in 0..<5_000 { _ = state.enqueue(.unit(unit), until: .distantFuture) }
        for unit in 0..<5_000 { next(&state, is: "run [\(unit)]") }
        next(&state, is: "idle")
    }
}

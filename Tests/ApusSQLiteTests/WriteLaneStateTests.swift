// SPDX-License-Identifier: Apache-2.0
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
        let begins = state.enqueue(entry)
        #expect(begins == expected)
    }

    @Test("First come, first served; units in a row make a group of bounded size")
    func order() {
        var state = WriteLaneState<Int, String>(maximumWaiters: 100, maximumGroup: 2)
        check(&state, .unit(1), begins: true)
        check(&state, .unit(2), begins: false)
        check(&state, .unit(3), begins: false)
        check(&state, .transaction(id: 1, "a"), begins: false)
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
        var state = WriteLaneState<Int, String>(maximumWaiters: 2, maximumGroup: 2)
        _ = state.enqueue(.transaction(id: 1, "a"))
        _ = state.enqueue(.transaction(id: 2, "b"))
        #expect(!state.hasRoom)
        next(&state, is: "grant a")
        let (granted, waiting) = (state.cancel(1), state.cancel(2))
        #expect(granted == nil)
        #expect(waiting == "b")
        #expect(state.count == 0)
        next(&state, is: "idle")
    }

    @Test("A long queue keeps its order while it is emptied")
    func long() {
        var state = WriteLaneState<Int, String>(maximumWaiters: 10_000, maximumGroup: 1)
        for unit in 0..<5_000 { _ = state.enqueue(.unit(unit)) }
        for unit in 0..<5_000 { next(&state, is: "run [\(unit)]") }
        next(&state, is: "idle")
    }
}

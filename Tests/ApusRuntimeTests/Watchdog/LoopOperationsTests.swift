// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Testing

@testable import ApusRuntime

@Suite("Operations in flight")
struct LoopOperationsTests {
    @Test("the newest comes first, and what left is gone")
    func order() {
        let operations = LoopOperations()
        let first = operations.enter(OperationName("first"))
        let second = operations.enter(OperationName("second"))
        let third = operations.enter(OperationName("third"))
        #expect(operations.inFlight == ["third", "second", "first"])
        operations.leave(first)
        #expect(operations.inFlight == ["third", "second"])
        let fourth = operations.enter(OperationName("fourth"))
        #expect(operations.inFlight == ["fourth", "third", "second"], "a free place is used again, the order holds")
        for token in [second, third, fourth] { operations.leave(token) }
        #expect(operations.inFlight.isEmpty)
    }

    @Test("more than fit are not noted, and leave without harm")
    func full() {
        let operations = LoopOperations()
        let name = OperationName("many")
        let tokens = (0..<100).map { _ in operations.enter(name) }
        #expect(operations.inFlight.count == 64)
        for token in tokens { operations.leave(token) }
        #expect(operations.inFlight.isEmpty)
        operations.leave(operations.enter(name))
    }

    @Test("threads may come and go at once")
    func threads() {
        let operations = LoopOperations()
        let name = OperationName("busy")
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<5000 { operations.leave(operations.enter(name)) }
        }
        #expect(operations.inFlight.isEmpty)
    }

    @Test("a name is kept once")
    func names() {
        #expect(OperationName("GET /a") == OperationName("GET /a"))
        #expect(OperationName("GET /a") != OperationName("GET /b"))
        #expect(OperationName("GET /a").description == "GET /a")
    }
}

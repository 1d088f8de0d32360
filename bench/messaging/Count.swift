// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import Synchronization

/// Counts what is done, and watches that nothing goes wrong meanwhile.
final class Count: QueueObserver {
    private static let warmUp = Duration.seconds(1)

    private let done = Atomic<Int>(0)
    private let failure = Mutex<String?>(nil)
    private let handled: @Sendable () -> Void

    /// `handled` is called when a message was handled and its store knows it.
    init(handled: @escaping @Sendable () -> Void = {}) {
        self.handled = handled
    }

    var value: Int { done.load(ordering: .relaxed) }

    func add(_ number: Int) {
        done.wrappingAdd(number, ordering: .relaxed)
    }

    func observe(_ event: QueueEvent) {
        switch event {
        case .handled:
            add(1)
            handled()
        case .published: break
        default:
            failure.withLock { $0 = $0 ?? "\(event)" }
        }
    }

    /// - Throws: what went wrong first.
    func check() throws {
        if let failure = failure.withLock({ $0 }) { throw Unfit(failure) }
    }

    /// The beginning and the end of a window, after a second of warm-up.
    func measure(seconds: Int) async throws -> (start: Moment, end: Moment) {
        try await Task.sleep(for: Self.warmUp)
        let start = Moment(count: value)
        try await Task.sleep(for: .seconds(seconds))
        let end = Moment(count: value)
        try check()
        guard end.count > start.count else { throw Unfit("nothing was done") }
        return (start, end)
    }
}

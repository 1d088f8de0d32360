// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import NIOCore
import NIOPosix

/// The deadlines of the requests that are being handled on one event loop, watched by one timer.
///
/// A request enters when its handler begins and leaves when it ends, which costs an element of an array each. The timer
/// runs only while there are requests: it looks through them when the earliest deadline passes, at least once a second and
/// at most once a millisecond. A timer that an earlier deadline has overtaken is left to fire for nothing: to cancel one,
/// an event loop looks through all of its tasks.
final class LoopDeadlines: @unchecked Sendable {
    // Sendable because it is reached on its loop only.

    private static let local = ThreadSpecificVariable<LoopDeadlines>()
    private static let longestWait = Duration.seconds(1)
    private static let shortestWait = Duration.milliseconds(1)

    private let eventLoop: any EventLoop
    private var requests: [RunningRequest] = []
    /// When the timer that counts fires.
    private var scheduledAt = Instant.distantFuture

    private init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Those of the loop that the caller runs on; nil elsewhere.
    static var current: LoopDeadlines? {
        if let known = local.currentValue { return known }
        guard let loop = Loop.current else { return nil }
        let new = LoopDeadlines(loop.eventLoop)
        local.currentValue = new
        return new
    }

    /// The requests that are being watched.
    var count: Int { requests.count }

    /// Cuts `request` off at its deadline, unless it is removed before.
    func add(_ request: RunningRequest, at now: Instant) {
        request.position = requests.count
        requests.append(request)
        schedule(for: request.deadline, at: now)
    }

    /// Leaves `request` alone from now on. Does nothing if it was cut off.
    func remove(_ request: RunningRequest) {
        let position = request.position
        guard requests.indices.contains(position), requests[position] === request else { return }
        let last = requests.removeLast()
        if last !== request {
            last.position = position
            requests[position] = last
        }
    }

    private func schedule(for deadline: Instant, at now: Instant) {
        let latest = now.advanced(by: Self.longestWait)
        let next = max(min(deadline, latest), now.advanced(by: Self.shortestWait))
        guard next < scheduledAt else { return }
        scheduledAt = next
        _ = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, next.nanoseconds)))) { self.fired() }
    }

    private func fired() {
        let now = Instant.now
        guard now >= scheduledAt else { return }
        scheduledAt = .distantFuture
        var earliest = Instant.distantFuture
        var due: [RunningRequest] = []
        for request in requests {
            if request.deadline <= now { due.append(request) } else { earliest = min(earliest, request.deadline) }
        }
        // Answering runs other code on this loop, which may add requests and remove these.
        for request in due {
            remove(request)
            request.cutOff()
        }
        if !requests.isEmpty { schedule(for: earliest, at: now) }
    }
}

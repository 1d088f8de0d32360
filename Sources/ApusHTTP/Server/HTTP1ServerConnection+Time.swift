// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import Synchronization

/// Deadlines of a connection: one timer for reading and writing.
extension HTTP1ServerConnection {
    // MARK: Time

    func setReadDeadline(_ duration: Duration) {
        readDeadline = Instant.now.advanced(by: duration)
        arm()
    }

    func arm() {
        if timer.set(min(readDeadline, writeDeadline)) { scheduleTimer() }
    }

    private func scheduleTimer() {
        let connection = WeakReference(object: self)
        timer.schedule(on: loop.eventLoop) { connection.object?.timerFired() }
    }

    private func timerFired() {
        let now = Instant.now
        switch timer.fired(at: now) {
        case .none: return
        case .moved: scheduleTimer()
        case .due:
            if now >= writeDeadline { writeStalled(now) }
            if now >= readDeadline { readStalled() }
            if context != nil, min(readDeadline, writeDeadline) != .distantFuture { arm() }
        }
    }

    private func readStalled() {
        readDeadline = .distantFuture
        switch reading {
        case .head(let scanner):
            guard !scanner.isUntouched else {
                reading = .closed
                context?.close(promise: nil)
                return
            }
            server.statistics.timeouts.add(1, ordering: .relaxed)
            fail(.headTimeout)
        case .body:
            server.statistics.timeouts.add(1, ordering: .relaxed)
            failBody(.bodyTimeout)
        case .refused(let error):
            endRefused(error)
        case .lingering:
            context?.close(promise: nil)
        case .answering, .closed: break
        }
    }

    private func writeStalled(_ now: Instant) {
        guard let context else { return }
        let left = buffered(context)
        if left < bufferedAtDeadline {
            bufferedAtDeadline = left
            writeDeadline = now.advanced(by: configuration.writeTimeout)
        } else {
            writeDeadline = .distantFuture
            server.statistics.timeouts.add(1, ordering: .relaxed)
            cancelExchange(.timeout)
            reading = .closed
            context.close(promise: nil)
        }
    }

    func buffered(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusHTTP
internal import ApusTelemetry
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

extension ServiceRuntime {
    /// Runs until somebody asks for the end or something fails, without touching signals: for a runtime that is itself
    /// part of a service group.
    ///
    /// - Throws: what the start or a background service failed of; ``StartError`` where it is known what to do about it.
    public func run() async throws {
        let isFirst = progress.withLock { progress in
            defer { progress.hasRun = true }
            return !progress.hasRun
        }
        guard isFirst else { throw StartError("a runtime runs once") }
        let trigger = trigger
        let reason = await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await runUntilTriggered()
            } onGracefulShutdown: {
                trigger.request(.requested)
            }
        } onCancel: {
            trigger.request(.requested)
        }
        if let failure = reason.failure { throw failure }
    }

    /// Runs as the main thing of a process: SIGTERM and SIGINT begin the shutdown, a second one ends the process at once
    /// with status 1, and when supervised, the end of standard input begins it too.
    ///
    /// - Returns: what to exit with: 0 if it ended because it was asked to, 2 if the settings were wrong, 1 otherwise. The
    ///   reason of a failure was written to standard error.
    public func runUntilExit() async -> Int32 {
        let trigger = trigger
        let signals = await SignalWatch(
            first: { trigger.request(.signal($0)) },
            again: { _exit(1) })
        defer { signals.stop() }
        if settings.isSupervised {
            InputWatch.start(STDIN_FILENO) { trigger.request(.supervisorGone) }
        }
        var status: Int32 = 0
        do {
            try await run()
        } catch {
            status = StartError.exitStatus(of: error)
            logger.critical("failed", metadata: ["error": "\(error)"])
        }
        telemetry.output.flush()
        return status
    }

    private func runUntilTriggered() async -> ShutdownReason {
        if ownsLoops { watchdog.start() }
        let trigger = trigger
        let starting = Task {
            do {
                try await self.start()
            } catch {
                // After a request the start was cancelled, and fails because of that.
                trigger.request(.startFailed(error))
                throw error
            }
        }
        let reason = await trigger.wait()
        await end(because: reason, starting)
        return reason
    }

    private func end(because reason: ShutdownReason, _ starting: Task<Void, any Error>) async {
        let deadline = Instant.now.advanced(by: settings.drainTimeout)
        // Who sees that the runtime drains can rely on its start going no further.
        starting.cancel()
        health.enter(.draining)
        if reason.failure == nil {
            logger.info("draining", metadata: ["reason": "\(reason)"])
        } else {
            logger.error("draining", metadata: ["reason": "\(reason)"])
        }
        if case .timedOut = await BoundedWait.wait(for: starting, within: remaining(until: deadline)) {
            logger.warning("the start did not stop in time")
        }
        let progress = progress.withLock { progress in
            progress.isEnding = true
            return progress
        }
        if progress.reachedReadyHooks {
            // A registry that doesn't answer must not use up the time of the requests.
            let limit = max(.milliseconds(500), settings.drainTimeout / 4)
            for hook in parts.withLock({ $0.drainHooks }).reversed() {
                await step("drain hook", hook.name, within: min(limit, remaining(until: deadline)), hook.run)
            }
        }
        await drain(progress.listening, until: deadline)
        for hosted in progress.running.reversed() {
            let limit = remaining(until: deadline)
            report("stop", hosted.name, await hosted.stop(within: limit), limit)
        }
        for resource in progress.opened.reversed() {
            await step("close", resource.name, within: remaining(until: deadline), resource.close)
        }
        if ownsLoops {
            watchdog.stop()
            let loops = loops
            await step("stop", "event loops", within: remaining(until: deadline)) { try await loops.shutdown() }
        }
        logger.info("ended")
    }

    private func drain(_ servers: [RuntimeParts.Server], until deadline: Instant) async {
        let limit = remaining(until: deadline)
        await withDiscardingTaskGroup { group in
            for server in servers { group.addTask { await server.server.drain(within: limit) } }
        }
        let cut = servers.map { $0.server.statistics.openConnections.load(ordering: .relaxed) }.reduce(0, +)
        if Instant.now >= deadline {
            logger.warning("draining took too long; what was in flight is cut off", metadata: ["connections": "\(cut)"])
        }
    }

    private func step(
        _ what: String, _ name: String, within limit: Duration, _ work: @escaping @Sendable () async throws -> Void
    ) async {
        report(what, name, await BoundedWait.run(within: limit, work), limit)
    }

    private func report(_ what: String, _ name: String, _ outcome: BoundedWait.Outcome, _ limit: Duration) {
        switch outcome {
        case .finished: logger.debug("\(what) done", metadata: ["name": "\(name)"])
        case .failed(let error): logger.error("\(what) failed", metadata: ["name": "\(name)", "error": "\(error)"])
        case .timedOut:
            logger.warning(
                "\(what) took too long", metadata: ["name": "\(name)", "limit": "\(DurationText.show(limit))"])
        }
    }

    /// What is left of the drain timeout; half a second at least, so that files are closed even after a slow drain.
    private func remaining(until deadline: Instant) -> Duration {
        max(.milliseconds(500), Instant.now.duration(to: deadline))
    }
}

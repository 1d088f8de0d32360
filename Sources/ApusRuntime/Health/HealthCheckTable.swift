// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// What ``HealthChecks`` guards with its lock.
struct HealthCheckTable {
    struct Entry {
        let check: HealthChecks.Check
        var state: HealthCheckState
        var task: Task<Void, Never>?
        var timer: Task<Void, Never>?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// What is left to do outside the lock when a run ended.
    struct Release {
        var check: Task<Void, Never>?
        var timer: Task<Void, Never>?
        var waiting: [CheckedContinuation<Void, Never>]

        func perform() {
            check?.cancel()
            timer?.cancel()
            for continuation in waiting { continuation.resume() }
        }
    }

    var phase = ServicePhase.starting
    /// Since when event loops have not answered, by index.
    var blockedLoops: [Int: Instant] = [:]
    private(set) var order: [String] = []
    private(set) var entries: [String: Entry] = [:]

    subscript(name: String) -> Entry? {
        get { entries[name] }
        set { entries[name] = newValue }
    }

    mutating func add(
        _ name: String, _ configuration: HealthCheckConfiguration, _ check: @escaping HealthChecks.Check,
        at now: Instant
    ) -> Release? {
        let replaced = entries[name]
        if replaced == nil { order.append(name) }
        // Goes on counting runs, so that one of the replaced check's is not taken for one of this.
        let state = HealthCheckState(configuration, at: now, generation: replaced?.state.generation ?? 0)
        entries[name] = Entry(check: check, state: state)
        return replaced.map { Release(check: $0.task, timer: $0.timer, waiting: $0.waiting) }
    }

    mutating func end(_ name: String, _ run: HealthCheckState.Run, failure: String?, at now: Instant) -> Release? {
        guard entries[name]?.state.end(run, failure: failure, at: now) == true else { return nil }
        return release(name, cancelsCheck: false)
    }

    mutating func giveUp(_ name: String, at now: Instant) -> Release? {
        guard entries[name]?.state.giveUp(at: now) == true else { return nil }
        return release(name, cancelsCheck: true)
    }

    private mutating func release(_ name: String, cancelsCheck: Bool) -> Release? {
        guard var entry = entries[name] else { return nil }
        defer { entries[name] = entry }
        let release = Release(check: cancelsCheck ? entry.task : nil, timer: entry.timer, waiting: entry.waiting)
        entry.waiting = []
        entry.timer = nil
        return release
    }
}

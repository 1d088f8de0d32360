// SPDX-License-Identifier: Apache-2.0

/// What a supervisor does next: the order of start and stop of a whole system.
///
/// Start: the registry, whose address the others need; then every service at once; when all are ready the gateway, which
/// then finds each of them and routes from its first request on, and the system is announced. If services take long, the
/// gateway starts without them, so that one broken service doesn't hide the others. A program that says during the start that its configuration is wrong ends it;
/// later that is only reported, since the rest of the system works.
///
/// Stop: gateway, services, registry, each killed when its time is over.
///
/// A value: events in, actions out.
struct SystemState: Sendable {
    enum Event: Hashable, Sendable {
        case begin
        /// The registry listens.
        case registryIsReady
        case serviceIsReady(String)
        case gatewayIsReady(url: String)
        /// The services have taken long.
        case isLate
        /// A process ended for good without having been told to.
        case gaveUp(SupervisorError)
        /// No process of a part is left.
        case ended(StopPlan.Part)
        /// A part's time is over.
        case deadline(StopPlan.Part)
        case stop
        /// Stop without waiting for anything.
        case stopNow
    }

    enum Action: Hashable, Sendable {
        case start(StopPlan.Part)
        case announce(String)
        case stop(StopPlan.Part)
        case kill(StopPlan.Part)
        case finish(SupervisorError?)
    }

    private enum Phase: Hashable {
        case new
        case starting
        case running
        case stopping(StopPlan.Part)
        case finished
    }

    private var phase = Phase.new
    private var awaited: Set<String>
    private var url: String?
    private var failure: SupervisorError?
    private let parts: [StopPlan.Part]
    /// The parts that have processes.
    private var live: Set<StopPlan.Part> = []

    /// - Parameters:
    ///   - services: Their names.
    ///   - fallback: What is announced for a system without a gateway.
    init(services: some Sequence<String>, hasRegistry: Bool, hasGateway: Bool, fallback: String = "") {
        awaited = Set(services)
        parts = StopPlan.Part.allCases.filter { $0 == .services || ($0 == .gateway ? hasGateway : hasRegistry) }
        if !hasGateway { url = fallback }
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .begin:
            guard phase == .new else { return [] }
            phase = .starting
            return start(parts.contains(.registry) ? .registry : .services)
        case .registryIsReady:
            return phase == .starting ? start(.services) : []
        case .serviceIsReady(let name):
            awaited.remove(name)
            return awaited.isEmpty && phase == .starting ? start(.gateway) + announceIfReady() : []
        case .isLate:
            return phase == .starting ? start(.gateway) : []
        case .gatewayIsReady(let url):
            self.url = url
            return announceIfReady()
        case .gaveUp(let error):
            guard phase == .starting else { return [] }
            failure = error
            return stop()
        case .stop:
            return stop()
        case .stopNow:
            guard phase != .finished else { return [] }
            phase = .finished
            return parts.map { .kill($0) } + [.finish(failure)]
        case .ended(let part):
            live.remove(part)
            return phase == .stopping(part) ? stopNext() : []
        case .deadline(let part):
            guard phase == .stopping(part) else { return [] }
            live.remove(part)
            return [.kill(part)] + stopNext()
        }
    }

    private mutating func start(_ part: StopPlan.Part) -> [Action] {
        guard parts.contains(part), live.insert(part).inserted else { return [] }
        return [.start(part)]
    }

    private mutating func announceIfReady() -> [Action] {
        guard phase == .starting, awaited.isEmpty, let url else { return [] }
        phase = .running
        return [.announce(url)]
    }

    private mutating func stop() -> [Action] {
        switch phase {
        case .new, .starting, .running: stopNext()
        case .stopping, .finished: []
        }
    }

    private mutating func stopNext() -> [Action] {
        guard let next = parts.first(where: live.contains) else {
            phase = .finished
            return [.finish(failure)]
        }
        phase = .stopping(next)
        return [.stop(next)]
    }
}

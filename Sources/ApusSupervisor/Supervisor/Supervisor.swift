// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP
import Foundation
import Logging

/// Starts a system's processes, keeps them running, and stops them: what `apus up` does.
///
/// Everything is a process of its own: the registry, then at once every service, then the gateway. What ends by
/// itself is started again (``RestartPolicy``). ``stop()`` ends the gateway, the services, the registry, in this order
/// and within ``SupervisorConfiguration/drainTimeout``. Safe from any thread; to be run once.
public final class Supervisor: Sendable {
    private let configuration: SupervisorConfiguration
    private let announce: @Sendable (String) -> Void
    private let place = RegistryPlace()
    private let table: ProcessTable
    private let log: SystemLog
    private let events: AsyncStream<SystemState.Event>
    private let emit: AsyncStream<SystemState.Event>.Continuation

    /// - Parameters:
    ///   - configuration: What to start.
    ///   - logDescriptor: Where the log goes; standard error unless given.
    ///   - announce: Called once, with the system's URL, when every service is ready and the gateway routes.
    public init(
        _ configuration: SupervisorConfiguration, logDescriptor: Int32 = 2,
        announce: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.announce = announce
        table = ProcessTable(configuration, registry: place)
        log = SystemLog(
            names: table.all.map(\.name), isTerminal: configuration.isTerminal,
            descriptor: logDescriptor)
        (events, emit) = AsyncStream.makeStream()
    }

    /// Stops the system in order. Calling it again changes nothing.
    public func stop() { emit.yield(.stop) }

    /// Kills every process and ends.
    public func stopNow() { emit.yield(.stopNow) }

    /// Starts the system and returns when it was stopped.
    /// - Throws: Why it could not be started. Every process has ended then, too.
    public func run() async throws(SupervisorError) {
        let lock = try DataFolderLock(configuration.dataDirectory)
        try forgetRegistrations()
        let loops = EventLoops(count: 1)
        let client = HTTPClient(loops: loops)
        let failure = await withTaskGroup(of: Void.self) { group in
            let failure = await drive(&group, client: client)
            group.cancelAll()
            return failure
        }
        await client.shutdown()
        do {
            try await loops.shutdown()
        } catch {
            log.say("event loops: \(error)")
        }
        log.flush()
        withExtendedLifetime(lock) {}
        if let failure { throw failure }
    }

    private func drive(_ group: inout TaskGroup<Void>, client: HTTPClient) async -> SupervisorError? {
        let manifest = configuration.manifest
        var state = SystemState(
            services: manifest.services.map(\.name), hasRegistry: manifest.hasRegistry,
            hasGateway: manifest.gateway != nil,
            fallback: manifest.services.first?.port.map { "http://127.0.0.1:\($0)" } ?? "")
        var plan: StopPlan?
        var failure: SupervisorError?
        emit.yield(.begin)
        for await event in events {
            for action in state.handle(event) {
                switch action {
                case .start(let part): start(part, &group, client: client)
                case .announce(let url): announce(url.isEmpty ? place.known ?? "" : url)
                case .stop(let part):
                    let current = plan ?? StopPlan(total: configuration.drainTimeout, now: configuration.time.now)
                    plan = current
                    stop(part, by: current.deadline(of: part), &group)
                case .kill(let part):
                    for process in table.part(part) { process.kill() }
                case .finish(let error):
                    failure = error
                    emit.finish()
                }
            }
        }
        return failure
    }

    /// Nobody who registered in an earlier run is alive: the registry's file is there for its own crashes only.
    private func forgetRegistrations() throws(SupervisorError) {
        let file = configuration.dataDirectory + "/registry/registry.json"
        guard FileManager.default.fileExists(atPath: file) else { return }
        do {
            try FileManager.default.removeItem(atPath: file)
        } catch {
            throw SupervisorError(.dataFolder, "\(file) can't be removed: \(error.localizedDescription)")
        }
    }

    private func start(_ part: StopPlan.Part, _ group: inout TaskGroup<Void>, client: HTTPClient) {
        let processes = table.part(part)
        group.addTask { await self.supervise(processes, part) }
        guard part == .services else { return }
        let (emit, patience) = (emit, configuration.patience)
        group.addTask {
            do { try await Task.sleep(for: patience) } catch { return }
            emit.yield(.isLate)
        }
        for service in configuration.manifest.services {
            group.addTask { await self.awaitReady(service, client) }
        }
    }

    private func supervise(_ processes: [SupervisedProcess], _ part: StopPlan.Part) async {
        await withTaskGroup(of: Void.self) { group in
            for process in processes {
                group.addTask {
                    let outcome = await process.run { self.handle($0, of: process) }
                    guard let outcome else { return }
                    self.emit.yield(.gaveUp(SupervisorError(.childConfiguration, "\(process.name) ended: \(outcome)")))
                }
            }
        }
        emit.yield(.ended(part))
    }

    private func stop(_ part: StopPlan.Part, by deadline: Instant, _ group: inout TaskGroup<Void>) {
        let processes = table.part(part)
        for process in processes { process.stop() }
        let emit = emit
        let remaining = max(.zero, configuration.time.now.duration(to: deadline))
        group.addTask {
            do { try await Task.sleep(for: remaining) } catch { return }
            emit.yield(.deadline(part))
        }
    }

    private func handle(_ event: SupervisedProcess.Event, of process: SupervisedProcess) {
        switch event {
        case .started(let pid): log.say("\(process.name) started, process \(pid)")
        case .line(let text):
            guard let url = Self.readyURL(text), process.part != .services else {
                return log.line(text, from: process.name)
            }
            if process.part == .registry {
                place.set(url)
                noteRegistry(url)
                emit.yield(.registryIsReady)
            } else {
                emit.yield(.gatewayIsReady(url: url))
            }
        case .ended(let exit, .restart(let delay)):
            log.say("\(process.name) ended with \(exit); starting it again in \(delay.nanoseconds / 1_000_000) ms")
        case .ended(let exit, .giveUp):
            log.say(
                "\(process.name) ended with \(exit): its configuration is wrong, see above; it is not started again")
        case .failedToStart(let error, _):
            log.say("\(process.name): \(error)")
        }
    }

    /// Leaves the registry's address where commands in other terminals find it.
    private func noteRegistry(_ url: String) {
        let file = configuration.dataDirectory + "/registry/url"
        do {
            try Data((url + "\n").utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            log.say("\(file) can't be written, so that 'apus queue' needs --registry \(url)")
        }
    }

    private func awaitReady(_ service: Manifest.Service, _ client: HTTPClient) async {
        let logger = Logger(label: "apus.up") { _ in SwiftLogNoOpLogHandler() }
        let resolver: any Resolver
        var registry: RegistryClient?
        if let port = service.port, !configuration.manifest.hasRegistry {
            resolver = StaticResolver([service.name: [Origin(host: "127.0.0.1", port: port)]])
        } else if let endpoint = place.known.flatMap({ Origin(url: $0) }) {
            let watching = RegistryClient(
                connection: HTTPRegistryConnection(endpoint: endpoint, client: client), logger: logger)
            registry = watching
            resolver = watching
        } else {
            return
        }
        await Readiness(resolver: resolver, client: client, time: configuration.time)
            .wait(for: service.name, count: service.instances)
        await registry?.shutdown()
        if !Task.isCancelled { emit.yield(.serviceIsReady(service.name)) }
    }

    /// The address in a line such as `ready http://127.0.0.1:8500`.
    static func readyURL(_ line: String) -> String? {
        guard line.hasPrefix("ready http") else { return nil }
        return String(line.dropFirst("ready ".count))
    }
}

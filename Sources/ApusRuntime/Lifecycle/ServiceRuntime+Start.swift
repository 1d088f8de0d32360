// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusHTTP
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

extension ServiceRuntime {
    /// Goes through the start, step by step, noting what was done.
    func start() async throws {
        let parts = parts.withLock { $0 }
        let problems = health.validate()
        if !problems.isEmpty { throw InvalidConfiguration(problems) }
        for resource in parts.resources {
            try Task.checkCancellation()
            try await resource.open()
            let isTooLate = progress.withLock { progress in
                if !progress.isEnding { progress.opened.append(resource) }
                return progress.isEnding
            }
            // The end didn't wait for this one.
            if isTooLate { try await resource.close() }
        }
        host("health", health)
        for background in parts.background { host(background.name, background.service) }
        for server in parts.servers {
            try Task.checkCancellation()
            try await listen(server)
        }
        await health.refresh()
        try Task.checkCancellation()
        health.enter(.ready)
        let addresses = progress.withLock { progress in
            progress.reachedReadyHooks = true
            return progress.addresses
        }
        for hook in parts.readyHooks {
            try Task.checkCancellation()
            try await hook.run(addresses)
        }
        logger.info("ready")
    }

    private func host(_ name: String, _ service: any Service) {
        let trigger = trigger
        let hosted = HostedService(name: name, service, logger: logger) { name, error in
            // While the process ends this is what it was asked for, and the trigger knows an earlier reason.
            trigger.request(.serviceEnded(name: name, error: error))
        }
        progress.withLock { $0.running.append(hosted) }
    }

    private func listen(_ server: RuntimeParts.Server) async throws {
        let address: ServerAddress
        do throws(ServerStartError) {
            address = try await server.server.start()
        } catch {
            throw StartError(listening: error)
        }
        let isTooLate = progress.withLock { progress in
            if !progress.isEnding {
                progress.listening.append(server)
                progress.addresses.append(address)
            }
            return progress.isEnding
        }
        if isTooLate {
            await server.server.drain(within: .zero)
            return
        }
        logger.info("listening", metadata: ["server": "\(server.name)", "address": "\(address)"])
        announce(address)
    }
}

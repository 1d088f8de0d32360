// SPDX-License-Identifier: Apache-2.0
import ApusDiscovery
import ApusHTTP
import ApusRuntime
import ApusService
import Foundation

/// Runs services beside each other in this process.
enum Shop {
    /// - Returns: what to exit with.
    static func run(_ shop: ShopSettings) async -> Int32 {
        guard let first = shop.hosted.first?.settings else { return 2 }
        let telemetry = ServiceTelemetry(first)
        let loops = EventLoops(count: first.eventLoops)
        let watchdog = LoopWatchdog(
            loops: loops, threshold: first.loopBlockedAfter, logger: telemetry.logger(label: "apus.watchdog"))
        watchdog.start()
        let status: Int32
        do {
            try DataFolder.prepare(first.dataDirectory)
            status = await run(try await start(shop, sharing: watchdog))
        } catch {
            status = ServiceMain.report(error, "shop")
        }
        watchdog.stop()
        do {
            try await loops.shutdown()
        } catch {
            return max(status, ServiceMain.report(error, "shop"))
        }
        return status
    }

    /// Asks each whether it is ready.
    ///
    /// - Returns: what to exit with: 0 if all are.
    static func probe(_ shop: ShopSettings) async -> Int32 {
        await withTaskGroup(of: Int32.self) { group in
            for hosted in shop.hosted {
                group.addTask { await HealthProbe.run(HealthProbe.endpoint(of: hosted.settings)) }
            }
            return await group.reduce(0, max)
        }
    }

    private static func start(_ shop: ShopSettings, sharing watchdog: LoopWatchdog) async throws -> [ServiceRuntime] {
        let services = InProcessResolver()
        var runtimes: [ServiceRuntime] = []
        for hosted in shop.hosted {
            let host = try await ServiceHost.start(
                hosted.program, hosted.settings, sharing: watchdog, network: { try network(of: $0, services) })
            runtimes.append(host.runtime)
        }
        return runtimes
    }

    /// The way from a service to the others: through the registry, or to those of this process.
    private static func network(of runtime: ServiceRuntime, _ services: InProcessResolver) throws -> ServiceNetwork {
        if runtime.settings.registryURL != nil { return try runtime.joinNetwork() }
        let name = runtime.settings.name
        let http = HTTPClient(loops: runtime.loops)
        runtime.addResource("http") { await http.shutdown() }
        runtime.onReady("services") { addresses in
            if let address = addresses.first { services.add(name, at: address.endpoint) }
        }
        runtime.onDrain("services") { services.remove(name) }
        return runtime.network(resolver: services, http: http)
    }

    /// Runs all until a signal comes or one fails, and then stops all: those that call others first.
    private static func run(_ runtimes: [ServiceRuntime]) async -> Int32 {
        guard let leader = runtimes.last else { return 2 }
        let others = runtimes.dropLast().map { runtime in
            Task {
                do {
                    try await runtime.run()
                    return Int32(0)
                } catch {
                    leader.stop()
                    return ServiceMain.report(error, runtime.settings.name)
                }
            }
        }
        var status = await leader.runUntilExit()
        for (runtime, task) in zip(runtimes, others).reversed() {
            runtime.stop()
            status = max(status, await task.value)
        }
        return status
    }
}

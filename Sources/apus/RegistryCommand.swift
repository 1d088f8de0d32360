// SPDX-License-Identifier: Apache-2.0
import ApusDiscovery
import ApusRuntime
import ArgumentParser
import Foundation

/// `apus registry`: a registry alone.
struct RegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry", abstract: "Runs the registry where services find each other.",
        discussion: """
            Prints 'ready http://ADDRESS' on standard output when it serves; services use that as REGISTRY_URL. With a
            data folder its restart loses nothing.

            EXAMPLES
              apus registry --data-dir /var/lib/apus
              apus registry --host 0.0.0.0 --port 8500 --data-dir /var/lib/apus
            """)

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on. 0 picks a free one.")
    var port = 8500

    @Option(help: "Where what is registered is kept. (default: in memory only)")
    var dataDir: String?

    func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port \(port): expected a port from 0 to 65535")
        }
    }

    func run() async throws {
        do {
            let settings = try settings()
            let registry = try Registry(directory: dataDir)
            let runtime = ServiceRuntime(settings, announce: { _ in })
            registry.observe(in: runtime.metrics)
            runtime.add("leases", service: registry)
            runtime.addCheck("storage") { [registry] in
                guard registry.isStoring else { throw StartError("the last write failed") }
            }
            runtime.addServer(responder: RegistryResponder(registry: registry, operations: runtime.ops))
            runtime.onReady("announce") { addresses in
                if let address = addresses.first { StandardOutput.write("ready \(address)\n") }
            }
            // Open questions would hold up the drain.
            runtime.onDrain("watchers") { registry.close() }
            throw ExitCode(await runtime.runUntilExit())
        } catch let error as SettingsError {
            StandardOutput.writeError("apus registry: \(error)\n")
            throw ExitCode(2)
        } catch let error as DiscoveryError {
            StandardOutput.writeError("apus registry: \(error.message)\n")
            throw ExitCode(2)
        }
    }

    /// The command line says where to listen; the environment the rest.
    private func settings() throws -> ServiceSettings {
        let known = [
            "SERVICE_NAME", "APUS_EVENT_LOOPS", "LOG_LEVEL", "ENVIRONMENT", "DRAIN_TIMEOUT", "APUS_SUPERVISED",
        ]
        let environment = ProcessInfo.processInfo.environment
        var reader = Settings(environment: environment.filter { known.contains($0.key) })
        var settings = ServiceSettings(from: &reader, name: "registry")
        try reader.validate()
        settings.host = host
        settings.port = port
        return settings
    }
}

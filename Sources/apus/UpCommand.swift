// SPDX-License-Identifier: Apache-2.0
import ApusGateway
import ApusHTTP
import ApusRuntime
import ApusSupervisor
import ArgumentParser
import Foundation

/// `apus up`: everything that a manifest names, as processes of this machine.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Starts every service of a manifest, the registry and the gateway.",
        discussion: """
            Prints one line 'ready http://…' on standard output when all of them are ready; the log is on standard error.
            Ctrl-C stops everything in order, within 10 s; a second Ctrl-C at once. What crashes is started again.

            EXAMPLES
              apus up
              apus up --manifest apus.secure.yaml --port 8443
              apus up --data-dir "$(mktemp -d)"
            """)

    @Option(help: "The manifest.")
    var manifest = "apus.yaml"

    @Option(help: "The gateway's port. (default: that of the gateway's file)")
    var port: Int?

    @Option(help: "Where databases and the registry's file are kept.")
    var dataDir = ".apus"

    func validate() throws {
        if let port, !(1...65_535).contains(port) {
            throw ValidationError("--port \(port): expected a port from 1 to 65535")
        }
    }

    func run() async throws {
        do throws(SupervisorError) {
            try await supervise()
        } catch {
            StandardOutput.writeError("apus up: \(error)\n")
            throw ExitCode(error.exitStatus)
        }
    }

    private func supervise() async throws(SupervisorError) {
        let program = Program()
        let manifest = try ManifestReader(executables: program.executables).read(path: manifest)
        if let gateway = manifest.gateway { try await check(gateway: gateway) }
        let supervisor = Supervisor(
            SupervisorConfiguration(
                manifest: manifest, apus: program.path, dataDirectory: program.absolute(dataDir), gatewayPort: port,
                environment: ProcessInfo.processInfo.environment, isTerminal: isatty(STDERR_FILENO) == 1),
            announce: { StandardOutput.write("ready \($0)\n") })
        let signals = await SignalWatch(first: { _ in supervisor.stop() }, again: { supervisor.stopNow() })
        defer { signals.stop() }
        try await supervisor.run()
    }

    /// Says what is wrong with the gateway's file, or that its address is taken, before anything is started.
    private func check(gateway path: String) async throws(SupervisorError) {
        let configuration: GatewayConfiguration
        do throws(GatewayFileProblems) {
            configuration = try GatewayFile.read(path: path).valid()
        } catch {
            throw SupervisorError(.manifest, "\(error)")
        }
        var listeners = configuration.listeners.map(\.address)
        if let port, case .tcp(let host, _) = listeners.first { listeners[0] = .tcp(host: host, port: port) }
        for address in listeners + [configuration.admin].compactMap({ $0 }) { try await AddressCheck.check(address) }
    }
}

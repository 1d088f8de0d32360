// SPDX-License-Identifier: Apache-2.0
import ApusGateway
import ApusHTTP
import ApusRuntime
import ArgumentParser

/// `apus gateway`: a gateway alone.
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", abstract: "Runs the gateway that a file describes.",
        discussion: """
            Prints 'ready http://ADDRESS' on standard output when it serves. SIGTERM and SIGINT drain it.

            EXAMPLES
              apus gateway --config gateway.yaml
              apus gateway --config gateway.yaml --port 9090 --registry http://10.0.0.5:8500
            """)

    @Option(help: "The gateway's file.")
    var config: String

    @Option(help: "The port of the first listener, instead of the file's. 0 picks a free one.")
    var port: Int?

    @Option(help: "The registry's URL, instead of the file's.")
    var registry: String?

    @Option(
        help: "The longest time that draining takes, such as 10s, if the file allows longer.", transform: Self.duration)
    var drainTimeout: Duration?

    func validate() throws {
        if let port, !(0...65_535).contains(port) {
            throw ValidationError("--port \(port): expected a port from 0 to 65535")
        }
    }

    /// A duration as settings write it.
    private static func duration(_ text: String) throws -> Duration {
        var settings = Settings(environment: ["DRAIN_TIMEOUT": text])
        let duration = settings.duration("DRAIN_TIMEOUT", default: .zero, in: .zero ... .seconds(86_400), "")
        try settings.validate()
        return duration
    }

    func run() async throws {
        let status = await Gateway.run(configurationFile: config) { configuration in
            if let port, case .tcp(let host, _) = configuration.listeners.first?.address {
                configuration.listeners[0].address = .tcp(host: host, port: port)
            }
            if let registry, configuration.registry != nil { configuration.registry = registry }
            if let drainTimeout { configuration.drainTimeout = min(configuration.drainTimeout, drainTimeout) }
        }
        throw ExitCode(status)
    }
}

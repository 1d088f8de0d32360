// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusRuntime
import ArgumentParser

/// `apus health`: asks a service, a registry or a gateway's admin endpoint whether it is ready.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Asks a process whether it is ready.",
        discussion: """
            Exits with 0 if it answers 2xx within 3 seconds and with 1 otherwise, as a container's health check needs it.

            EXAMPLES
              apus health                                  what listens on port 8080 of this machine
              apus health http://127.0.0.1:9901            a gateway's admin endpoint
              apus health http://127.0.0.1:8080 --path /livez
            """)

    @Argument(help: "Where it listens: scheme, host and port.")
    var url = "http://127.0.0.1:8080"

    @Option(help: "What is asked.")
    var path = "/readyz"

    func run() async throws {
        guard let endpoint = Origin(url: url) else {
            throw ValidationError("\(url): expected http://HOST:PORT or https://HOST:PORT")
        }
        guard path.hasPrefix("/") else { throw ValidationError("--path \(path): expected a path, such as /readyz") }
        throw ExitCode(await HealthProbe.run(endpoint, path: path))
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import ApusHTTP

/// Asks a process how it is, from outside, as a container's health check does.
public enum HealthProbe {
    /// Asks once and says the answer: on standard output if it is well, on standard error if it isn't.
    ///
    /// - Parameters:
    ///   - endpoint: Where the process listens.
    ///   - path: What is asked. Default `/readyz`.
    ///   - limit: The most that it takes. Default 3 s.
    /// - Returns: what to exit with: 0 for a 2xx, 1 for any other answer or none.
    public static func run(
        _ endpoint: Origin, path: String = "/readyz", within limit: Duration = .seconds(3)
    ) async -> Int32 {
        let loops = EventLoops(count: 1)
        var configuration = HTTPClientConfiguration()
        configuration.connectTimeout = limit
        configuration.defaultTimeout = limit
        let client = HTTPClient(configuration: configuration, loops: loops)
        var status: Int32
        do {
            let response = try await client.send(HTTPRequest(.get, path), to: endpoint)
            status = (200..<300).contains(response.status.code) ? 0 : 1
            let line = "\(endpoint)\(path): \(response.status.code) \(response.status.reason)\n"
            if status == 0 { StandardOutput.write(line) } else { StandardOutput.writeError(line) }
        } catch {
            StandardOutput.writeError("\(endpoint)\(path): \(error.message)\n")
            status = 1
        }
        await client.shutdown()
        do {
            try await loops.shutdown()
        } catch {
            StandardOutput.writeError("the probe doesn't end: \(error)\n")
            status = 1
        }
        return status
    }

    /// Where a service of these settings is reached from its own machine. Under TLS its certificate must hold for that
    /// address.
    public static func endpoint(of settings: ServiceSettings) -> Origin {
        let host =
            switch settings.host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "::1"
            default: settings.host
            }
        return Origin(scheme: settings.tls == nil ? .http : .https, host: host, port: settings.port)
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusTesting
import Foundation
import NIOCore

/// Two instances of the users service behind a gateway, each a process of its own.
final class TwoInstances {
    /// Where the gateway knows the instances from.
    enum Source: String, CaseIterable {
        case endpoints
        case registry
    }

    static let path = "/v1/users?limit=1"

    let gateway: RunningProcess
    let endpoint: Origin
    private(set) var instances: [RunningProcess] = []
    private var urls: [String] = []
    private let ports: [Int]
    private let registry: (process: RunningProcess, url: String)?
    private let folder: TemporaryFolder

    static func with(_ source: Source, in folder: TemporaryFolder, _ test: (TwoInstances) async throws -> Void)
        async throws
    {
        let made = try await TwoInstances(source, in: folder)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await test(made))
        } catch {
            outcome = .failure(error)
        }
        await made.gateway.endNow()
        for instance in made.instances { await instance.endNow() }
        await made.registry?.process.endNow()
        if case .failure = outcome { print(made.gateway.output.suffix(5_000)) }
        try outcome.get()
    }

    private init(_ source: Source, in folder: TemporaryFolder) async throws {
        self.folder = folder
        var registry: (process: RunningProcess, url: String)?
        if source == .registry {
            let process = RunningProcess(
                program: "apus", ["registry", "--port", "0", "--data-dir", folder.path + "/registry"], in: folder)
            registry = (process, try await process.startAndBeReady())
        }
        self.registry = registry
        // With a registry each start takes a port of its own, as under `apus up`.
        ports = source == .endpoints ? [try FreePort.find(), try FreePort.find()] : [0, 0]
        for number in ports.indices {
            let (process, url) = try await Self.start(number, ports[number], registry?.url, folder)
            instances.append(process)
            urls.append(url)
        }
        let users =
            source == .endpoints
            ? "endpoints: [\(ports.map { "http://127.0.0.1:\($0)" }.joined(separator: ", "))]" : "discover: users"
        let text = """
            listeners: [{ address: 127.0.0.1:0 }]
            \(registry.map { "registry: \($0.url)" } ?? "")
            services:
              users:
                \(users)
                healthCheck: { path: /readyz }
            routes: [{ match: { path: /v1/users/** }, to: users }]
            """
        let file = folder.path + "/gateway.yaml"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        gateway = RunningProcess(program: "apus", ["gateway", "--config", file], in: folder)
        let url = try await gateway.startAndBeReady()
        guard let endpoint = Origin(url: url) else { throw ConformanceFailure("ready says \(url)") }
        self.endpoint = endpoint
    }

    /// Starts the instance again that has ended.
    func restart(_ number: Int) async throws {
        (instances[number], urls[number]) = try await Self.start(number, ports[number], registry?.url, folder)
    }

    /// Whether the instance has answered requests of the load since it was started.
    func isUsed(_ number: Int, by client: HTTPClient) async throws -> Bool {
        guard let endpoint = Origin(url: urls[number]) else { return false }
        let text = String(
            buffer: try await client.send(HTTPRequest(.get, "/metrics"), to: endpoint).body.collect(upTo: 1 << 20))
        return text.split(separator: "\n").contains {
            $0.hasPrefix("http_server_requests_total{") && $0.contains(#"route="/v1/users""#) && !$0.hasSuffix(" 0")
        }
    }

    private static func start(
        _ number: Int, _ port: Int, _ registry: String?, _ folder: TemporaryFolder
    ) async throws -> (RunningProcess, String) {
        let process = RunningProcess(
            program: "users-service", [],
            [
                "SERVICE_NAME": "users", "PORT": "\(port)", "DATA_DIR": "\(folder.path)/instance-\(number)",
                "REGISTRY_URL": registry ?? "",
            ], in: folder)
        return (process, try await process.startAndBeReady())
    }
}

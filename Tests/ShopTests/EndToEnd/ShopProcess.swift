// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusService
import ApusTesting
import Foundation

/// The shop as `apus up` runs it, in processes of its own, with clients that go through its gateway.
struct ShopProcess: Sendable {
    let process: RunningProcess
    /// Where everything that it stores lies.
    let data: String
    let url: String
    let gateway: Origin
    let http: HTTPClient
    let users: ServiceClient
    let products: ServiceClient
    let orders: ServiceClient

    /// Runs `test` with a shop of its own, and expects that it ends well when it is told to.
    ///
    /// - Parameters:
    ///   - manifest: nil for that of the repository.
    ///   - expected: how `apus up` ends: 0 when it is told to, the signal's number if the test kills it.
    static func with(
        manifest: String? = nil, environment: [String: String] = [:], tls: ClientTLS = ClientTLS(),
        status expected: Int32 = 0, in folder: TemporaryFolder,
        _ test: (ShopProcess) async throws -> Void
    ) async throws {
        var all = ProcessInfo.processInfo.environment
        all["LOG_LEVEL"] = "warning"
        all.merge(environment) { $1 }
        let process = RunningProcess(
            Programs.apus,
            [
                "up", "--manifest", manifest ?? Programs.root + "/apus.yaml", "--port", "\(try FreePort.find())",
                "--data-dir", folder.path + "/data",
            ], environment: all, output: folder.path + "/apus.log")
        try process.start()
        let loops = EventLoops(count: 1)
        var configuration = HTTPClientConfiguration()
        configuration.tls = tls
        let http = HTTPClient(configuration: configuration, loops: loops)
        var outcome: Result<Void, any Error>
        do {
            let url = try await ready(process)
            outcome = .success(try await test(try ShopProcess(process, folder.path + "/data", url, http)))
        } catch {
            outcome = .failure(error)
        }
        if process.status == nil { process.signal(SIGTERM) }
        let status = await process.ended()
        await http.shutdown()
        try await loops.shutdown()
        if case .success = outcome, status != expected {
            outcome = .failure(ConformanceFailure("apus up ended with \(status)"))
        }
        if case .failure = outcome { print(process.output.suffix(20_000)) }
        try outcome.get()
    }

    private init(_ process: RunningProcess, _ data: String, _ url: String, _ http: HTTPClient) throws {
        guard let gateway = Origin(url: url) else { throw ConformanceFailure("ready says \(url)") }
        self.process = process
        self.data = data
        self.url = url
        self.gateway = gateway
        self.http = http
        let clients = try ShopClients(through: gateway, http)
        users = clients.users
        products = clients.products
        orders = clients.orders
    }

    private static func ready(_ process: RunningProcess) async throws -> String {
        var url: String?
        try await eventually("apus up is ready", within: .seconds(20)) {
            guard process.status == nil else { throw ConformanceFailure("apus up ended: \(process.output)") }
            url = process.output.split(separator: "\n").first { $0.hasPrefix("ready http") }
                .map { String($0.dropFirst("ready ".count)) }
            return url != nil
        }
        return url ?? ""
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusDiscovery
import ApusHTTP
import ApusRuntime
import ApusService
import Foundation

/// What `scripts/bench` measures beside the gateway:
///
///     PORT=9001 bench-service service
///     PORT=9002 bench-service call --upstream http://127.0.0.1:9001
///     PORT=9003 bench-service bytes
///
/// A service as it comes, with request ids, traces, deadlines, metrics, limits and the watchdog, listening on `PORT`. The
/// Go peers write no access log, so lines of level `info` are left out unless `LOG_LEVEL` says otherwise.
@main
struct Main {
    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        guard let job = arguments.first, ["service", "call", "bytes"].contains(job) else {
            StandardOutput.writeError("usage: bench-service service | call --upstream URL | bytes\n")
            exit(2)
        }
        arguments.removeFirst()
        var environment = ProcessInfo.processInfo.environment
        if environment["LOG_LEVEL"] == nil { environment["LOG_LEVEL"] = "warning" }
        var settings = Settings(arguments: arguments, environment: environment)
        let service = ServiceSettings(from: &settings, name: "bench-\(job)")
        let upstream: ResourceURL? =
            job == "call"
            ? settings.required("UPSTREAM", .url(schemes: ["http", "https"]), "the service that is called") : nil
        if let exit = settings.exit(program: "bench-service") {
            StandardOutput.write(exit.output)
            StandardOutput.writeError(exit.errors)
            Foundation.exit(exit.status)
        }
        let runtime = ServiceRuntime(service) { StandardOutput.write("ready \($0)\n") }
        do {
            var builder = try upstream.map { try Self.greetings(runtime, $0) } ?? Self.users(runtime)
            if job == "bytes" { ByteStreams.add(to: &builder) }
            try runtime.serve(builder)
        } catch {
            exit(ServiceMain.report(error, "bench-service"))
        }
        exit(await runtime.runUntilExit())
    }

    private static func users(_ runtime: ServiceRuntime) -> ServiceBuilder {
        var builder = runtime.builder(of: BenchAPI.self)
        builder.implement(BenchAPI.getUser) { call in
            BenchAPI.User(id: call.parameters.id, name: "Ada Lovelace", email: "ada@example.test")
        }
        return builder
    }

    private static func greetings(_ runtime: ServiceRuntime, _ upstream: ResourceURL) throws -> ServiceBuilder {
        guard let endpoint = Origin(url: upstream.string) else {
            throw StartError("--upstream: '\(upstream)' is not an address such as http://127.0.0.1:9001", exitStatus: 2)
        }
        let http = HTTPClient(loops: runtime.loops)
        runtime.addResource("http") { await http.shutdown() }
        let network = ServiceNetwork(
            resolver: StaticResolver([BenchAPI.name: [endpoint]]), http: http, metrics: runtime.metrics)
        let users = try network.client(of: BenchAPI.self)
        var builder = runtime.builder(of: GreetingsAPI.self)
        builder.implement(GreetingsAPI.greet) { call in
            let user = try await users.call(BenchAPI.getUser, BenchAPI.Reference(id: call.parameters.id))
            return GreetingsAPI.Greeting(userId: user.id, text: "Hello, \(user.name)")
        }
        return builder
    }
}

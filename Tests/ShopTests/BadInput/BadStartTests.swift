// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusTesting
import Foundation
import Testing

/// What a user sees who starts a service the wrong way.
@Suite("A service that can't start", .timeLimit(.minutes(1)))
struct BadStartTests {
    private struct Silent: HTTPResponder {
        func respond(to request: HTTPRequest) async -> HTTPResponse { HTTPResponse(status: .ok) }
    }

    private func start(
        _ arguments: [String], in folder: TemporaryFolder
    ) async throws -> (status: Int32, output: String) {
        try await Programs.run(Programs.folder + "/users-service", arguments, in: folder)
    }

    @Test("Everything that is wrong with the settings is said at once, with status 2")
    func settings() async throws {
        let folder = try TemporaryFolder()
        let (status, output) = try await start(
            ["--port=abc", "--database-url=mysql:x", "--user-cache-ttl=5", "--prot=1"], in: folder)
        #expect(status == 2)
        #expect(output.contains("the settings have 4 problems:"), "\(output)")
        #expect(output.contains(#"PORT (argument): "abc" is not an integer; expected 0 to 65535"#))
        #expect(output.contains(#"DATABASE_URL (argument): "mysql:x" has the unknown scheme mysql"#))
        #expect(output.contains(#"USER_CACHE_TTL (argument): "5" has no unit"#))
        #expect(output.contains("--prot: unknown argument; did you mean --port?"))
    }

    @Test("A data folder that can't be written to is named, with status 2", arguments: ["/proc", "/proc/none/data"])
    func dataFolder(path: String) async throws {
        let folder = try TemporaryFolder()
        let (status, output) = try await start(["--port=0", "--data-dir=\(path)"], in: folder)
        #expect(status == 2)
        #expect(output.contains("data folder \"\(path)\": cannot"), "\(output)")
        #expect(output.contains("set DATA_DIR to a folder that this user may write to"))
    }

    @Test("A port that is taken is named with the process that has it, with status 1")
    func port() async throws {
        let folder = try TemporaryFolder()
        let loops = EventLoops(count: 1)
        let holder = HTTPServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), loops: loops,
            responder: Silent())
        let port = try await holder.start().port
        let (status, output) = try await start(["--port=\(port)", "--data-dir=\(folder.path)/data"], in: folder)
        await holder.drain(within: .zero)
        try await loops.shutdown()
        #expect(status == 1)
        #expect(
            output.contains("cannot listen on 127.0.0.1:\(port): the address is in use by process \(getpid()) ("),
            "\(output)")
    }
}

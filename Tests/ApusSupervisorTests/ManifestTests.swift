// SPDX-License-Identifier: Apache-2.0
import ApusSupervisor
import Testing

@Suite("Manifest")
struct ManifestTests {
    /// Reads a manifest beside `users-service` and `orders-service`.
    private func read(_ text: String) async throws -> Manifest {
        try await Workshop.with { workshop in
            try workshop.script("users-service", "")
            try workshop.script("orders-service", "")
            try workshop.file("gateway.yaml", "routes: []")
            let reader = ManifestReader(executables: ExecutableSearch(beside: workshop.folder, path: "/usr/bin:/bin"))
            do throws(SupervisorError) {
                return try reader.read(text, name: workshop.folder + "/apus.yaml")
            } catch {
                // Without the folder, so that a test can compare.
                throw SupervisorError(error.code, error.message.replacing(workshop.folder + "/", with: ""))
            }
        }
    }

    private func problem(_ text: String) async -> String {
        do {
            _ = try await read(text)
            return "no problem"
        } catch {
            return "\(error)"
        }
    }

    @Test("reads the least and the most")
    func reads() async throws {
        let least = try await read("services: {users: users-service}")
        #expect(least.services.map(\.name) == ["users"])
        #expect(least.services[0].path.hasSuffix("/users-service"))
        #expect(least.hasRegistry && least.gateway == nil)

        let most = try await read(
            """
            gateway: gateway.yaml
            registry: {port: 8500}
            environment: {LOG_LEVEL: debug, A: 1}
            services:
              users:
                executable: ./users-service
                arguments: [--fast, "2"]
                instances: 3
                environment: {A: 2}
                dataDir: data/users
              orders: {executable: orders-service, port: 9003}
              shell: sh
            """)
        #expect(most.gateway?.hasSuffix("/gateway.yaml") == true)
        #expect(most.registryPort == 8_500)
        #expect(most.services.map(\.name) == ["users", "orders", "shell"])
        #expect(most.services[0].arguments == ["--fast", "2"])
        #expect(most.services[0].instances == 3)
        #expect(most.services[0].environment == ["LOG_LEVEL": "debug", "A": "2"])
        #expect(most.services[0].dataDirectory?.hasSuffix("/data/users") == true)
        #expect(most.services[1].port == 9_003)
        #expect(most.services[2].path.hasSuffix("/sh"))
    }

    @Test("an executable that doesn't exist is named with its place, a suggestion, and what there is")
    func unknownExecutable() async {
        let message = await problem("services:\n  users:\n    executable: user-service\n")
        #expect(message.hasPrefix("apus.yaml:3:17: there is no executable 'user-service'"))
        #expect(message.contains("did you mean 'users-service'?"))
        #expect(message.contains("orders-service, users-service"))
    }

    @Test(
        "says what is wrong, where, and what was expected",
        arguments: [
            ("", "apus.yaml:1:1: a manifest is a mapping with at least 'services'"),
            ("gateway: gateway.yaml", "apus.yaml:1:1: the manifest has no 'services'"),
            ("services: {}", "apus.yaml:1:11: 'services' names none"),
            ("services: [a]", "apus.yaml:1:11: 'services' must be a mapping"),
            ("services: {users: {}}", "services.users has no 'executable'"),
            ("servces: {a: sh}", "unknown key 'servces' in the manifest; did you mean 'services'?"),
            ("services:\n  a:\n    executable: sh\n    instnces: 2", "apus.yaml:4:5: unknown key 'instnces'"),
            ("services: {a: {executable: sh, instances: 0}}", "must be a whole number from 1 to 64"),
            ("services: {a: {executable: sh, port: x}}", "must be a whole number from 1 to 65535"),
            ("services: {a: {executable: sh, port: 9, instances: 2}}", "can't share one 'port'"),
            ("services: {a: {executable: sh, environment: [x]}}", "must be a mapping of names to values"),
            ("services: {a: {executable: sh, arguments: x}}", "must be a list of texts, not 'x'"),
            ("services: {A_b: sh}", "'A_b' can't be a service's name"),
            ("services: {a: ./nothing}", "there is no executable file nothing"),
            ("services: {a: sh}\nregistry: off", "with 'registry: off' the service 'a' needs a 'port'"),
            ("services: {a: sh}\nregistry: maybe", "apus.yaml:2:11: 'registry' must be on, off or {port: NUMBER}"),
            ("services: {a: sh}\ngateway: none.yaml", "apus.yaml:2:10: the gateway file 'none.yaml' can't be read"),
            ("services: {a: sh}\nservices: {b: sh}", "apus.yaml:2:1: the key 'services' is given more than once"),
            ("services: {a: sh, a: sh}", "apus.yaml:1:19: the key 'a' is given more than once in services"),
            ("services: {a: {executable: sh, port: 1, port: 2}}", "the key 'port' is given more than once"),
            ("services: {a: sh}\nenvironment: {A: 1, A: 2}", "the key 'A' is given more than once in environment"),
            ("services: {a: {executable: ''}}", "must be text that isn't empty"),
            ("services: {a: [", "not YAML"),
        ])
    func problems(text: String, expected: String) async {
        #expect(await problem(text).contains(expected))
    }

    @Test("all problems are reported together, in the order of the file")
    func together() async {
        let lines = await problem("services:\n  a: nothing\n  b: {executable: sh, port: 0}\nx: 1").split(
            separator: "\n")
        #expect(lines.map { $0.prefix(12) } == ["apus.yaml:2:", "apus.yaml:3:", "apus.yaml:4:"])
    }

    @Test("a manifest that isn't there is named")
    func missing() {
        let reader = ManifestReader(executables: ExecutableSearch(beside: "/", path: ""))
        #expect { try reader.read(path: "/nowhere/apus.yaml") } throws: {
            guard let error = $0 as? SupervisorError else { return false }
            return error.message.contains("looked for /nowhere/apus.yaml") && error.message.contains("--manifest")
                && error.exitStatus == 2
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusTesting
import Testing

@Suite("--print-config and --help")
struct SettingsReportTests {
    func read(_ settings: inout Settings) {
        _ = settings.integer("PORT", default: 8080, in: 0...65535, "listen port")
        _ = settings.string("HOST", default: "127.0.0.1", "listen address")
        _ = settings.duration("WAIT", default: .seconds(10), "patience")
        _ = settings.secret("TOKEN", "to call others")
        _ = settings.url("DB", "database")
    }

    @Test("the table shows value, origin and help of every key")
    func table() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("t", "hush")
        var settings = Settings(
            arguments: ["--print-config", "--port", "1"],
            environment: ["TOKEN_FILE": file, "DB": "postgres://u:p@h/d"],
            dotEnv: DotEnv(text: "\nHOST=::1"))
        read(&settings)
        let exit = try #require(settings.exit(program: "x"))
        #expect(exit.status == 0)
        let lines = exit.output.split(separator: "\n").map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
        #expect(
            lines == [
                "KEY VALUE ORIGIN", "PORT 1 argument", "HOST ::1 .env:2", "WAIT 10s default", "TOKEN •••• \(file)",
                "DB postgres://u:••••@h/d environment",
            ])
        #expect(exit.output.contains("listen port\n"))
    }

    @Test("the first word may be a command, which --help lists and other words are compared with")
    func commands() throws {
        func settings(_ arguments: String...) -> Settings {
            var settings = Settings(arguments: arguments, commands: [.init("migrate", "bring up to date")])
            read(&settings)
            return settings
        }
        let migrating = settings("migrate", "--port", "1")
        #expect(migrating.command == "migrate" && migrating.exit(program: "x") == nil)
        #expect(settings("--port", "1").command == nil)
        let help = try #require(settings("migrate", "--help").exit(program: "x"))
        #expect(help.status == 0 && help.output.hasPrefix("usage: x [command] [--name value]..."))
        #expect(help.output.contains("migrate  bring up to date"))
        let stray = try #require(settings("migrat").exit(program: "x"))
        #expect(stray.status == 2 && stray.errors.contains("expected migrate or --name value"), "\(stray.errors)")
        // Only the first.
        #expect(settings("--port", "1", "migrate").exit(program: "x")?.status == 2)
    }

    @Test("with problems the table is printed nevertheless, and the status is 2")
    func tableWithProblems() throws {
        var settings = Settings(arguments: ["--print-config"], environment: ["PORT": "abc"])
        read(&settings)
        let exit = try #require(settings.exit(program: "x"))
        #expect(exit.status == 2)
        #expect(exit.output.contains(#"PORT   "abc" (!)"#))
        #expect(exit.errors.contains(#"PORT (environment): "abc" is not an integer"#))
    }

    @Test("help lists every key and wins over problems")
    func help() throws {
        var settings = Settings(arguments: ["-h"], environment: ["PORT": "abc"])
        read(&settings)
        _ = settings.required("MUST", .string, "needed")
        let exit = try #require(settings.exit(program: "users-service"))
        #expect(exit.status == 0)
        #expect(exit.output.hasPrefix("usage: users-service [--name value]...\n"))
        #expect(exit.output.contains("  --port          PORT      8080        listen port\n"))
        #expect(exit.output.contains("  --must          MUST      (required)  needed\n"))
        #expect(exit.output.contains("  --token         TOKEN     -           to call others\n"))
    }

    @Test("a program with good settings runs")
    func runs() {
        var settings = Settings()
        read(&settings)
        #expect(settings.exit(program: "x") == nil)
    }

    @Test("a key that is read twice is listed once")
    func twice() {
        var settings = Settings(environment: ["PORT": "1"])
        read(&settings)
        read(&settings)
        #expect(settings.configurationTable().split(separator: "\n").count == 6)
    }
}

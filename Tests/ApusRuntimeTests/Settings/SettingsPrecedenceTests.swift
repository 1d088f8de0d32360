// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusTesting
import Testing

@Suite("Which value counts")
struct SettingsPrecedenceTests {
    @Test("an argument comes before the environment, a file, .env and the default")
    func precedence() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("port", "4\n")
        let dotEnv = DotEnv(text: "PORT=3")

        func port(_ arguments: [String], _ environment: [String: String], _ dotEnv: DotEnv) throws -> Int {
            var settings = Settings(arguments: arguments, environment: environment, dotEnv: dotEnv)
            let port = settings.integer("PORT", default: 1, "port")
            try settings.validate()
            return port
        }

        #expect(try port([], [:], .none) == 1)
        #expect(try port([], [:], dotEnv) == 3)
        #expect(try port([], ["PORT_FILE": file], dotEnv) == 4)
        #expect(try port([], ["PORT": "5"], dotEnv) == 5)
        #expect(try port(["--port", "6"], ["PORT": "5"], dotEnv) == 6)
        #expect(try port(["--port-file", file], ["PORT": "5"], dotEnv) == 4)
    }

    @Test("arguments are written with a blank or an equals sign, in kebab-case")
    func argumentForms() throws {
        var settings = Settings(arguments: ["--data-dir", "/tmp/x", "--service-name=users", "--empty="])
        let folder = settings.path("DATA_DIR", default: ".", "")
        #expect(folder == "/tmp/x")
        let name = settings.string("SERVICE_NAME", default: "", "")
        #expect(name == "users")
        let empty = settings.string("EMPTY", default: "full", "")
        #expect(empty == "")
        try settings.validate()
    }

    @Test("a flag alone means true and takes no word that is not a boolean")
    func flags() throws {
        var settings = Settings(arguments: ["--a", "--b", "off", "--c=no", "--d", "--e", "yes"])
        let a = settings.boolean("A", default: false, "")
        #expect(a)
        let b = settings.boolean("B", default: true, "")
        #expect(!b)
        let c = settings.boolean("C", default: true, "")
        #expect(!c)
        let d = settings.boolean("D", default: false, "")
        #expect(d)
        let e = settings.boolean("E", default: false, "")
        #expect(e)
        try settings.validate()
    }

    @Test("of a file's content only one newline at the end is cut")
    func fileContent() throws {
        let folder = try TemporaryFolder()
        for (content, expected) in [("a\n", "a"), ("a", "a"), ("a\n\n", "a\n"), ("a\r\n", "a"), (" a b ", " a b ")] {
            let path = try folder.file("value", content)
            var settings = Settings(environment: ["KEY_FILE": path])
            let value = settings.string("KEY", "")
            #expect(value == expected)
            try settings.validate()
        }
    }

    @Test("an optional setting is nil if it is given nowhere or empty")
    func optionals() throws {
        var settings = Settings(environment: ["EMPTY": "", "URL": "", "TOKEN": ""])
        let absent = settings.string("ABSENT", "")
        #expect(absent == nil)
        let empty = settings.string("EMPTY", "")
        #expect(empty == nil)
        let url = settings.url("URL", schemes: ["http"], "")
        #expect(url == nil)
        let token = settings.secret("TOKEN", "")
        #expect(token == nil)
        try settings.validate()
    }

    @Test("values of each kind are read")
    func kinds() throws {
        enum Colour: String, CaseIterable { case red, green }
        var settings = Settings(environment: [
            "I": "-5", "B": "YES", "C": "green", "D": "1m30s", "S": "64KiB", "U": "redis://:p@h:6379/0", "X": "hush",
        ])
        let integer = settings.integer("I", default: 0, "")
        #expect(integer == -5)
        let boolean = settings.boolean("B", default: false, "")
        #expect(boolean)
        let choice = settings.choice("C", default: Colour.red, "")
        #expect(choice == .green)
        let duration = settings.duration("D", default: .zero, "")
        #expect(duration == .seconds(90))
        let size = settings.bytes("S", default: .bytes(0), "")
        #expect(size.bytes == 65_536)
        let url = settings.url("U", schemes: ["redis"], "")
        #expect(url?.string == "redis://:p@h:6379/0")
        #expect(url?.scheme == "redis")
        let secret = settings.secret("X", "")
        #expect(secret?.reveal() == "hush")
        try settings.validate()
    }

    @Test(
        "durations",
        arguments: [
            ("250ms", 250_000), ("30s", 30_000_000), ("5m", 300_000_000), ("1h", 3_600_000_000), ("0s", 0), ("7us", 7),
        ])
    func durations(text: String, microseconds: Int) throws {
        var settings = Settings(environment: ["D": text])
        let duration = settings.duration("D", default: .seconds(1), "")
        #expect(duration == .microseconds(microseconds))
        try settings.validate()
    }

    @Test(
        "sizes",
        arguments: [
            ("512", 512), ("512B", 512), ("1KiB", 1024), ("2mib", 2 << 20), ("3GiB", 3 << 30), ("10MB", 10_000_000),
        ])
    func sizes(text: String, bytes: Int) throws {
        var settings = Settings(environment: ["S": text])
        let size = settings.bytes("S", default: .bytes(1), "")
        #expect(size.bytes == bytes)
        try settings.validate()
    }
}

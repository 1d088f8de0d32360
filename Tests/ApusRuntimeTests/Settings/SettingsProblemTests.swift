// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusTesting
import Testing

@Suite("Bad settings")
struct SettingsProblemTests {
    enum Level: String, CaseIterable { case debug, info, error }

    @Test(
        "each bad value is named with its origin and what was expected",
        arguments: [
            ("PORT", "abc", #"PORT (environment): "abc" is not an integer; expected 0 to 65535"#),
            ("PORT", "", #"PORT (environment): "" is not an integer; expected 0 to 65535"#),
            ("PORT", "+1", #"PORT (environment): "+1" is not an integer; expected 0 to 65535"#),
            ("PORT", "70000", #"PORT (environment): "70000" is out of range; expected 0 to 65535"#),
            (
                "PORT", "99999999999999999999",
                #"PORT (environment): "99999999999999999999" is out of range; expected 0 to 65535"#
            ),
            ("PORT", "1\n2", #"PORT (environment): "1\n2" is not an integer; expected 0 to 65535"#),
            ("FLAG", "maybe", #"FLAG (environment): "maybe" is not a boolean; expected true or false"#),
            ("LEVEL", "inof", #"LEVEL (environment): "inof" is not one of debug, info, error; did you mean info?"#),
            ("LEVEL", "zzz", #"LEVEL (environment): "zzz" is not one of debug, info, error"#),
            (
                "WAIT", "30",
                #"WAIT (environment): "30" has no unit; expected a duration such as 250ms, 30s, 5m or 1h; for seconds write 30s"#
            ),
            (
                "WAIT", "soon",
                #"WAIT (environment): "soon" is not a duration; expected a duration such as 250ms, 30s, 5m or 1h"#
            ),
            (
                "WAIT", "-1s",
                #"WAIT (environment): "-1s" is not a duration; expected a duration such as 250ms, 30s, 5m or 1h"#
            ),
            ("WAIT", "2h", #"WAIT (environment): "2h" is out of range; expected 1s to 1h"#),
            (
                "SIZE", "big",
                #"SIZE (environment): "big" is not a size; expected a whole number of B, KiB, MiB, GiB, kB, MB or GB"#
            ),
            ("SIZE", "2KiB", #"SIZE (environment): "2KiB" is out of range; expected 1B to 1KiB"#),
            ("URL", "nothing", #"URL (environment): "nothing" is not a URL; expected http:…, https:…"#),
            ("URL", "ftp://x", #"URL (environment): "ftp://x" has the unknown scheme ftp; expected http:…, https:…"#),
            ("FOLDER", "", #"FOLDER (environment): "" is empty; expected a path"#),
            ("TOKEN", "", #"TOKEN (environment): •••• is empty; expected a secret"#),
        ])
    func messages(key: String, text: String, message: String) {
        var settings = Settings(environment: [key: text])
        let port = settings.integer("PORT", default: 1, in: 0...65535, "")
        _ = settings.boolean("FLAG", default: true, "")
        _ = settings.choice("LEVEL", default: Level.info, "")
        _ = settings.duration("WAIT", default: .seconds(2), in: .seconds(1) ... .seconds(3600), "")
        _ = settings.bytes("SIZE", default: .bytes(7), in: .bytes(1) ... .kibibytes(1), "")
        _ = settings.value("URL", .url(schemes: ["http", "https"]), default: ResourceURL("http://a")!, "")
        _ = settings.path("FOLDER", default: ".", "")
        if key == "TOKEN" { _ = settings.required("TOKEN", .secret, "") }
        #expect(settings.problems.map(\.description) == [message])
        if key == "PORT" { #expect(port != 1, "a bad value must not become the default") }
    }

    @Test("all problems come at once, and the exit status is 2")
    func allAtOnce() throws {
        var settings = Settings(
            arguments: ["--wait", "5"], environment: ["PORT": "abc"], dotEnv: DotEnv(text: "\nLEVEL=loud\nbroken\n"))
        _ = settings.integer("PORT", default: 1, in: 0...65535, "")
        _ = settings.duration("WAIT", default: .zero, "")
        _ = settings.choice("LEVEL", default: Level.info, "")
        _ = settings.required("TOKEN", .secret, "")
        let error = try #require(throws: SettingsError.self) { try settings.validate() }
        #expect(
            error.description == """
                the settings have 5 problems:
                  .env:3: expected KEY=VALUE, with letters, digits and _ in the key
                  PORT (environment): "abc" is not an integer; expected 0 to 65535
                  WAIT (argument): "5" has no unit; expected a duration such as 250ms, 30s, 5m or 1h; for seconds write 5s
                  LEVEL (.env:2): "loud" is not one of debug, info, error
                  TOKEN: is not set; expected --token, TOKEN or TOKEN_FILE
                """)
        let exit = try #require(settings.exit(program: "users"))
        #expect(exit.status == 2)
        #expect(exit.output.isEmpty)
        #expect(exit.errors.hasPrefix("users: the settings have 5 problems:\n"))
    }

    @Test("unknown arguments are problems that name the nearest known one")
    func unknownArguments() {
        var settings = Settings(arguments: [
            "--prot", "8080", "--xyzzy=1", "stray", "-p", "--dat-dir", "x", "--help-me",
        ])
        _ = settings.integer("PORT", default: 1, "")
        _ = settings.path("DATA_DIR", default: ".", "")
        #expect(
            settings.problems.map(\.description) == [
                "--prot: unknown argument; did you mean --port?",
                "--xyzzy: unknown argument; see --help",
                #""stray": unexpected argument; expected --name value"#,
                "-p: unknown argument; see --help",
                "--dat-dir: unknown argument; did you mean --data-dir?",
                "--help-me: unknown argument; did you mean --help?",
            ])
    }

    @Test("an argument without a value and one given twice are problems")
    func argumentForms() {
        var settings = Settings(arguments: ["--port", "--name", "a", "--name=b"])
        _ = settings.integer("PORT", default: 1, "")
        _ = settings.string("NAME", default: "", "")
        #expect(
            settings.problems.map(\.description) == [
                "PORT (argument): --port has no value",
                "NAME (argument): --name is given more than once",
            ])
    }

    @Test("NAME and NAME_FILE at the same place, and a file that can't be read, are problems")
    func files() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("x", "1")
        var settings = Settings(
            environment: ["A": "1", "A_FILE": file, "B_FILE": "\(folder.path)/none", "C_FILE": folder.path],
            dotEnv: DotEnv(text: "D=1\nD_FILE=\(file)"))
        for key in ["A", "B", "C", "D"] { _ = settings.integer(key, default: 0, "") }
        #expect(
            settings.problems.map(\.description) == [
                "A (environment): A and A_FILE are both given; expected one of them",
                "B_FILE (environment): \"\(folder.path)/none\" doesn't exist",
                "C_FILE (environment): \"\(folder.path)\" can't be read: Is a directory",
                "D (.env:1): D and D_FILE are both given; expected one of them",
            ])
    }

    @Test("a bad value out of a file names the file")
    func badFile() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("port", "eighty\n")
        var settings = Settings(environment: ["PORT_FILE": file])
        _ = settings.integer("PORT", default: 0, in: 0...1, "")
        #expect(
            settings.problems.map(\.description) == ["PORT (\(file)): \"eighty\" is not an integer; expected 0 to 1"])
    }

    @Test("unknown keys of .env are warnings, not problems")
    func unknownKeys() throws {
        var settings = Settings(dotEnv: DotEnv(text: "PORT=1\nPROT=2\nOTHER_THING=3\nPORT_FILE_X=1"))
        _ = settings.integer("PORT", default: 0, "")
        try settings.validate()
        #expect(
            settings.warnings == [
                ".env:2: PROT is not a known setting; did you mean PORT?",
                ".env:3: OTHER_THING is not a known setting",
                ".env:4: PORT_FILE_X is not a known setting",
            ])
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusTesting
import Testing

@Suite("Secrets are never shown")
struct SettingsMaskTests {
    struct Holder {
        var password = Secret("hunter2")
        var database = ResourceURL("postgres://u:hunter2@h/d")
    }

    @Test("neither by description, interpolation, mirror nor dump")
    func descriptions() {
        let holder = Holder()
        var dumped = ""
        dump(holder, to: &dumped)
        dump([holder.password], to: &dumped)
        let shown = [
            "\(holder.password)", String(describing: holder.password), String(reflecting: holder.password), "\(holder)",
            String(reflecting: holder), dumped, "\(Mirror(reflecting: holder.password).children.map { $0 })",
            "\(Optional(holder.password) as Any)", "\(["k": holder.password])",
        ]
        for text in shown { #expect(!text.contains("hunter2"), "\(text)") }
        #expect("\(holder.password)" == "••••")
        #expect(holder.password.reveal() == "hunter2")
    }

    @Test(
        "passwords in URLs are masked, however odd they are",
        arguments: [
            ("postgres://user:pa55@host:5432/db?sslmode=on", "postgres://user:••••@host:5432/db?sslmode=on"),
            ("redis://:pa55@host:6379/0", "redis://:••••@host:6379/0"),
            ("postgres://u:pa55/pa55@h", "postgres://u:••••@h"),
            ("postgres://u:pa55//x@h", "postgres://u:••••@h"),
            ("postgres://u:pa55?pa55@h", "postgres://u:••••@h"),
            ("postgres://u:pa55@pa55@h", "postgres://u:••••@h"),
            ("http://h/x?token=pa55&a=1&api_key=pa55", "http://h/x?token=••••&a=1&api_key=••••"),
            (
                "static:a=http://u:pa55@h,http://v:pa55@i;b=http://j",
                "static:a=http://u:••••@h,http://v:••••@i;b=http://j"
            ),
            ("sqlite:/data/a.db", "sqlite:/data/a.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("http://host:80/path", "http://host:80/path"),
            ("not a url:pa55@x", "not a url:••••@x"),
            ("not a url:pa//55@x", "not a url:••••@x"),
        ])
    func urls(text: String, shown: String) throws {
        if !text.hasPrefix("not a url") {
            let url = try #require(ResourceURL(text))
            #expect(url.description == shown)
            #expect(url.string == text)
        }
        #expect(ResourceURL.masked(text) == shown)
    }

    @Test("nor in tables, help, problems and warnings")
    func reports() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("token", "hunter2\n")
        var settings = Settings(
            arguments: ["--password", "hunter2"],
            environment: ["TOKEN_FILE": file, "DB": "mysql://u:hunter2@h/d", "CACHE": "redis://u:hunter2@h"],
            dotEnv: DotEnv(text: "BROKEN hunter2\nLATE='hunter2"))
        _ = settings.secret("PASSWORD", "a password")
        _ = settings.secret("TOKEN", "a token")
        _ = settings.url("DB", schemes: ["postgres"], "a database")
        _ = settings.url("CACHE", schemes: ["redis"], "a cache")
        let texts = [
            settings.configurationTable(), settings.usage(program: "x"), "\(settings.problems)", "\(settings.warnings)",
            "\(SettingsError(problems: settings.problems))",
        ]
        for text in texts { #expect(!text.contains("hunter2"), "\(text)") }
        #expect(settings.problems.count == 3)
        #expect(
            settings.problems.last?.description
                == #"DB (environment): "mysql://u:••••@h/d" has the unknown scheme mysql; expected postgres:…"#)
        #expect(settings.warnings == ["PASSWORD is visible to other users as an argument; give it as PASSWORD_FILE"])
    }
}

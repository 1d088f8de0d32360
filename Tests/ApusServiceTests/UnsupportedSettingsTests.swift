// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusService
import Testing

@Suite("Addresses in settings")
struct UnsupportedSettingsTests {
    private func problems(_ environment: [String: String]) -> [String] {
        var settings = Settings(environment: environment)
        settings.rejectUnsupported(ServiceSettings(from: &settings, name: "users"))
        return settings.problems.map(\.description)
    }

    @Test("are refused, each once, and what is built is taken")
    func refused() {
        #expect(
            problems(["DATABASE_URL": "postgres://h/d", "BROKER_URL": "nats://h", "REDIS_URL": "redis://h"]).isEmpty)
        let refused = problems(["BROKER_URL": "nats://user:secret@h:99999"])
        #expect(refused.count == 1 && refused[0].hasPrefix("BROKER_URL (environment): "))
        #expect(!refused[0].contains("secret"))
    }

    @Test(
        "A value that can't be read is reported once, as what it is",
        arguments: [
            (
                "DATABASE_URL", "mysql:x",
                #"DATABASE_URL (environment): "mysql:x" has the unknown scheme mysql; "#
                    + "expected sqlite:…, postgres:…, postgresql:…"
            ),
            (
                "BROKER_URL", "zzz",
                #"BROKER_URL (environment): "zzz" is not a URL; expected redis:…, rediss:…, redis+unix:…, nats:…, tls:…"#
            ),
            (
                "REDIS_URL", "zzz",
                #"REDIS_URL (environment): "zzz" is not a URL; expected redis:…, rediss:…, redis+unix:…"#
            ),
            ("DATABASE_URL_FILE", "/none", #"DATABASE_URL_FILE (environment): "/none" doesn't exist"#),
        ])
    func once(key: String, text: String, message: String) {
        #expect(problems([key: text]) == [message])
    }
}

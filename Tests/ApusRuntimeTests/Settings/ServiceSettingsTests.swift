// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusRuntime
import ApusTelemetry
import Logging
import Testing

@Suite("The settings of every service")
struct ServiceSettingsTests {
    @Test("the defaults are those of the interface")
    func defaults() throws {
        var settings = Settings()
        let service = ServiceSettings(from: &settings, name: "users")
        try settings.validate()
        #expect(service.name == "users")
        #expect(service.host == "127.0.0.1")
        #expect(service.port == 8080)
        #expect(service.databaseURL.string == "sqlite:.apus/users.db")
        #expect(service.redisURL == nil)
        #expect(service.brokerURL == nil)
        #expect(service.registryURL == nil)
        #expect(service.advertiseURL == nil && service.instanceID == nil)
        #expect(service.dataDirectory == ".apus")
        #expect(service.eventLoops >= 1)
        #expect(service.logLevel == .info)
        #expect(service.environment == .development)
        #expect(service.tls == nil)
        #expect(service.drainTimeout == .seconds(10))
        #expect(!service.isSupervised)
        #expect(service.shedsLoad && !service.allowsFaults)
        #expect(service.serviceToken == nil)
        #expect(service.resource == TelemetryResource(service: "users"))
    }

    @Test(
        "OTEL_SERVICE_NAME goes before service.name, and that before SERVICE_NAME",
        arguments: [
            (["SERVICE_NAME": "a"], "a", []),
            (["SERVICE_NAME": "a", "OTEL_RESOURCE_ATTRIBUTES": "service.name=b"], "b", []),
            (["OTEL_SERVICE_NAME": "The C", "OTEL_RESOURCE_ATTRIBUTES": "service.name=b"], "The C", []),
            (["OTEL_SERVICE_NAME": "", "OTEL_RESOURCE_ATTRIBUTES": ""], "users", []),
            (
                ["OTEL_RESOURCE_ATTRIBUTES": "service.version=1.2 , team=a%2Cb%3D c"], "users",
                [.init("service.version", "1.2"), .init("team", "a,b= c")]
            ),
        ] as [([String: String], String, [TelemetryResource.Attribute])])
    func resource(environment: [String: String], name: String, attributes: [TelemetryResource.Attribute]) throws {
        var settings = Settings(environment: environment)
        let service = ServiceSettings(from: &settings, name: "users")
        try settings.validate()
        #expect(service.resource == TelemetryResource(service: name, attributes: attributes))
        #expect(service.name == environment["SERVICE_NAME"] ?? "users")
    }

    @Test(
        "Attributes that can't be read are a problem",
        arguments: [
            ("a", #"has "a", which is not an attribute"#), ("a=1,", #"has "", which is not an attribute"#),
            ("=1", #"has "=1", which is not an attribute"#), ("a=%4", #"has "a=%4", which is not an attribute"#),
            ("a=b=c", #"has "a=b=c", which is not an attribute"#),
            ("a=%0A", #"has "a=%0A", which is not an attribute"#),
            ("a=1,a=2", #"names "a" twice"#),
            ("a=" + String(repeating: "x", count: 4096), "is longer than 4 KiB"),
        ])
    func badAttributes(text: String, reason: String) {
        var settings = Settings(environment: ["OTEL_RESOURCE_ATTRIBUTES": text])
        _ = ServiceSettings(from: &settings, name: "users")
        #expect(settings.problems.count == 1)
        let problem = "\(settings.problems.first.map(String.init(describing:)) ?? "")"
        #expect(problem.hasPrefix("OTEL_RESOURCE_ATTRIBUTES (environment): "))
        #expect(problem.contains(reason))
    }

    @Test("An exporter that isn't there yet is a warning, an address that is none a problem")
    func exporter() {
        var settings = Settings(environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"])
        _ = ServiceSettings(from: &settings, name: "users")
        #expect(settings.problems.isEmpty)
        #expect(
            settings.warnings == [
                "OTEL_EXPORTER_OTLP_ENDPOINT (environment): is not supported yet: nothing is sent there"
            ])
        var wrong = Settings(environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": "collector"])
        _ = ServiceSettings(from: &wrong, name: "users")
        #expect(wrong.problems.count == 1 && wrong.warnings.isEmpty)
    }

    @Test(
        "A token that is short or can't stand in a header is a problem, and isn't shown",
        arguments: ["short", "0123456789 abcdef", "0123456789abcdeß"])
    func token(text: String) {
        var settings = Settings(environment: ["SERVICE_TOKEN": text])
        _ = ServiceSettings(from: &settings, name: "users")
        #expect(
            settings.problems.map(\.description) == [
                "SERVICE_TOKEN (environment): must be at least 16 visible ASCII characters"
            ])
        #expect(!settings.configurationTable().contains(text))
    }

    @Test("every key is read")
    func values() throws {
        var settings = Settings(
            arguments: ["--port=0", "--host", "::"],
            environment: [
                "SERVICE_NAME": "u-2", "DATABASE_URL": "sqlite::memory:", "REDIS_URL": "rediss://:p@h",
                "DATA_DIR": "/d",
                "BROKER_URL": "nats://h", "REGISTRY_URL": "static:a=http://h:1,http://i:2;b=http://j",
                "APUS_EVENT_LOOPS": "3",
                "LOG_LEVEL": "debug", "ENVIRONMENT": "production", "TLS_CERT_FILE": "c.pem", "TLS_KEY_FILE": "k.pem",
                "DRAIN_TIMEOUT": "2s", "APUS_SUPERVISED": "1",
            ])
        let service = ServiceSettings(from: &settings, name: "users")
        try settings.validate()
        #expect(service.name == "u-2")
        #expect(service.host == "::")
        #expect(service.port == 0)
        #expect(service.databaseURL.string == "sqlite::memory:")
        #expect(service.redisURL?.scheme == "rediss")
        #expect(service.registryURL?.scheme == "static")
        #expect(service.eventLoops == 3)
        #expect(service.logLevel == .debug)
        #expect(service.environment == .production)
        #expect(service.tls == TLSFiles(certificate: "c.pem", key: "k.pem"))
        #expect(service.isSupervised)
    }

    @Test("bad values and half a TLS configuration are problems")
    func problems() {
        var settings = Settings(
            environment: [
                "PORT": "abc", "SERVICE_NAME": "Users!", "HOST": "a b", "LOG_LEVEL": "verbose", "TLS_KEY_FILE": "k",
                "APUS_EVENT_LOOPS": "0", "REDIS_URL": "http://x",
            ])
        _ = ServiceSettings(from: &settings, name: "users")
        #expect(
            settings.problems.map(\.description) == [
                #"SERVICE_NAME (environment): "Users!" is not a service name; expected 1 to 63 of a-z, 0-9 and -, with no - at either end"#,
                #"HOST (environment): "a b" is not a host; expected a name or an address such as 127.0.0.1 or ::1"#,
                #"PORT (environment): "abc" is not an integer; expected 0 to 65535"#,
                #"REDIS_URL (environment): "http://x" has the unknown scheme http; expected redis:…, rediss:…, redis+unix:…"#,
                #"APUS_EVENT_LOOPS (environment): "0" is out of range; expected 1 to 1024"#,
                #"LOG_LEVEL (environment): "verbose" is not one of trace, debug, info, notice, warning, error, critical"#,
                "TLS_KEY_FILE (environment): is given without TLS_CERT_FILE; expected both or neither",
            ])
    }

    @Test("a folder with a blank in its name is not lost from the database's address")
    func blanks() throws {
        var settings = Settings(environment: ["DATA_DIR": "/my data"])
        let service = ServiceSettings(from: &settings, name: "users")
        try settings.validate()
        #expect(service.databaseURL.string == "sqlite:/my data/users.db")
    }

    @Test("what others are told is an address and an id")
    func advertised() throws {
        var settings = Settings(environment: [
            "ADVERTISE_URL": "https://[2001:db8::1]:9001/", "INSTANCE_ID": "u.1:a_B-",
        ])
        let service = ServiceSettings(from: &settings, name: "users")
        try settings.validate()
        #expect(service.advertiseURL?.description == "https://[2001:db8::1]:9001")
        #expect(service.instanceID == "u.1:a_B-")
        for value in ["users:9001", "http://h/path", "http://0.0.0.0:1", "http://[::]:1", "http://h:0", "ftp://h"] {
            var settings = Settings(environment: ["ADVERTISE_URL": value, "INSTANCE_ID": "a/b"])
            _ = ServiceSettings(from: &settings, name: "users")
            #expect(settings.problems.count == 2, "\(value)")
        }
    }
}

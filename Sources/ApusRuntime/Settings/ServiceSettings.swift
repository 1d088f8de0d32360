// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP
public import ApusTelemetry
public import Logging

/// The settings that every service knows, under the same names.
///
/// ```swift
/// var settings = Settings.ofProcess()
/// let service = ServiceSettings(from: &settings, name: "users")
/// if let exit = settings.exit(program: "users-service") { … }
/// ```
public struct ServiceSettings: Sendable {
    /// `SERVICE_NAME`: the name in registry, logs, metrics and traces. Lower-case letters, digits and `-`.
    public var name: String
    /// `HOST`: the address to listen on. Default `127.0.0.1`.
    public var host: String
    /// `PORT`: the port to listen on; 0 picks a free one. Default 8080.
    public var port: Int
    /// `DATABASE_URL`: default `sqlite:` and a file named after the service in the data folder.
    public var databaseURL: ResourceURL
    /// `REDIS_URL`: nil means a cache in the process.
    public var redisURL: ResourceURL?
    /// `BROKER_URL`: nil means a queue in the service's own database.
    public var brokerURL: ResourceURL?
    /// `REGISTRY_URL`: nil means none.
    public var registryURL: ResourceURL?
    /// `ADVERTISE_URL`: where others reach this instance, if that isn't where it listens; nil to find it out.
    public var advertiseURL: Origin?
    /// `INSTANCE_ID`: tells the instances of a service apart in the registry. Who starts with the id of another one takes
    /// its place. Nil for one made of host and port.
    public var instanceID: String?
    /// `SERVICE_TOKEN`: the secret that the services of one system share, at least 16 visible ASCII characters. With it a
    /// service takes events only from senders that have it; nil means only from its own machine.
    public var serviceToken: Secret?
    /// `DATA_DIR`: where embedded storage lives. Default `.apus`.
    public var dataDirectory: String
    /// `APUS_EVENT_LOOPS`: 1 to 1,024. Default: the CPUs in the process's affinity mask.
    public var eventLoops: Int
    /// `LOG_LEVEL`: default `info`.
    public var logLevel: Logger.Level
    /// `OTEL_SERVICE_NAME`, or `service.name` of `OTEL_RESOURCE_ATTRIBUTES`: the name in logs and metrics where it differs
    /// from that in the registry. Nil means ``name``.
    public var telemetryName: String?
    /// `OTEL_RESOURCE_ATTRIBUTES`: what else logs and metrics say of the process, `service.name` left out.
    public var telemetryAttributes: [TelemetryResource.Attribute]
    /// `ENVIRONMENT`: default `development`.
    public var environment: DeploymentEnvironment
    /// `TLS_CERT_FILE` and `TLS_KEY_FILE`: certificate chain and private key in PEM. Both or none; nil means plain HTTP.
    public var tls: TLSFiles?
    /// `DRAIN_TIMEOUT`: how long a shutdown waits for what is in flight. Default 10 s.
    public var drainTimeout: Duration
    /// `CLIENT_…`: how other services are called.
    public var client: ClientSettings
    /// `LOAD_SHEDDING`: whether requests are refused when the event loops are late. Default true.
    public var shedsLoad: Bool
    /// `FAULTS`: whether faults may be armed at `/faults`. Default false; never in production.
    public var allowsFaults: Bool
    /// `APUS_LOOP_BLOCKED_AFTER`: when an event loop that doesn't answer is reported. 10 ms to 1 h, default 500 ms.
    public var loopBlockedAfter: Duration
    /// `APUS_SUPERVISED`: end of file on standard input means that the supervisor is gone: shut down. Default false.
    public var isSupervised: Bool

    /// Reads the keys. Problems are left for ``Settings/validate()``.
    ///
    /// - Parameter name: The default of `SERVICE_NAME`; usually the executable's name.
    public init(from settings: inout Settings, name: String) {
        self.name = settings.value("SERVICE_NAME", .serviceName, default: name, "name in registry, logs and metrics")
        host = settings.value("HOST", .host, default: "127.0.0.1", "address to listen on")
        port = settings.integer("PORT", default: 8080, in: 0...65535, "port to listen on; 0 picks a free one")
        dataDirectory = settings.path("DATA_DIR", default: ".apus", "folder of embedded storage")
        let database = ResourceURL("sqlite:\(dataDirectory)/\(self.name).db") ?? .placeholder
        databaseURL = settings.url(
            "DATABASE_URL", default: database, schemes: ["sqlite", "postgres", "postgresql"], "database")
        redisURL = settings.url(
            "REDIS_URL", schemes: ["redis", "rediss", "redis+unix"], "shared cache; none: in the process")
        brokerURL = settings.url(
            "BROKER_URL", schemes: ["redis", "rediss", "redis+unix", "nats", "tls"],
            "message broker; none: the service's own database")
        registryURL = settings.url(
            "REGISTRY_URL", schemes: ["http", "https", "etcd", "dns", "static"],
            "where instances are found; none: nowhere")
        advertiseURL = settings.value("ADVERTISE_URL", .endpoint, "where others reach it; none: where it listens")
        instanceID = settings.value("INSTANCE_ID", .instanceID, "its id in the registry; none: from host and port")
        serviceToken = settings.secret(
            "SERVICE_TOKEN", "secret of the system's services; none: events from this machine only")
        if let token = serviceToken?.reveal(),
            token.utf8.count < 16 || !token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        {
            settings.reject("SERVICE_TOKEN", "must be at least 16 visible ASCII characters")
        }
        eventLoops = settings.integer(
            "APUS_EVENT_LOOPS", default: AffinityMask.count, in: 1...1024, "event loops; default: usable CPUs")
        logLevel = settings.choice("LOG_LEVEL", default: Logger.Level.info, "least level that is logged")
        environment = settings.choice("ENVIRONMENT", default: DeploymentEnvironment.development, "kind of deployment")
        let otelName = settings.string("OTEL_SERVICE_NAME", "name in logs and metrics; none: SERVICE_NAME")
        let attributes =
            settings.value("OTEL_RESOURCE_ATTRIBUTES", .attributes, "key=value,key=value: said in logs and metrics")
            ?? []
        telemetryName = otelName ?? attributes.first { $0.key == TelemetryResource.serviceNameKey }?.value
        telemetryAttributes = attributes.filter { $0.key != TelemetryResource.serviceNameKey }
        if settings.url("OTEL_EXPORTER_OTLP_ENDPOINT", schemes: ["http", "https"], "not used yet") != nil {
            settings.warn("OTEL_EXPORTER_OTLP_ENDPOINT", "is not supported yet: nothing is sent there")
        }
        tls = TLSFiles(from: &settings)
        drainTimeout = settings.duration(
            "DRAIN_TIMEOUT", default: .seconds(10), in: .zero ... .seconds(3600),
            "how long a shutdown waits for requests")
        loopBlockedAfter = settings.duration(
            "APUS_LOOP_BLOCKED_AFTER", default: .milliseconds(500), in: .milliseconds(10) ... .seconds(3600),
            "report an event loop that is blocked this long")
        client = ClientSettings(from: &settings)
        shedsLoad = settings.boolean(
            "LOAD_SHEDDING", default: true, "refuse requests when the event loops are late")
        allowsFaults = settings.boolean("FAULTS", default: false, "let faults be armed at /faults; not in production")
        if allowsFaults, environment == .production {
            settings.reject("FAULTS", "must be off where ENVIRONMENT is production")
        }
        isSupervised = settings.boolean(
            "APUS_SUPERVISED", default: false, "shut down when standard input ends")
    }

    /// How the process names itself in logs and metrics.
    public var resource: TelemetryResource {
        TelemetryResource(service: telemetryName ?? name, attributes: telemetryAttributes)
    }
}

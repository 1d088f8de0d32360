// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// Arguments and environment of each process.
///
/// `docs/manifest.md` lists the variables. What the manifest sets wins over what the supervisor sets, except for the
/// port, since an address that the supervisor doesn't know of would never become ready, and for the instance's id, which
/// would be that of every instance.
struct ProcessRecipe: Sendable {
    let configuration: SupervisorConfiguration
    let place: RegistryPlace

    func registry() -> ChildSpecification {
        let port = configuration.manifest.registryPort.map(String.init) ?? place.port
        return ChildSpecification(
            path: configuration.apus,
            arguments: [
                "registry", "--port", port, "--data-dir", configuration.dataDirectory + "/registry",
            ],
            environment: environment(of: "registry", part: .registry))
    }

    func gateway(file: String) -> ChildSpecification {
        var arguments = ["gateway", "--config", file]
        if let port = configuration.gatewayPort { arguments += ["--port", "\(port)"] }
        if let url = registryURL { arguments += ["--registry", url] }
        let drain = StopPlan.drainTimeout(of: .gateway, total: configuration.drainTimeout)
        arguments += ["--drain-timeout", "\(drain.nanoseconds / 1_000_000)ms"]
        return ChildSpecification(
            path: configuration.apus, arguments: arguments, environment: environment(of: "gateway", part: .gateway))
    }

    /// - Parameter instance: The process's name, which stays the same when it is started again.
    func service(_ service: Manifest.Service, instance: String) -> ChildSpecification {
        var environment = environment(of: service.name, part: .services)
        environment["DATA_DIR"] = service.dataDirectory ?? configuration.dataDirectory + "/" + service.name
        environment["HOST"] = "127.0.0.1"
        environment.merge(service.environment) { $1 }
        environment["PORT"] = "\(service.port ?? 0)"
        environment["INSTANCE_ID"] = instance
        return ChildSpecification(path: service.path, arguments: service.arguments, environment: environment)
    }

    private func environment(of name: String, part: StopPlan.Part) -> [String: String] {
        var environment = configuration.environment
        for key in ["PORT", "HOST", "DATA_DIR", "ADVERTISE_URL", "INSTANCE_ID"] { environment[key] = nil }
        environment["SERVICE_NAME"] = name
        environment["REGISTRY_URL"] = registryURL
        environment["APUS_SUPERVISED"] = "true"
        let drain = StopPlan.drainTimeout(of: part, total: configuration.drainTimeout)
        environment["DRAIN_TIMEOUT"] = "\(drain.nanoseconds / 1_000_000)ms"
        return environment
    }

    /// Without a registry everybody is told where the others are.
    private var registryURL: String? {
        if configuration.manifest.hasRegistry { return place.known }
        let entries = configuration.manifest.services.map { "\($0.name)=http://127.0.0.1:\($0.port ?? 0)" }
        return "static:" + entries.joined(separator: ";")
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusYAML

/// Turns the nodes of one file into a configuration, and checks what its parts say about each other.
struct GatewayFileDecoder {
    let problems: ProblemCollector
    /// The file's folder with a slash at its end, or nothing for the working directory.
    let folder: String

    /// The configuration; whether it is valid, `problems` tells.
    mutating func decode(_ root: FieldReader) -> GatewayConfiguration {
        var file = root
        let listeners = readListeners(file.required("listeners", "a list of addresses to serve"))
        let admin = file.value("admin").flatMap { address($0) }
        let accessLog = file.value("accessLog").flatMap { readAccessLog($0) }
        let registry = file.value("registry").flatMap { readRegistry($0) }
        let trusted = file.value("trustedProxies")?.list("address ranges")?.compactMap { value in
            value.parsed("an address range such as 10.0.0.0/8, or 'unix'") { AddressRange($0) }
        }
        let auth = file.value("auth").flatMap { readAuth($0) }
        let limits = file.value("limits").flatMap { readLimits($0) }
        let drain = file.value("drainTimeout")?.duration()
        let (services, names) = readServices(file.required("services", "the services that routes lead to"))
        let routes = readRoutes(file.required("routes", "which requests go where"))
        file.finish()

        let complete = routes.filter(\.isComplete)
        let configuration = GatewayConfiguration(
            listeners: listeners, admin: admin, accessLog: accessLog, registry: registry, trustedProxies: trusted ?? [],
            auth: auth, limits: limits ?? LimitsConfiguration(), drainTimeout: drain ?? .seconds(10),
            services: services.map(\.configuration), routes: complete.map(\.configuration))
        checkReferences(configuration, names: names, services: services, routes: routes)
        checkShadows(complete)
        return configuration
    }

    /// A path of the file system; relative ones start from the file's folder.
    func path(_ value: ValueReader) -> String? {
        guard let text = value.text("a path") else { return nil }
        guard !text.isEmpty, !text.utf8.contains(0) else {
            value.error("'\(value.path)' must be a path")
            return nil
        }
        return text.hasPrefix("/") ? text : folder + text
    }

    private func address(_ value: ValueReader) -> BindAddress? {
        value.parsed("an address such as 127.0.0.1:8080, [::1]:8080 or unix:/run/apus.sock") { BindAddress($0) }
    }

    private func readListeners(_ value: ValueReader?) -> [ListenerConfiguration] {
        guard let value, let list = value.list("listeners, each with an 'address'") else { return [] }
        if list.isEmpty { value.error("'listeners' has no listener") }
        var seen: Set<BindAddress> = []
        return list.compactMap { element in
            guard var fields = element.fields("a listener with an 'address'") else { return nil }
            defer { fields.finish() }
            let tls = fields.value("tls").flatMap { serverTLS($0) }
            guard let value = fields.required("address", "such as 127.0.0.1:8080"), let address = address(value) else {
                return nil
            }
            if case .tcp(_, 0) = address {
            } else if !seen.insert(address).inserted {
                value.error("'\(address)' is listened on twice")
            }
            return ListenerConfiguration(address: address, tls: tls)
        }
    }

    private func serverTLS(_ value: ValueReader) -> ServerTLSConfiguration? {
        guard var fields = value.fields("a mapping with 'certificate' and 'key'") else { return nil }
        let certificate = fields.required("certificate", "a PEM file with the chain").flatMap { path($0) }
        let key = fields.required("key", "a PEM file with the private key").flatMap { path($0) }
        fields.finish()
        guard let certificate, let key else { return nil }
        return ServerTLSConfiguration(certificate: certificate, key: key)
    }

    private func readAccessLog(_ value: ValueReader) -> AccessLogTarget? {
        guard let text = value.text("stdout, stderr or a file's path") else { return nil }
        switch text {
        case "stdout": return .standardOutput
        case "stderr": return .standardError
        case "off": return nil
        default: return path(value).map { .file(path: $0) }
        }
    }

    private func readRegistry(_ value: ValueReader) -> String? {
        let schemes = ["http://", "https://", "etcd://", "dns:///", "static:"]
        return value.parsed("a registry's URL, such as http://127.0.0.1:8500") { text in
            schemes.contains { text.hasPrefix($0) && text.count > $0.count } ? text : nil
        }
    }
}

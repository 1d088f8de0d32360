// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

/// What a `REGISTRY_URL` says.
public enum RegistryAddress: Hashable, Sendable {
    /// Empty: no registry.
    case none
    /// `http://host:8500`: an Apus registry.
    case registry(Origin)
    /// `dns:///name:port`: addresses of a name, looked up again and again. `{service}` in the name stands for the
    /// service's; a name without it answers for every service. The port is 80 unless given.
    case dns(name: String, port: Int)
    /// `static:name=url,url;name2=url`: written down.
    case fixed([String: [Origin]])

    /// - Throws: ``DiscoveryError/Code/invalidAddress`` or ``DiscoveryError/Code/unsupportedAddress``, with what was
    ///   expected.
    public init(_ text: String) throws(DiscoveryError) {
        if text.isEmpty {
            self = .none
        } else if text.hasPrefix("http://") || text.hasPrefix("https://") {
            let address = text.hasSuffix("/") ? String(text.dropLast()) : text
            guard let endpoint = Origin(url: address) else {
                throw Self.invalid("'\(text)' is not an address such as http://127.0.0.1:8500")
            }
            self = .registry(endpoint)
        } else if text.hasPrefix("dns:") {
            self = try Self.dns(text)
        } else if text.hasPrefix("static:") {
            self = .fixed(try Self.fixed(text.dropFirst("static:".count)))
        } else if text.hasPrefix("etcd:") {
            throw DiscoveryError(
                .unsupportedAddress,
                "etcd:// is not yet supported; use http://HOST:8500 of an `apus registry`, dns:/// or static:")
        } else {
            throw Self.invalid(
                "'\(text)' must begin with http://, https://, dns:///, static: or (not yet supported) etcd://")
        }
    }

    private static func dns(_ text: String) throws(DiscoveryError) -> RegistryAddress {
        let expected = "expected dns:///NAME or dns:///NAME:PORT, where {service} in NAME stands for the service's name"
        guard text.hasPrefix("dns:///") else { throw invalid("'\(text)': \(expected)") }
        let parts = text.dropFirst("dns:///".count).split(separator: ":", omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty, parts.count <= 2, !name.contains("/") else {
            throw invalid("'\(text)': \(expected)")
        }
        guard parts.count == 2 else { return .dns(name: String(name), port: 80) }
        guard let port = Int(parts[1]), (1...65_535).contains(port) else {
            throw invalid("'\(text)': '\(parts[1])' is not a port; \(expected)")
        }
        return .dns(name: String(name), port: port)
    }

    private static func fixed(_ text: Substring) throws(DiscoveryError) -> [String: [Origin]] {
        let expected = "expected static:NAME=URL,URL;NAME=URL"
        var services: [String: [Origin]] = [:]
        for entry in text.split(separator: ";") {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw invalid("'\(entry)' names no service; \(expected)") }
            let name = String(parts[0])
            guard services[name] == nil else { throw invalid("the service '\(name)' is given twice; \(expected)") }
            services[name] = []
            for url in parts[1].split(separator: ",") {
                guard let endpoint = Origin(url: String(url)) else {
                    throw invalid("'\(url)' of the service '\(name)' is not an address such as http://127.0.0.1:9001")
                }
                services[name, default: []].append(endpoint)
            }
        }
        guard !services.isEmpty else { throw invalid("no service is named; \(expected)") }
        return services
    }

    private static func invalid(_ message: String) -> DiscoveryError {
        DiscoveryError(.invalidAddress, "REGISTRY_URL: \(message)")
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import Testing

@testable import ApusDiscovery

@Suite("The address under which an instance registers")
struct AdvertisedAddressTests {
    private let listening = Origin(host: "127.0.0.1", port: 9001)
    private let registry = Origin(host: "registry.example.test", port: 8500)

    private func advertised(
        _ host: String, listening: Origin? = nil, registry: Origin?, resolving: [String]? = ["10.0.0.5"],
        from source: String? = "10.0.0.9", interfaces: [String] = ["127.0.0.1", "::1", "fe80::1%eth0", "192.0.2.7"]
    ) async -> String {
        let address = AdvertisedAddress(
            lookup: AddressLookup { host throws(DiscoveryError) in
                guard let resolving else { throw DiscoveryError(.lookupFailed, host) }
                return resolving
            }, source: { _ in source }, interfaces: { interfaces })
        return await address.endpoint(listening: listening ?? self.listening, host: host, registry: registry)
            .description
    }

    @Test("is the one it listens on, if that is one")
    func given() async {
        #expect(await advertised("127.0.0.1", registry: registry) == "http://127.0.0.1:9001")
        #expect(await advertised("localhost", registry: registry) == "http://127.0.0.1:9001")
        let socket = Origin(unixPath: "/run/users.sock")
        #expect(await advertised("0.0.0.0", listening: socket, registry: registry) == socket.description)
    }

    @Test("is the one from which the registry is reached, if it listens on all")
    func wildcard() async {
        #expect(await advertised("0.0.0.0", registry: registry) == "http://10.0.0.9:9001")
        let secure = Origin(scheme: .https, host: "::1", port: 9001)
        #expect(await advertised("::", listening: secure, registry: registry) == "https://10.0.0.9:9001")
        #expect(await advertised("::", registry: registry, from: "2001:db8::9") == "http://[2001:db8::9]:9001")
        let here = Origin(unixPath: "/run/registry.sock")
        #expect(await advertised("0.0.0.0", registry: here) == "http://127.0.0.1:9001")
    }

    @Test("is another one of the machine, if the registry can't be reached, and never one that means nothing elsewhere")
    func fallback() async {
        #expect(await advertised("0.0.0.0", registry: registry, resolving: nil) == "http://192.0.2.7:9001")
        #expect(await advertised("0.0.0.0", registry: registry, from: nil) == "http://192.0.2.7:9001")
        #expect(await advertised("0.0.0.0", registry: nil) == "http://192.0.2.7:9001")
        #expect(await advertised("0.0.0.0", registry: registry, from: "2001:db8::9") == "http://192.0.2.7:9001")
        #expect(await advertised("::", registry: registry, from: "fe80::9") == "http://192.0.2.7:9001")
        #expect(await advertised("::", registry: nil, interfaces: ["127.0.0.1"]) == "http://127.0.0.1:9001")
    }

    @Test("of this machine, towards itself, is a loopback address")
    func system() async {
        let registry = Origin(host: "127.0.0.1", port: 8500)
        let endpoint = await AdvertisedAddress().endpoint(listening: listening, host: "0.0.0.0", registry: registry)
        #expect(endpoint == listening)
        #expect(LocalAddress.all.contains("127.0.0.1"))
        #expect(LocalAddress.isUnspecified("0.0.0.0") && LocalAddress.isUnspecified("::"))
        #expect(!LocalAddress.isUnspecified("0.0.0.1") && !LocalAddress.isUnspecified("::1"))
        #expect(!LocalAddress.isUnspecified("localhost"))
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusDiscovery
import ApusHTTP
import Testing

@Suite("RegistryAddress")
struct RegistryAddressTests {
    @Test("reads every kind")
    func kinds() throws {
        #expect(try RegistryAddress("") == .none)
        #expect(try RegistryAddress("http://h:8500") == .registry(Origin(host: "h", port: 8_500)))
        #expect(try RegistryAddress("https://h/") == .registry(Origin(scheme: .https, host: "h", port: 443)))
        #expect(try RegistryAddress("dns:///{service}.x") == .dns(name: "{service}.x", port: 80))
        #expect(try RegistryAddress("dns:///x:81") == .dns(name: "x", port: 81))
        #expect(
            try RegistryAddress("static:a=http://h:1,http://h:2;b=http://h:3")
                == .fixed([
                    "a": [Origin(host: "h", port: 1), Origin(host: "h", port: 2)],
                    "b": [Origin(host: "h", port: 3)],
                ]))
        #expect(try RegistryAddress("static:a=") == .fixed(["a": []]))
    }

    @Test(
        "says what is wrong and what was expected",
        arguments: [
            ("localhost:8500", "http://"), ("http://", "http://127.0.0.1:8500"),
            ("http://h:x", "http://127.0.0.1:8500"),
            ("dns://x", "dns:///NAME"), ("dns:///", "dns:///NAME"), ("dns:///x:0", "not a port"),
            ("static:", "no service"), ("static:a", "names no service"), ("static:a=ftp://h", "'ftp://h'"),
            ("static:a=http://h:1;a=http://h:2", "twice"),
        ])
    func wrong(text: String, expected: String) {
        #expect { try RegistryAddress(text) } throws: {
            guard let error = $0 as? DiscoveryError else { return false }
            return error.code == .invalidAddress && error.message.contains("REGISTRY_URL")
                && error.message.contains(expected)
        }
    }

    @Test("etcd is announced, not mistaken")
    func etcd() {
        #expect { try RegistryAddress("etcd://h:2379") } throws: {
            guard let error = $0 as? DiscoveryError else { return false }
            return error.code == .unsupportedAddress && error.message.contains("not yet supported")
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

extension SettingKind where Value == String {
    /// The name of a service: 1 to 63 lower-case letters, digits and inner `-`, as DNS labels are.
    static var serviceName: SettingKind {
        SettingKind(
            placeholder: "service",
            parse: { text throws(SettingRejection) in
                let bytes = text.utf8
                let isLabel = bytes.allSatisfy {
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
                }
                guard (1...63).contains(bytes.count), isLabel, !text.hasPrefix("-"), !text.hasSuffix("-") else {
                    throw SettingRejection(
                        "is not a service name", expected: "1 to 63 of a-z, 0-9 and -, with no - at either end")
                }
                return text
            },
            show: { $0 })
    }

    /// A host name or an IP address, IPv6 without brackets.
    static var host: SettingKind {
        SettingKind(
            placeholder: "127.0.0.1",
            parse: { text throws(SettingRejection) in
                let allowed = text.utf8.allSatisfy {
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || ".:-_%".utf8.contains($0)
                }
                guard (1...255).contains(text.utf8.count), allowed else {
                    throw SettingRejection("is not a host", expected: "a name or an address such as 127.0.0.1 or ::1")
                }
                return text
            },
            show: { $0 })
    }

    /// What tells the instances of a service apart in the registry.
    static var instanceID: SettingKind {
        SettingKind(
            placeholder: "instance",
            parse: { text throws(SettingRejection) in
                let allowed = text.utf8.allSatisfy {
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "._:-".utf8.contains($0)
                }
                guard (1...128).contains(text.utf8.count), allowed else {
                    throw SettingRejection("is not an instance's id", expected: "1 to 128 of A-Z a-z 0-9 . _ : -")
                }
                return text
            },
            show: { $0 })
    }
}

extension SettingKind where Value == Origin {
    /// Where others reach a server: a URL without a path, and not one that stands for every address.
    static var endpoint: SettingKind {
        SettingKind(
            placeholder: Origin(host: "127.0.0.1", port: 80),
            parse: { text throws(SettingRejection) in
                guard let endpoint = Origin(url: text), !["0.0.0.0", "::"].contains(endpoint.host) else {
                    throw SettingRejection(
                        "is not an address that others reach", expected: "http://HOST:PORT or https://HOST:PORT")
                }
                return endpoint
            },
            show: { $0.description })
    }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOCore

/// Numeric addresses of this machine, IPv6 without brackets.
enum LocalAddress {
    /// The address from which packets to `destination` leave, as the routing table has it; nothing is sent.
    static func reaching(_ destination: String) -> String? {
        let address: SocketAddress
        do { address = try SocketAddress(ipAddress: destination, port: 9) } catch { return nil }
        return address.withSockAddr { pointer, length in
            #if os(Linux)
                let kind = CInt(SOCK_DGRAM.rawValue)
            #else
                let kind = SOCK_DGRAM
            #endif
            let descriptor = socket(CInt(pointer.pointee.sa_family), kind, 0)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            guard connect(descriptor, pointer, socklen_t(length)) == 0 else { return nil }
            var storage = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            return withUnsafeMutablePointer(to: &storage) { storage in
                storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { local in
                    getsockname(descriptor, local, &size) == 0 ? text(local, size) : nil
                }
            }
        }
    }

    /// Every address of an interface that is up.
    static var all: [String] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, entry.ifa_flags & UInt32(IFF_UP) != 0 else { continue }
            let size: Int
            switch CInt(address.pointee.sa_family) {
            case AF_INET: size = MemoryLayout<sockaddr_in>.size
            case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
            default: continue
            }
            if let text = text(address, socklen_t(size)) { addresses.append(text) }
        }
        return addresses
    }

    /// Whether it stands for every address of a machine: `0.0.0.0`, `::`.
    static func isUnspecified(_ address: String) -> Bool {
        for family in [AF_INET, AF_INET6] {
            var bytes = [UInt8](repeating: 0, count: 16)
            if inet_pton(family, address, &bytes) == 1 { return bytes.allSatisfy { $0 == 0 } }
        }
        return false
    }

    static func isLoopback(_ address: String) -> Bool { address.hasPrefix("127.") || address == "::1" }

    /// Whether it means something only together with an interface, so that it can't be told to others.
    static func isLinkLocal(_ address: String) -> Bool {
        address.hasPrefix("169.254.") || address.lowercased().hasPrefix("fe80:") || address.contains("%")
    }

    private static func text(_ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard getnameinfo(address, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
}

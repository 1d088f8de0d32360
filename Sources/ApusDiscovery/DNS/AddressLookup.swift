// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation

/// Asks the system for the addresses of a host name (A and AAAA, `/etc/hosts` and what else the system consults).
public struct AddressLookup: Sendable {
    private let addresses: @Sendable (_ host: String) async throws(DiscoveryError) -> [String]

    /// A look-up that is answered by `addresses`, under the same rules as ``callAsFunction(_:)``.
    public init(_ addresses: @escaping @Sendable (_ host: String) async throws(DiscoveryError) -> [String]) {
        self.addresses = addresses
    }

    /// The numeric addresses of `host`, IPv6 without brackets, in no particular order.
    /// - Throws: ``DiscoveryError/Code/lookupFailed``.
    public func callAsFunction(_ host: String) async throws(DiscoveryError) -> [String] {
        try await addresses(host)
    }

    /// `getaddrinfo`, on a thread of its own.
    public static let system = AddressLookup { host throws(DiscoveryError) in
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<_, Never>) in
            DispatchQueue.global(qos: .utility).async { continuation.resume(returning: resolve(host)) }
        }
        return try result.get()
    }

    private static func resolve(_ host: String) -> Result<[String], DiscoveryError> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_flags = AI_ADDRCONFIG
        #if os(Linux)
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            let reason = gai_strerror(status).map { String(cString: $0) } ?? "error \(status)"
            return .failure(DiscoveryError(.lookupFailed, "\(host) can't be looked up: \(reason)"))
        }
        defer { freeaddrinfo(list) }
        var addresses: Set<String> = []
        var next = list
        while let entry = next?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let named = getnameinfo(
                entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if named == 0 { addresses.insert(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)) }
            next = entry.ai_next
        }
        return .success(addresses.sorted())
    }
}

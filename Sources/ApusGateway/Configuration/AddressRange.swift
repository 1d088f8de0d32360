// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A range of addresses in CIDR notation (`10.0.0.0/8`, `fd00::/8`), or a single address, or `unix` for every peer that
/// comes through a Unix domain socket.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    /// 16 bytes for every family: IPv4 is written as `::ffff:a.b.c.d`, so that a mapped peer matches too.
    private let high: UInt64
    private let low: UInt64
    private let bits: Int
    public let description: String

    /// Reads a range, or returns nil if it is not one (bits set below the prefix included).
    public init?(_ text: String) {
        description = text
        if text == "unix" {
            (high, low, bits) = (0, 0, -1)
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let address = Self.address(String(first)) else { return nil }
        let width = first.contains(":") ? 128 : 32
        var length = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(parts[1]), number <= width
            else { return nil }
            length = number
        }
        bits = length + 128 - width
        (high, low) = address
        guard Self.masked(address, bits) == address else { return nil }
    }

    /// Whether `address`, an address without port or brackets as the kernel writes it, lies in the range.
    public func contains(_ address: String) -> Bool {
        guard bits >= 0 else { return address.isEmpty || address.hasPrefix("unix") }
        guard let number = Self.address(address) else { return false }
        return Self.masked(number, bits) == (high, low)
    }

    private static func masked(_ address: (high: UInt64, low: UInt64), _ bits: Int) -> (UInt64, UInt64) {
        let high = bits >= 64 ? UInt64.max : bits == 0 ? 0 : ~(UInt64.max >> UInt64(bits))
        let low = bits >= 128 ? UInt64.max : bits <= 64 ? 0 : ~(UInt64.max >> UInt64(bits - 64))
        return (address.high & high, address.low & low)
    }

    private static func address(_ text: String) -> (high: UInt64, low: UInt64)? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return (0, 0xffff_0000_0000 | UInt64(UInt32(bigEndian: four.s_addr)))
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        return withUnsafeBytes(of: &six) {
            (
                UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Splits `host:port` texts, with brackets around IPv6 addresses.
enum HostPort {
    /// The host without brackets and the port, if one is given; nil if the text is neither.
    static func split(_ text: String) -> (host: String, port: Int?)? {
        var host: Substring
        var rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard host.contains(":"), host.utf8.allSatisfy(isAddressByte) else { return nil }
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            rest = text[colon...]
            guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(isHostByte) else { return nil }
        }
        guard !rest.isEmpty else { return (String(host), nil) }
        rest = rest.dropFirst()
        guard text.hasPrefix("[") ? text.contains("]:") : true, (1...5).contains(rest.utf8.count),
            rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(rest), port <= 65535
        else { return nil }
        return (String(host), port)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        isHostByte(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
    }
}

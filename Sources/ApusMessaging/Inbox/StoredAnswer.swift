// SPDX-License-Identifier: Apache-2.0

/// The answer to a request, as it is given again.
public struct StoredAnswer: Sendable, Hashable {
    /// The header fields that belong to it, in their order.
    public struct Field: Sendable, Hashable {
        /// Without line breaks, as its value.
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The HTTP status.
    public let status: Int
    public let headers: [Field]
    public let body: [UInt8]

    public init(status: Int, headers: [Field] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Bytes of the header fields together.
    static let maximumHeaderBytes = 8 << 10

    /// The fields as one text, a line each.
    var headerText: String {
        headers.map { "\($0.name): \($0.value)\n" }.joined()
    }

    init(status: Int, headerText: String, body: [UInt8]) {
        let fields = headerText.split(separator: "\n").compactMap { line -> Field? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return Field(String(line[..<colon]), String(line[colon...].dropFirst(2)))
        }
        self.init(status: status, headers: fields, body: body)
    }

    /// - Throws: `tooLarge` if it is longer than is kept; `invalid` if a header field holds a line break.
    func check(maximumBodyBytes: Int) throws(MessagingError) {
        guard body.count <= maximumBodyBytes else {
            throw MessagingError(.tooLarge, "the answer has \(body.count) bytes; at most \(maximumBodyBytes) are kept")
        }
        guard headerText.utf8.count <= Self.maximumHeaderBytes else {
            throw MessagingError(.tooLarge, "the answer's header has more than \(Self.maximumHeaderBytes) bytes")
        }
        guard !headers.contains(where: { ($0.name + $0.value).utf8.contains(UInt8(ascii: "\n")) }) else {
            throw MessagingError(.invalid, "a header field of the answer has a line break")
        }
    }
}

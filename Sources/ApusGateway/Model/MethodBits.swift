// SPDX-License-Identifier: Apache-2.0
import ApusHTTP

/// Methods as bits of one word, so that comparing a request with a route's methods is one operation.
struct MethodBits: Sendable {
    /// Every method, known or not.
    static let all: UInt32 = .max
    /// The bit of methods that no route names.
    static let other: UInt32 = 1 << 31
    /// How many different methods the routes of a file may name beside the known ones.
    static let customLimit = 31 - known.count

    private static let known: [HTTPMethod] = [
        .get, .head, .post, .put, .patch, .delete, .options, .connect, .trace,
    ]
    /// The methods that routes name and that aren't known; their bits follow those of the known ones.
    private let custom: [HTTPMethod]

    /// The bits for routes that name these methods; methods beyond ``customLimit`` have no bit of their own.
    init(naming names: some Sequence<String>) {
        let unknown = Set(names.map { HTTPMethod($0) }).subtracting(Self.known)
        custom = Array(unknown.sorted { $0.name < $1.name }.prefix(Self.customLimit))
    }

    /// The bit of a request's method.
    func bit(of method: HTTPMethod) -> UInt32 {
        if method == .get { return 1 }
        for (index, known) in Self.known.enumerated() where known == method { return 1 << UInt32(index) }
        for (index, name) in custom.enumerated() where name == method {
            return 1 << UInt32(index + Self.known.count)
        }
        return Self.other
    }

    /// The bits of a route's methods: all of them if it names none; `GET` includes `HEAD`.
    func mask(of methods: [String]) -> UInt32 {
        guard !methods.isEmpty else { return Self.all }
        return methods.reduce(0) { mask, name in
            mask | bit(of: HTTPMethod(name)) | (name == "GET" ? bit(of: .head) : 0)
        }
    }

    /// The names of the methods in `mask`, for `Allow`.
    func names(in mask: UInt32) -> [String] {
        (Self.known + custom).enumerated().filter { mask & (1 << UInt32($0.offset)) != 0 }.map(\.element.name)
    }
}

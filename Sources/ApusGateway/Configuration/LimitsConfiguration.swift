// SPDX-License-Identifier: Apache-2.0

/// What the gateway accepts from its clients, for every listener.
public struct LimitsConfiguration: Equatable, Sendable {
    /// Bytes of a request's line and headers together; above it 431. 32 KiB by default.
    public var headerBytes: Int = 32 << 10
    /// Number of header fields; above it 431. 128 by default.
    public var headerCount: Int = 128
    /// Bytes of the request target; above it 414. 8 KiB by default.
    public var uriBytes: Int = 8 << 10
    /// Bytes of a request body; above it 413. Nil (the default) for no bound: bodies are streamed, never collected.
    public var bodyBytes: Int?
    /// Client connections open at once, for each listener; one more gets 503 and is closed. 16,384 by default.
    public var connections: Int = 16_384
    /// From the first byte of a request to the end of its headers. 30 s by default.
    public var readHeadTimeout: Duration = .seconds(30)
    /// In which a body must make progress, either way. 60 s by default.
    public var bodyTimeout: Duration = .seconds(60)
    /// Between requests on a connection. 75 s by default.
    public var idleTimeout: Duration = .seconds(75)
    /// Whether `%2F` and `%5C` may stand in a path. Off by default: they let a path mean one thing here and another
    /// there.
    public var encodedSlashes: Bool = false
    /// When load is shed; nil for never. On by default.
    public var shedding: SheddingConfiguration? = SheddingConfiguration()

    public init() {}
}

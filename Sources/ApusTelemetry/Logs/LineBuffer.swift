// SPDX-License-Identifier: Apache-2.0

/// The bytes of one log line while it is rendered: in memory borrowed from the stack, and on the heap once they outgrow
/// it.
///
/// Text that would take the line past `limit` is cut, so that a line is bounded whatever is logged; what frames it is
/// still written, so that a JSON line stays one.
struct LineBuffer: ~Copyable {
    /// The bytes that need no heap.
    static let stackBytes = 1024
    /// The length past which text is cut: 64 KiB.
    static let standardLimit = 64 << 10

    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private var isOwned = false
    private let limit: Int
    private(set) var count = 0
    /// Whether text was cut.
    private(set) var isCut = false

    /// - Parameter storage: memory that outlives the buffer.
    init(borrowing storage: UnsafeMutableRawBufferPointer, limit: Int = standardLimit) {
        self.limit = limit
        if let address = storage.baseAddress {
            base = address
            capacity = storage.count
        } else {
            base = .allocate(byteCount: Self.stackBytes, alignment: 8)
            capacity = Self.stackBytes
            isOwned = true
        }
    }

    deinit {
        if isOwned { base.deallocate() }
    }

    /// Renders a line with `body` and hands it to `sink`.
    static func compose(to sink: LogSink, urgent: Bool, _ body: (inout LineBuffer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: stackBytes, alignment: 8) { storage in
            var line = LineBuffer(borrowing: storage)
            body(&line)
            line.withBytes { _ = sink.append($0, urgent: urgent) }
        }
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// How many bytes of text may still come.
    var remaining: Int { max(0, limit - count) }

    mutating func markCut() {
        isCut = true
    }

    // MARK: Plain bytes

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        reserve(length)
        (base + count).copyMemory(from: text.utf8Start, byteCount: length)
        count += length
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Makes room for `more` bytes, to be filled by ``fill(_:at:)`` and claimed by ``advance(by:)``.
    @inline(__always)
    mutating func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    /// A pointer to the first free byte, valid until the next ``reserve(_:)``.
    var free: UnsafeMutableRawPointer { base + count }

    mutating func advance(by bytes: Int) {
        count += bytes
    }

    private mutating func grow(_ more: Int) {
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
        larger.copyMemory(from: base, byteCount: count)
        if isOwned { base.deallocate() }
        base = larger
        isOwned = true
    }
}

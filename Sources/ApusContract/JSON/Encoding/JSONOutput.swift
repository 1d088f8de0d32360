// SPDX-License-Identifier: Apache-2.0

/// The text that an encoding has written so far, and the values whose `encode(to:)` is running.
///
/// Values are written straight into the text: each has a *frame*, which is closed when its `encode(to:)` returns.
/// Containers that may be written to later, out of turn (`nestedContainer`, `superEncoder`), get an output of their own,
/// which is put in its place at the end.
final class JSONOutput {
    struct Frame {
        enum Kind {
            /// Nothing was encoded yet.
            case empty
            case object, array
            /// A value that was written as a whole.
            case value
        }

        var kind = Kind.empty
        /// Elements of an array.
        var count = 0
        /// Where the object's names begin in `names`.
        var names: Int
    }

    /// Where a member's name stands in the text, with its quotation marks. The member reaches to the next one.
    struct Name {
        var start: Int
        var length: Int
    }

    /// Where an output of its own belongs in the text.
    struct Splice {
        var offset: Int
        let output: JSONOutput
    }

    /// The container that an output of its own is a part of.
    struct Origin {
        let output: JSONOutput
        let frame: Int
        let key: any CodingKey
    }

    let dates: JSONCodec.Dates
    let origin: Origin?
    @exclusivity(unchecked) var json: JSONWriter
    @exclusivity(unchecked) var frames: [Frame]
    /// The names of all open objects, those of the innermost last.
    @exclusivity(unchecked) var names: [Name] = []
    /// The names of open objects that have many, by frame.
    @exclusivity(unchecked) var sets: [Int: Set<String>] = [:]
    @exclusivity(unchecked) var splices: [Splice] = []
    /// Containers around frame 0.
    private let depth: Int
    /// What went wrong where nothing can be thrown.
    private var failure: EncodingError?

    /// An output behind what `writer` has written, with `depth` containers open.
    init(dates: JSONCodec.Dates, writer: consuming JSONWriter, depth: Int) {
        self.dates = dates
        origin = nil
        self.depth = depth
        json = writer
        frames = []
        frames.reserveCapacity(8)
        names.reserveCapacity(24)
        frames.append(Frame(names: 0))
    }

    private init(dates: JSONCodec.Dates, origin: Origin) {
        self.dates = dates
        self.origin = origin
        depth = origin.output.depth + origin.frame + 1
        json = JSONWriter(capacity: 64)
        frames = [Frame(names: 0)]
    }

    /// The whole text. Nothing may be written after this.
    ///
    /// - Throws: what went wrong where nothing could be thrown.
    func finish() throws -> JSONWriter {
        if let failure { throw failure }
        close()
        guard !splices.isEmpty else { return json }
        var bytes: [UInt8] = []
        var start = 0
        for splice in splices {
            bytes += json.bytes[start..<splice.offset]
            bytes += try splice.output.finish().bytes
            start = splice.offset
        }
        return JSONWriter(value: bytes + json.bytes[start...])
    }

    /// Lets go of the outputs that were to be spliced in, which refer to this one.
    func discard() { discard(splices.startIndex..<splices.endIndex) }

    /// Lets go of some of the outputs that were to be spliced in.
    func discard(_ range: Range<Int>) {
        for splice in splices[range] { splice.output.discard() }
        splices.removeSubrange(range)
    }

    // MARK: Frames

    /// Begins the container of the frame, unless that was done already: a value may ask for its container twice.
    func open(_ kind: Frame.Kind, in frame: Int) {
        guard isCurrent(frame), frames[frame].kind == .empty || frames[frame].kind == kind else {
            return fail("A value is encoded in two ways at once.")
        }
        guard frames[frame].kind == .empty else { return }
        guard depth + frame <= JSONCodec.maximumDepth else {
            return fail("The value has more than \(JSONCodec.maximumDepth) levels.")
        }
        frames[frame].kind = kind
        if kind == .object { json.beginObject() } else { json.beginArray() }
    }

    /// Whether the frame is the innermost. It is, unless somebody writes to a value from within another's encoding.
    func isCurrent(_ frame: Int) -> Bool { frame == frames.count - 1 }

    /// Keeps the first failure until the end.
    func fail(_ reason: String) {
        failure = failure ?? error("", frames.count - 1, nil, reason)
    }

    private func require(_ kind: Frame.Kind, _ frame: Int) throws {
        guard isCurrent(frame), frames[frame].kind == kind else {
            throw failure ?? error("", frames.count - 1, nil, "The container isn't that of the value being encoded.")
        }
    }

    /// Ends the container of the innermost frame. A value that encodes nothing is an empty object.
    private func close() {
        let frame = frames.count - 1
        switch frames[frame].kind {
        case .empty:
            json.beginObject()
            json.endObject()
        case .object: json.endObject()
        case .array: json.endArray()
        case .value: break
        }
        if !sets.isEmpty { sets[frame] = nil }
    }

    /// Begins a value at the end of the text.
    func push() -> JSONTextEncoder {
        frames.append(Frame(names: names.count))
        return JSONTextEncoder(output: self, frame: frames.count - 1)
    }

    /// Ends the value that ``push()`` began.
    func pop() {
        close()
        let frame = frames.removeLast()
        while names.count > frame.names { names.removeLast() }
    }

    /// An output of its own for a member of the frame's object.
    func spliced(member key: some CodingKey, in frame: Int) -> JSONOutput {
        splicing(key, frame) { try name(key.stringValue, in: frame) }
    }

    /// An output of its own for the next element of the frame's array.
    func splicedElement(in frame: Int) -> JSONOutput {
        let index = frame < frames.count ? frames[frame].count : 0
        return splicing(JSONKey(intValue: index), frame) { try element(in: frame) }
    }

    private func splicing(_ key: any CodingKey, _ frame: Int, _ begin: () throws -> Void) -> JSONOutput {
        let output = JSONOutput(dates: dates, origin: Origin(output: self, frame: frame, key: key))
        do {
            try begin()
            splices.append(Splice(offset: json.bytes.count, output: output))
            json.skip()
        } catch {
            fail("A container isn't that of the value being encoded.")
        }
        return output
    }

    // MARK: Members and elements

    /// Begins the member `name` of the frame's object. Of members with the same name the last counts: an earlier one is
    /// taken out.
    func name(_ name: String, in frame: Int) throws {
        try require(.object, frame)
        var new = Name(start: json.nextStart, length: 0)
        json.name(name)
        new.length = json.bytes.count - new.start - 1
        if let earlier = index(of: new, name, in: frame) {
            remove(earlier, before: new)
            new.start = json.bytes.count - 1 - new.length
        }
        names.append(new)
    }

    /// Begins the next element of the frame's array.
    func element(in frame: Int) throws {
        try require(.array, frame)
        json.element()
        frames[frame].count += 1
    }

    /// Begins the only value of the frame.
    func single(in frame: Int) throws {
        try require(.empty, frame)
        frames[frame].kind = .value
    }
}

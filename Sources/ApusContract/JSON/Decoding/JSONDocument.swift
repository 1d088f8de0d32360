// SPDX-License-Identifier: Apache-2.0

/// JSON text that was found to be well-formed, with the place of each of its values.
///
/// Values are made when they are asked for. The text is the caller's, and used in place: ``release()`` must be called
/// before it goes away. Not safe to use from several threads at once.
final class JSONDocument {
    @exclusivity(unchecked) private(set) var text: UnsafeRawBufferPointer
    let nodes: JSONNodes
    let dates: JSONCodec.Dates
    private var isOwned = false
    /// The name that is probably asked for next: members mostly are read in the order in which they stand.
    @exclusivity(unchecked) private var expected = 0
    /// The members of objects that have many, by name.
    @exclusivity(unchecked) private var tables: [Int: [String: Int]] = [:]

    /// So many members are looked at before a table is made.
    private static let searchedMembers = 16

    /// Reads `text` as a whole.
    ///
    /// - Throws: at the first byte that can't be JSON.
    init(
        _ text: UnsafeRawBufferPointer, dates: JSONCodec.Dates, maximumDepth: Int
    ) throws(JSONSyntaxError) {
        var scanner = JSONScanner(text, maximumDepth: maximumDepth)
        do {
            try scanner.scan()
        } catch {
            scanner.nodes.deallocate()
            throw error
        }
        self.text = text
        self.dates = dates
        nodes = scanner.nodes
    }

    deinit {
        nodes.deallocate()
        if isOwned { text.deallocate() }
    }

    /// Ends the use of the caller's text: if anybody keeps a decoder, the text is copied.
    static func release(_ document: inout JSONDocument) {
        guard !isKnownUniquelyReferenced(&document), !document.isOwned else { return }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: document.text.count, alignment: 1)
        copy.copyMemory(from: document.text)
        document.text = UnsafeRawBufferPointer(copy)
        document.isOwned = true
    }

    /// Whether any value is null.
    var hasNulls: Bool { (0..<nodes.count).contains { nodes[$0].kind == .null } }

    /// The bytes of the text of the value at `node`.
    func slice(_ node: JSONNode) -> Slice<UnsafeRawBufferPointer> {
        text[Int(node.start)..<Int(node.start) + Int(node.length)]
    }

    /// What the name or string at `node` spells.
    func string(_ node: JSONNode) -> String { node.string(in: text) }

    // MARK: Members

    /// Where the value of the member `name` of the object stands; nil if it has none.
    ///
    /// - Parameter leaving: whether the value will be read, so that the next member is expected then.
    func member(_ name: String, of object: Int, leaving: Bool = true) -> Int? {
        var name = name
        return name.withUTF8 { search(UnsafeRawBufferPointer($0), object, leaving) }
    }

    @inline(__always)
    private func search(_ name: UnsafeRawBufferPointer, _ object: Int, _ leaving: Bool) -> Int? {
        var index = expected
        // Nodes of other objects may be expected, after containers that were read out of turn.
        if index > object, index < nodes[object].next, nodes[index].kind == .name, nodes[index].next == object {
            if nodes[index].isNamed(name, in: text) { return found(index, leaving) }
        } else {
            index = object + 1
        }
        return search(name, object, from: index, leaving)
    }

    private func search(
        _ name: UnsafeRawBufferPointer, _ object: Int, from start: Int, _ leaving: Bool
    ) -> Int? {
        let end = Int(nodes[object].next)
        var index = start
        for _ in 0..<min(Int(nodes[object].length), Self.searchedMembers) {
            if index >= end { index = object + 1 }
            if nodes[index].isNamed(name, in: text) { return found(index, leaving) }
            index = Int(nodes[index + 1].next)
        }
        guard nodes[object].length > Self.searchedMembers else { return nil }
        return table(of: object)[String(decoding: name, as: UTF8.self)].map { found($0, leaving) }
    }

    /// Where the value of the name at `index` stands.
    @inline(__always)
    private func found(_ index: Int, _ leaving: Bool) -> Int {
        expected = leaving ? Int(nodes[index + 1].next) : index
        return index + 1
    }

    /// The value at `index` was read: what follows it is expected.
    func left(_ index: Int) { expected = Int(nodes[index].next) }

    private func table(of object: Int) -> [String: Int] {
        if let table = tables[object] { return table }
        var table: [String: Int] = [:]
        table.reserveCapacity(Int(nodes[object].length))
        forEachName(of: object) { table[string(nodes[$0])] = $0 }
        tables[object] = table
        return table
    }

    /// Calls `body` with the place of each name of the object.
    func forEachName(of object: Int, _ body: (Int) -> Void) {
        var index = object + 1
        while index < nodes[object].next {
            body(index)
            index = Int(nodes[index + 1].next)
        }
    }
}

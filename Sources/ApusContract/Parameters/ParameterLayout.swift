// SPDX-License-Identifier: Apache-2.0

/// Where the parameters of an operation stand, worked out once.
@usableFromInline
struct ParameterLayout: Sendable {
    /// One field of the parameters' type.
    struct Slot: Sendable {
        let name: String
        let place: ParameterPlace
        /// The position among the parameters of the path.
        let pathIndex: Int
    }

    let path: PathTemplate
    let slots: [Slot]

    @usableFromInline
    init(_ path: PathTemplate, fields: [String], headers: [String]) {
        self.path = path
        let names = path.parameters
        slots = fields.map { name in
            let index = names.firstIndex(of: name)
            let place: ParameterPlace = index != nil ? .path : headers.contains(name) ? .header : .query
            return Slot(name: name, place: place, pathIndex: index ?? 0)
        }
    }

    // MARK: Reading

    /// The texts of the parameters in a request.
    ///
    /// - Throws: 422 `invalid` for what is not properly encoded, or there twice.
    @usableFromInline
    func decoder(
        _ path: [Substring], _ query: Substring?, _ header: (String) -> String?
    ) throws(Problem) -> ParameterDecoder {
        var inspection = Inspection(ofBody: false)
        var entries: [ParameterDecoder.Entry] = []
        entries.reserveCapacity(slots.count)
        for slot in slots {
            var entry = ParameterDecoder.Entry(name: slot.name)
            switch slot.place {
            case .header: entry.text = header(slot.name)
            case .path where slot.pathIndex < path.count:
                entry.text = Self.decoded(path[slot.pathIndex], slot.name, &inspection)
            case .path, .query: break
            }
            entries.append(entry)
        }
        if let query { fill(&entries, from: query, &inspection) }
        guard inspection.violations.isEmpty else { throw .invalid(inspection.violations) }
        return ParameterDecoder(entries: entries)
    }

    private func fill(
        _ entries: inout [ParameterDecoder.Entry], from query: Substring, _ inspection: inout Inspection
    ) {
        for pair in query.split(separator: "&") {
            let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = PercentCoding.decode(pair[..<equals], plusIsSpace: true),
                let index = slots.firstIndex(where: { $0.name == name }), slots[index].place == .query
            else { continue }
            guard entries[index].text == nil else {
                inspection.report(in: name, "repeated", "is given more than once")
                continue
            }
            let value = equals == pair.endIndex ? "" : pair[pair.utf8.index(after: equals)...]
            entries[index].text = Self.decoded(value, name, &inspection, plusIsSpace: true)
        }
    }

    private static func decoded(
        _ text: Substring, _ name: String, _ inspection: inout Inspection, plusIsSpace: Bool = false
    ) -> String? {
        if let decoded = PercentCoding.decode(text, plusIsSpace: plusIsSpace) { return decoded }
        inspection.report(in: name, "encoding", "is not percent-encoded UTF-8")
        return nil
    }

    // MARK: Writing

    /// The target of a request: path and query.
    ///
    /// - Parameter texts: the texts of the fields; nil for one that is left out.
    func target(_ texts: [String?]) -> String {
        var target = ""
        var pathIndex = 0
        for segment in path.segments {
            target += "/"
            switch segment {
            case .literal(let text): target += text
            case .parameter:
                for (slot, text) in zip(slots, texts) where slot.place == .path && slot.pathIndex == pathIndex {
                    if let text { PercentCoding.encode(text, to: &target) }
                }
                pathIndex += 1
            }
        }
        var separator = "?"
        for (slot, text) in zip(slots, texts) where slot.place == .query {
            guard let text else { continue }
            target += separator
            PercentCoding.encode(slot.name, to: &target)
            target += "="
            PercentCoding.encode(text, to: &target)
            separator = "&"
        }
        return target
    }

    /// The parameters that are headers.
    func headers(_ texts: [String?]) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for (slot, text) in zip(slots, texts) where slot.place == .header {
            if let text { headers.append((slot.name, text)) }
        }
        return headers
    }
}

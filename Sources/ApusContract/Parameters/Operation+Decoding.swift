// SPDX-License-Identifier: Apache-2.0

extension Operation {
    /// The parameters of a request, with all their rules checked.
    ///
    /// - Parameters:
    ///   - path: what stands in the path for each of the template's parameters, in their order, still percent-encoded.
    ///   - query: what follows the `?`, still encoded. Names that are not declared are ignored.
    ///   - header: the value of a header by its name.
    /// - Throws: a ``Problem`` 422 `invalid` that names each parameter that is missing or wrong.
    public func decodeParameters(
        path: [Substring], query: Substring?, header: (String) -> String?
    ) throws(Problem) -> Parameters {
        if Parameters.self == NoParameters.self, let none = NoParameters() as? Parameters { return none }
        var inspection = Inspection(ofBody: false)
        let entries = entries(path, query, header, &inspection)
        guard inspection.violations.isEmpty else { throw .invalid(inspection.violations) }
        let parameters: Parameters
        do {
            parameters = try Parameters(from: ParameterDecoder(entries: entries))
        } catch {
            for (field, entry) in zip(Parameters.schema.fields, entries) {
                if let text = entry.text {
                    field.inspectText(text, &inspection)
                } else if field.isRequired {
                    inspection.report(in: field.name, "required", "is missing")
                }
            }
            if inspection.violations.isEmpty { inspection.report(error) }
            throw .invalid(inspection.violations)
        }
        parameters.check(&inspection)
        guard inspection.violations.isEmpty else { throw .invalid(inspection.violations) }
        return parameters
    }

    private func entries(
        _ path: [Substring], _ query: Substring?, _ header: (String) -> String?, _ inspection: inout Inspection
    ) -> [ParameterDecoder.Entry] {
        var entries: [ParameterDecoder.Entry] = []
        entries.reserveCapacity(places.count)
        for (field, place) in zip(Parameters.schema.fields, places) {
            var entry = ParameterDecoder.Entry(name: field.name)
            switch place {
            case .header: entry.text = header(field.name)
            case .path:
                if let index = any.path.parameters.firstIndex(of: field.name), path.indices.contains(index) {
                    entry.text = PercentCoding.decode(path[index])
                    if entry.text == nil { inspection.report(in: field.name, "encoding", "is not percent-encoded UTF-8") }
                }
            case .query: break
            }
            entries.append(entry)
        }
        if let query { fill(&entries, from: query, &inspection) }
        return entries
    }

    private func fill(
        _ entries: inout [ParameterDecoder.Entry], from query: Substring, _ inspection: inout Inspection
    ) {
        for pair in query.split(separator: "&") {
            let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = PercentCoding.decode(pair[..<equals], plusIsSpace: true),
                let index = entries.firstIndex(where: { $0.name == name }), places[index] == .query
            else { continue }
            let value = equals == pair.endIndex ? "" : pair[pair.utf8.index(after: equals)...]
            guard entries[index].text == nil else {
                inspection.report(in: name, "repeated", "is given more than once")
                continue
            }
            entries[index].text = PercentCoding.decode(value, plusIsSpace: true)
            if entries[index].text == nil { inspection.report(in: name, "encoding", "is not percent-encoded UTF-8") }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

extension Operation {
    /// The target of a request with these parameters: path and query.
    public func target(for parameters: Parameters) -> String {
        let fields = Parameters.schema.fields
        var target = ""
        for segment in any.path.segments {
            target += "/"
            switch segment {
            case .literal(let text): target += text
            case .parameter(let name):
                if let text = fields.first(where: { $0.name == name })?.text(parameters) {
                    PercentCoding.encode(text, to: &target)
                }
            }
        }
        var separator = "?"
        for (field, place) in zip(fields, places) where place == .query {
            guard let text = field.text(parameters) else { continue }
            target += separator
            PercentCoding.encode(field.name, to: &target)
            target += "="
            PercentCoding.encode(text, to: &target)
            separator = "&"
        }
        return target
    }

    /// The headers of a request with these parameters.
    public func headers(for parameters: Parameters) -> [(name: String, value: String)] {
        zip(Parameters.schema.fields, places).compactMap { field, place in
            guard place == .header, let text = field.text(parameters) else { return nil }
            return (field.name, text)
        }
    }
}

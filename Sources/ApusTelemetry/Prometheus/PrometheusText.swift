// SPDX-License-Identifier: Apache-2.0

/// Writes metrics as Prometheus reads them.
///
/// One group a family, sorted by name: HELP and TYPE, then its series sorted by labels. A counter's samples end in
/// `_total`; a histogram's buckets are cumulative, ascending, and end with `+Inf`, which equals the count. Sources:
/// Prometheus exposition formats (text 0.0.4), OpenMetrics 1.0.
public enum PrometheusText {
    /// The format that a scraper with this `Accept` header wants: OpenMetrics if it prefers it to, or likes it as much
    /// as, the classic text format; that one in every other case.
    public static func format(forAccept accept: String?) -> PrometheusFormat {
        guard let accept else { return .text }
        let header = AcceptHeader(accept)
        // Only a scraper that names OpenMetrics understands it.
        guard header.ranges.contains(where: { $0.type == "application/openmetrics-text" }) else { return .text }
        let openMetrics = header.weight(of: "application/openmetrics-text", versions: ["1.0.0", "0.0.1"])
        let text = header.weight(of: "text/plain", versions: ["0.0.4"])
        return openMetrics > 0 && openMetrics >= text ? .openMetrics : .text
    }

    /// The registry's metrics now, as UTF-8.
    public static func write(_ registry: MetricsRegistry, _ format: PrometheusFormat = .text) -> [UInt8] {
        write(registry.snapshot, format)
    }

    /// The given families, as UTF-8.
    public static func write(_ snapshot: [MetricSnapshot], _ format: PrometheusFormat = .text) -> [UInt8] {
        var text = ""
        for family in snapshot { append(family, format, to: &text) }
        if format == .openMetrics { text += "# EOF\n" }
        return Array(text.utf8)
    }

    private static func append(_ family: MetricSnapshot, _ format: PrometheusFormat, to text: inout String) {
        let sampleName = family.kind == .counter ? family.name + "_total" : family.name
        let name = format == .openMetrics ? family.name : sampleName
        text += "# HELP \(name) \(escaped(help: family.help, format))\n# TYPE \(name) \(family.kind.rawValue)\n"
        for sample in family.samples {
            let labels = sample.labels.description
            switch sample.value {
            case .integer(let value): append(sampleName, labels, "\(value)", to: &text)
            case .number(let value): append(sampleName, labels, number(value), to: &text)
            case .histogram(let value): append(value, family.name, labels, to: &text)
            }
        }
    }

    private static func append(
        _ histogram: HistogramSnapshot, _ name: String, _ labels: String, to text: inout String
    ) {
        let prefix = labels.isEmpty ? "" : labels + ","
        var cumulative: UInt64 = 0
        for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
            cumulative &+= count
            append(name + "_bucket", prefix + "le=\"\(number(bound))\"", "\(cumulative)", to: &text)
        }
        append(name + "_sum", labels, number(histogram.sum), to: &text)
        append(name + "_count", labels, "\(cumulative)", to: &text)
    }

    private static func append(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += name
        if !labels.isEmpty {
            text += "{"
            text += labels
            text += "}"
        }
        text += " "
        text += value
        text += "\n"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }

    /// Backslash and line end escaped, and the quote where the format asks for it.
    private static func escaped(help: String, _ format: PrometheusFormat) -> String {
        guard help.utf8.contains(where: { $0 == 0x0A || $0 == 0x5C || $0 == 0x22 }) else { return help }
        var text = ""
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\"" where format == .openMetrics: text += "\\\""
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

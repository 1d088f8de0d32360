// SPDX-License-Identifier: Apache-2.0
internal import ApusBalancing
internal import ApusCore
internal import ApusResilience

extension SettingKind {
    /// What `kind` takes, or `off` for nil.
    public static func orOff<Wrapped: Sendable>(_ kind: SettingKind<Wrapped>) -> SettingKind where Value == Wrapped? {
        SettingKind(
            placeholder: nil,
            parse: { text throws(SettingRejection) in
                guard text != "off" else { return nil }
                do throws(SettingRejection) {
                    return try kind.parse(text)
                } catch {
                    throw SettingRejection(error.reason, expected: error.expected.map { "\($0), or off" } ?? "off")
                }
            },
            show: { $0.map(kind.show) ?? "off" })
    }
}

extension SettingKind where Value == Double {
    /// A decimal number within `range`, both ends included: `0.25`.
    public static func number(in range: ClosedRange<Double>) -> SettingKind {
        let expected = "a number from \(shown(range.lowerBound)) to \(shown(range.upperBound))"
        return SettingKind(
            placeholder: range.lowerBound,
            parse: { text throws(SettingRejection) in
                let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
                guard isDecimal, let number = Double(text) else {
                    throw SettingRejection("is not a number", expected: expected)
                }
                guard range.contains(number) else { throw SettingRejection("is out of range", expected: expected) }
                return number
            },
            show: shown)
    }

    /// Without a fraction where there is none.
    private static func shown(_ number: Double) -> String {
        number == number.rounded() ? "\(Int(number))" : "\(number)"
    }
}

extension SettingKind where Value == BalancingConfiguration.PolicyName {
    /// A policy that needs no key.
    static var policy: SettingKind {
        let names = ClientSettings.policies.map(\.rawValue)
        return SettingKind(
            placeholder: .roundRobin,
            parse: { text throws(SettingRejection) in
                guard let policy = ClientSettings.policies.first(where: { $0.rawValue == text }) else {
                    let hint = NearestName.nearest(to: text, in: names).map { "; did you mean \($0)?" } ?? ""
                    throw SettingRejection("is not one of \(names.joined(separator: ", "))\(hint)")
                }
                return policy
            },
            show: { $0.rawValue })
    }
}

extension SettingKind where Value == HedgeDelay {
    /// A duration, or the percentile of recent calls: `50ms`, `p95`.
    static var hedgeDelay: SettingKind {
        let times = SettingKind<Duration>.duration(in: .zero ... .seconds(3600))
        let percents = SettingKind<Double>.number(in: 50...99.99)
        return SettingKind(
            placeholder: .percentile(0.95),
            parse: { text throws(SettingRejection) in
                guard text.hasPrefix("p") else { return .fixed(try times.parse(text)) }
                // 99.9 / 100 is not 0.999.
                return .percentile((try percents.parse(String(text.dropFirst())) * 100).rounded() / 10_000)
            },
            show: { delay in
                switch delay {
                case .fixed(let duration): times.show(duration)
                // Up to the second decimal, as it is read.
                case .percentile(let share, _): "p" + percents.show((share * 10_000).rounded() / 100)
                }
            })
    }
}

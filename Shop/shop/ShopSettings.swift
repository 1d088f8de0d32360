// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusService
import Foundation
import Orders
import Products
import Users

/// Which services run in this process, and with what.
///
/// All share one set of settings. Each has its own name, and with it its own database (`DATA_DIR/NAME.db`), and its own
/// port: the first listens on `PORT`, the next on the port after it, and so on; with `PORT=0` each on a free one.
struct ShopSettings {
    struct Hosted {
        let program: any ServiceProgram
        let settings: ServiceSettings
    }

    let hosted: [Hosted]

    private static let known: [any ServiceProgram.Type] = [
        UsersService.self, ProductsService.self, OrdersService.self,
    ]

    /// Reads the settings. Problems are left for the caller to report.
    init(from settings: inout Settings) {
        let names = settings.string(
            "SERVICES", default: Self.known.map { $0.name }.joined(separator: ","), "services that run here, by commas"
        ).split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let common = ServiceSettings(from: &settings, name: "shop")
        settings.rejectUnsupported(common)
        if common.databaseURL.string != "sqlite:\(common.dataDirectory)/\(common.name).db" {
            settings.reject("DATABASE_URL", "is for one service; each service of a shop has its own in DATA_DIR")
        }
        for name in names where !Self.known.contains(where: { $0.name == name }) {
            let known = Self.known.map { $0.name }.joined(separator: ", ")
            settings.reject("SERVICES", "'\(name)' is no service of the shop; expected some of \(known)")
        }
        if names.isEmpty || Set(names).count != names.count {
            settings.reject("SERVICES", "must name at least one service, and each once")
        }
        var port = common.port
        var hosted: [Hosted] = []
        // Services that are called come first, so that they are there first and last.
        for known in Self.known where names.contains(known.name) {
            var own = common
            own.name = known.name
            own.port = port
            own.databaseURL = ResourceURL("sqlite:\(common.dataDirectory)/\(known.name).db") ?? common.databaseURL
            if port > 0 { port += 1 }
            hosted.append(Self.make(known, from: &settings, own))
        }
        if port > 65_536 { settings.reject("PORT", "leaves too few ports for \(hosted.count) services") }
        self.hosted = hosted
    }

    private static func make<Program: ServiceProgram>(
        _ program: Program.Type, from settings: inout Settings, _ service: ServiceSettings
    ) -> Hosted {
        Hosted(program: program.init(from: &settings, service: service), settings: service)
    }
}

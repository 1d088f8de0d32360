// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusService
import Foundation

/// Any grouping of the shop's services in one process: `shop --services users,products`; all of them by default.
///
/// They have nothing in common but the event loops: each has its own port and its own database, and calls the others over
/// HTTP. Others are found in the registry, or, without one, among those of this process. `shop health` asks all of them.
@main
struct Main {
    static func main() async {
        var settings = Settings.ofProcess(commands: [ServiceMain.healthCommand])
        let shop = ShopSettings(from: &settings)
        if let exit = settings.exit(program: "shop") {
            StandardOutput.write(exit.output)
            StandardOutput.writeError(exit.errors)
            Foundation.exit(exit.status)
        }
        for warning in settings.warnings { StandardOutput.writeError("warning: \(warning)\n") }
        exit(settings.command == nil ? await Shop.run(shop) : await Shop.probe(shop))
    }
}

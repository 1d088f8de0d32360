// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

extension StartError {
    /// Why a server can't listen, and for a port that is taken, by whom if the system tells.
    public init(listening error: ServerStartError) {
        switch error.code {
        case .addressInUse:
            var holder = ""
            if case .tcp(_, let port) = error.address, let owner = PortOwner.find(port: port) {
                holder = " by \(owner)"
            }
            self.init(
                "cannot listen on \(error.address): the address is in use\(holder); stop it or choose another PORT")
        case .permissionDenied:
            self.init(
                "cannot listen on \(error.address): permission denied; ports below 1024 need a privilege", exitStatus: 2
            )
        case .addressNotAvailable:
            self.init("cannot listen on \(error.address): no such address on this machine; see HOST", exitStatus: 2)
        case .invalidTLS, .invalidConfiguration: self.init(error.description, exitStatus: 2)
        default: self.init(error.description)
        }
    }
}

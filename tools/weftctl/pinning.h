// Trusting a control plane on first use: its authority is shown to a person, who compares the fingerprint with what the
// control plane printed when it started, or is compared with one that was given; then it is kept beside the
// configuration, and every later connection must be vouched for by it. Blocks on the network and the terminal.
#pragma once

#include <string>

#include "base/status.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/config_file.h"

namespace weft::ctl {

// Fills in plane.ca_cert_file, unless this machine's authorities vouch for the control plane, which is then left as it
// is. `expected`: a fingerprint, or empty: a person is asked. Error: there is nobody to ask, or the answer was no.
Status pin_authority(const Globals& globals, const std::string& expected, ControlPlane& plane);

}  // namespace weft::ctl

#pragma once
// The file of `colony add-ipmis`, in both documented forms:
//   ip,username,password
//   hostname,ipmi_ip,ipmi_user,ipmi_pass,datacenter,rack,slot
// The first may go without its header; the second is known by it, in any order of columns.

#include <string>
#include <string_view>
#include <vector>

#include "core/address.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"

namespace colony::daemon::cli {

struct IpmiListRow {
  unsigned line = 0;
  std::string hostname;  // "" in the short form
  std::string ip_text;   // as written, for messages
  core::Ipv4Address ip;
  std::string username;
  core::Secret password;
  std::string fault;  // not empty: this row cannot be used, and why; others can
};

/// Errors, for the file as a whole: cli.csv, naming the line. A bad row is a row with a fault.
[[nodiscard]] core::Result<std::vector<IpmiListRow>> parse_ipmi_list(std::string_view text);

}  // namespace colony::daemon::cli

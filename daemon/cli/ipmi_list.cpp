#include "daemon/cli/ipmi_list.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "daemon/cli/csv.hpp"

namespace colony::daemon::cli {

namespace {

constexpr std::string_view quoting =
    R"(; put a field that contains commas in quotes: "a,b" (a quote in it is doubled: ""))";

/// IPMI 2.0 sections 22.28 and 22.30.
constexpr std::size_t max_username = 16;
constexpr std::size_t max_password = 20;

/// Which column holds what.
struct Layout {
  std::size_t ip = 0;
  std::size_t username = 1;
  std::size_t password = 2;
  std::optional<std::size_t> hostname;
  std::size_t fields = 3;
  bool header = false;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

core::Result<Layout> layout_of(const CsvRow& first) {
  std::vector<std::string> names;
  names.reserve(first.fields.size());
  for (const auto& field : first.fields) names.push_back(lower(field));
  const auto column = [&](std::string_view name) -> std::optional<std::size_t> {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
  };
  const auto either = [&](std::string_view a, std::string_view b) {
    const auto found = column(a);
    return found ? found : column(b);
  };
  const auto ip = either("ipmi_ip", "ip");
  if (!ip) {
    if (first.fields.size() == 3) return Layout{};
    return core::fail(core::ErrorKind::invalid_input, "cli.csv",
                      fmt::format("line {}: neither ip,username,password nor a header with ipmi_ip{}",
                                  first.line, core::Ipv4Address::parse(first.fields.front()) ? quoting : ""));
  }
  const auto username = either("ipmi_user", "username");
  const auto password = either("ipmi_pass", "password");
  if (!username || !password) {
    return core::fail(core::ErrorKind::invalid_input, "cli.csv",
                      fmt::format("line {}: the header has no column {}", first.line,
                                  username ? "ipmi_pass (or password)" : "ipmi_user (or username)"));
  }
  return Layout{*ip, *username, *password, column("hostname"), names.size(), true};
}

IpmiListRow read_row(const CsvRow& row, const Layout& layout) {
  IpmiListRow out;
  out.line = row.line;
  if (row.fields.size() != layout.fields) {
    out.fault = fmt::format("has {} fields, {} are expected", row.fields.size(), layout.fields);
    if (row.fields.size() > layout.fields) {
      out.fault += quoting;
    }
    return out;
  }
  out.ip_text = row.fields[layout.ip];
  out.username = row.fields[layout.username];
  out.password = core::Secret(row.fields[layout.password]);
  if (layout.hostname) out.hostname = row.fields[*layout.hostname];
  const auto ip = core::Ipv4Address::parse(out.ip_text);
  if (!ip) {
    out.fault = fmt::format("{} is no IPv4 address", core::printable(out.ip_text, 40));
  } else if (out.username.size() > max_username) {
    out.fault = fmt::format("the user name is longer than {} bytes", max_username);
  } else if (out.password.reveal().size() > max_password) {
    out.fault = fmt::format("the password is longer than {} bytes", max_password);
  }
  out.ip = ip.value_or(core::Ipv4Address{});
  return out;
}

}  // namespace

core::Result<std::vector<IpmiListRow>> parse_ipmi_list(std::string_view text) {
  auto rows = parse_csv(text);
  if (!rows) {
    return core::fail(core::ErrorKind::invalid_input, "cli.csv",
                      fmt::format("line {}: {}", rows.error().line, name(rows.error().error)));
  }
  std::vector<IpmiListRow> out;
  if (rows->empty()) return out;
  const auto layout = layout_of(rows->front());
  if (!layout) return std::unexpected(layout.error());
  std::set<core::Ipv4Address> seen;
  for (std::size_t i = layout->header ? 1 : 0; i < rows->size(); ++i) {
    IpmiListRow row = read_row((*rows)[i], *layout);
    if (row.fault.empty() && !seen.insert(row.ip).second) row.fault = "this address was already in the file";
    out.push_back(std::move(row));
  }
  for (auto& row : *rows) {
    for (auto& field : row.fields) core::wipe_text(field);
  }
  return out;
}

}  // namespace colony::daemon::cli

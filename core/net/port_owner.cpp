#include "core/net/port_owner.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <pwd.h>

namespace colony::core {

namespace {

constexpr std::size_t most_rows = 65536;
constexpr std::size_t most_processes = 65536;

std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  while (out.size() < 16) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) break;
    const auto end = std::min(line.find_first_of(" \t", begin), line.size());
    out.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
  return out;
}

/// Eight hex digits, each address word in the machine's byte order.
std::optional<Ipv4Address> address_of(std::string_view hex) {
  std::string_view v4 = hex;
  if (hex.size() == 32) {
    constexpr std::string_view mapped = "0000000000000000FFFF0000";
    const bool wildcard = hex.find_first_not_of('0') == std::string_view::npos;
    if (!wildcard && !hex.starts_with(mapped)) return std::nullopt;
    v4 = hex.substr(24);
  }
  const auto value = v4.size() == 8 ? number(v4, 16) : std::nullopt;
  if (!value) return std::nullopt;
  return Ipv4Address(__builtin_bswap32(static_cast<std::uint32_t>(*value)));
}

std::optional<UdpSocketRow> parse_row(std::string_view line) {
  const auto columns = words(line);
  if (columns.size() < 10) return std::nullopt;
  const auto colon = columns[1].find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = address_of(columns[1].substr(0, colon));
  const auto port = number(columns[1].substr(colon + 1), 16);
  const auto user = number(columns[7], 10);
  const auto inode = number(columns[9], 10);
  if (!address || !port || *port > 0xffff || !user || !inode) return std::nullopt;
  return UdpSocketRow{*address, static_cast<std::uint16_t>(*port), static_cast<std::uint32_t>(*user), *inode};
}

template <class Wanted>
std::vector<UdpSocketRow> parse_rows(std::string_view text, Wanted wanted) {
  std::vector<UdpSocketRow> rows;
  while (!text.empty() && rows.size() < most_rows) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    const auto columns = words(line);
    if (columns.size() > 3 && wanted(columns[3])) {
      if (const auto row = parse_row(line)) rows.push_back(*row);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return rows;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string user_name(std::uint32_t id) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return entry.pw_name;
  }
  return fmt::format("{}", id);
}

bool holds(const std::filesystem::path& process, const std::string& link) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(process / "fd", error), end; !error && at != end;
       at.increment(error)) {
    std::error_code unreadable;
    if (std::filesystem::read_symlink(at->path(), unreadable) == link) return true;
  }
  return false;
}

void find_process(std::uint64_t inode, PortOwner& owner) {
  const std::string link = fmt::format("socket:[{}]", inode);
  std::error_code error;
  std::size_t looked_at = 0;
  for (std::filesystem::directory_iterator at("/proc", error), end;
       !error && at != end && looked_at < most_processes; at.increment(error)) {
    const auto id = number(at->path().filename().string(), 10);
    if (!id) continue;
    ++looked_at;
    if (!holds(at->path(), link)) continue;
    std::string name = read_text((at->path() / "comm").string());
    std::erase(name, '\n');
    owner.program = std::move(name);
    owner.process = static_cast<std::uint32_t>(*id);
    return;
  }
}

std::optional<PortOwner> owner_in(std::initializer_list<const char*> tables,
                                  std::vector<UdpSocketRow> (*parse)(std::string_view), Ipv4Address address,
                                  std::uint16_t port) {
  for (const char* table : tables) {
    for (const auto& row : parse(read_text(table))) {
      if (row.port != port || (!row.address.is_unspecified() && row.address != address)) continue;
      PortOwner owner;
      owner.user = user_name(row.user);
      find_process(row.inode, owner);
      return owner;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<UdpSocketRow> parse_proc_udp(std::string_view text) {
  return parse_rows(text, [](std::string_view) { return true; });
}

std::vector<UdpSocketRow> parse_proc_tcp_listeners(std::string_view text) {
  return parse_rows(text, [](std::string_view state) { return state == "0A"; });
}

std::string PortOwner::to_string() const {
  if (program.empty()) return fmt::format("a program of user {}", user);
  return fmt::format("{} (process {}, user {})", program, process, user);
}

std::optional<PortOwner> udp_port_owner(Ipv4Address address, std::uint16_t port) {
  return owner_in({"/proc/self/net/udp", "/proc/self/net/udp6"}, parse_proc_udp, address, port);
}

std::optional<PortOwner> tcp_port_owner(Ipv4Address address, std::uint16_t port) {
  return owner_in({"/proc/self/net/tcp", "/proc/self/net/tcp6"}, parse_proc_tcp_listeners, address, port);
}

}  // namespace colony::core

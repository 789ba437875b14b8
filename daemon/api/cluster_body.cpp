#include "daemon/api/cluster_body.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/address.hpp"
#include "core/bytes.hpp"
#include "core/json.hpp"

namespace colony::daemon::api {

using core::Ipv4Address;
using core::Ipv4Network;
using core::Json;

namespace {

constexpr std::size_t max_text = 256;
constexpr std::size_t max_credential = std::size_t{16} << 10;
constexpr std::size_t max_label = 63;  // RFC 1123
constexpr std::size_t max_list = 16;
constexpr std::array credential_members{"gitlabToken", "imagePullSecret", "civoApiToken", "region"};

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A DNS label in lower case (RFC 1123 section 2.1).
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= max_label && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_host(std::string_view text) {
  if (Ipv4Address::parse(text)) return true;
  if (text.empty() || text.size() > max_text) return false;
  while (true) {
    const auto dot = std::min(text.find('.'), text.size());
    std::string label(text.substr(0, dot));
    std::ranges::transform(label, label.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (!is_label(label)) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

/// "/dev/sda", "nvme0n1", "/dev/disk/by-id/...": a kernel name, no way out of /dev.
bool is_device(std::string_view text) {
  const auto harmless = [](char c) {
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') || std::string_view("/._-:+").contains(c);
  };
  if (text.starts_with('/') && !text.starts_with("/dev/")) return false;
  return std::ranges::all_of(text, harmless) && !text.contains("..") && !text.ends_with('/');
}

bool is_image(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::vector<std::string_view> comma_separated(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    auto entry = text.substr(0, comma);
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    out.push_back(entry);
    if (comma == text.size()) return out;
    text.remove_prefix(comma + 1);
  }
}

enum class Presence : std::uint8_t { required, optional };

/// Reads the body once, from top to bottom, and keeps every fault.
class ClusterReader {
 public:
  explicit ClusterReader(const Json& body) : body_(body) {}

  std::expected<ClusterRequest, ClusterFaults> read() {
    known_members("", body_,
                  {"name", "type", "flavor", "gateway", "extraSANs", "controlPlanes", "workers",
                   "credentials", "cseInstallerImage"});
    ClusterRequest cluster;
    cluster.name = text(body_, "", "name", Presence::required);
    if (!cluster.name.empty() && !is_label(cluster.name))
      fault("name", "1 to 63 of a-z, 0-9 and '-', with neither end a '-'");
    const auto type = word("type", {"civo_stack", "k8s_stack"});
    const auto flavor = word("flavor", {"talos", "k3s"});
    if (type == "civo_stack" && flavor == "k3s") fault("flavor", "civo_stack is made of talos nodes only");
    read_gateway();
    hosts(body_, "", "extraSANs");
    read_nodes(cluster, "controlPlanes", Presence::required);
    read_nodes(cluster, "workers", Presence::optional);
    if (cluster.nodes.size() > max_cluster_nodes)
      fault("workers", fmt::format("a cluster has at most {} nodes", max_cluster_nodes));
    read_credentials(type == "civo_stack" ? Presence::required : Presence::optional);
    if (const auto image = text(body_, "", "cseInstallerImage", Presence::optional); !is_image(image))
      fault("cseInstallerImage", "an image's name, without blanks");
    if (!faults_.empty()) return std::unexpected(std::move(faults_));
    return cluster;
  }

 private:
  void fault(std::string_view path, std::string_view accepted) {
    if (faults_.size() < max_cluster_faults) faults_.push_back(fmt::format("{}: {}", path, accepted));
  }

  static std::string at(std::string_view parent, std::string_view key) {
    return parent.empty() ? std::string(key) : fmt::format("{}.{}", parent, key);
  }

  void known_members(std::string_view parent, const Json& object,
                     std::initializer_list<std::string_view> members) {
    for (const auto& [key, value] : object.items()) {
      if (std::ranges::find(members, key) == members.end())
        fault(at(parent, core::printable(key)),
              fmt::format("unknown; known are {}", fmt::join(members, ", ")));
    }
  }

  /// Empty when it is missing, or is no such text.
  std::string text(const Json& object, std::string_view parent, std::string_view key, Presence presence,
                   std::size_t limit = max_text) {
    const Json* const member = core::json_member(object, key);
    const bool absent = member == nullptr || member->is_null() || *member == "";
    if (absent) {
      if (presence == Presence::required) fault(at(parent, key), "required");
      return {};
    }
    auto value = core::json_text(object, key, limit);
    if (!value) fault(at(parent, key), fmt::format("a text of at most {} bytes", limit));
    return std::move(value).value_or("");
  }

  std::string word(std::string_view key, std::initializer_list<std::string_view> words) {
    auto given = text(body_, "", key, Presence::required);
    if (!given.empty() && std::ranges::find(words, given) == words.end())
      fault(key, fmt::format("one of {}", fmt::join(words, ", ")));
    return given;
  }

  void read_gateway() {
    const auto given = text(body_, "", "gateway", Presence::required);
    if (given.empty()) return;
    gateway_ = Ipv4Address::parse(given);
    if (!gateway_ || !is_usable(*gateway_)) {
      fault("gateway", "an IPv4 address such as 10.1.1.1");
      gateway_.reset();
    }
  }

  static bool is_usable(Ipv4Address address) {
    return !address.is_unspecified() && !address.is_loopback() && !address.is_multicast() &&
           !address.is_broadcast();
  }

  void hosts(const Json& object, std::string_view parent, std::string_view key) {
    const auto given = text(object, parent, key, Presence::optional, max_list * max_text);
    if (given.empty()) return;
    const auto all = comma_separated(given);
    if (all.size() > max_list || !std::ranges::all_of(all, is_host))
      fault(at(parent, key), fmt::format("at most {} names or addresses with commas between", max_list));
  }

  void addresses(const Json& object, std::string_view parent, std::string_view key) {
    const auto given = text(object, parent, key, Presence::optional);
    if (given.empty()) return;
    const auto all = comma_separated(given);
    const auto good = [](std::string_view each) { return Ipv4Address::parse(each).has_value(); };
    if (all.size() > max_list || !std::ranges::all_of(all, good))
      fault(at(parent, key), fmt::format("at most {} IPv4 addresses with commas between", max_list));
  }

  void read_nodes(ClusterRequest& cluster, std::string_view key, Presence presence) {
    const Json* const list = core::json_member(body_, key);
    const bool absent = list == nullptr || list->is_null();
    if (absent && presence == Presence::optional) return;
    if (absent || !list->is_array() || (list->empty() && presence == Presence::required)) {
      fault(key, presence == Presence::required ? "a list of at least one node" : "a list of nodes");
      return;
    }
    for (std::size_t i = 0; i < std::min(list->size(), max_cluster_nodes + 1); ++i) {
      const auto path = fmt::format("{}[{}]", key, i);
      const Json& node = (*list)[i];
      if (node.is_object()) {
        cluster.nodes.push_back(read_node(node, path));
      } else {
        fault(path, "an object");
      }
    }
  }

  ClusterNode read_node(const Json& node, const std::string& path) {
    known_members(path, node, {"assetId", "ip", "subnet", "dns", "ntp", "diskDevice"});
    ClusterNode out{path, text(node, path, "assetId", Presence::required)};
    once(assets_, out.asset, path + ".assetId");
    read_address(node, path);
    addresses(node, path, "dns");
    hosts(node, path, "ntp");
    if (!is_device(text(node, path, "diskDevice", Presence::optional)))
      fault(path + ".diskDevice", "a device such as /dev/sda");
    return out;
  }

  void read_address(const Json& node, const std::string& path) {
    const auto given = text(node, path, "ip", Presence::required);
    const auto address = Ipv4Address::parse(given);
    if (!given.empty() && (!address || !is_usable(*address)))
      fault(path + ".ip", "an IPv4 address such as 10.1.1.10");
    const auto length = text(node, path, "subnet", Presence::required);
    std::uint8_t prefix = 0;
    const char* const end = length.data() + length.size();
    const auto [stop, error] = std::from_chars(length.data(), end, prefix);
    const bool good = error == std::errc{} && stop == end && prefix >= 1 && prefix <= 32;
    if (!length.empty() && !good)
      fault(path + ".subnet", "a prefix length from 1 to 32 as a text, such as \"24\"");
    if (!address || !is_usable(*address)) return;
    once(ips_, address->to_string(), path + ".ip");
    if (gateway_ == address) fault(path + ".ip", "is the gateway's");
    if (!good) return;
    const Ipv4Network network{*address, prefix};
    const auto host = address->value() & ~network.mask();
    if (prefix <= 30 && (host == 0 || host == ~network.mask()))
      fault(path + ".ip", fmt::format("is no host's address in a /{}", prefix));
    if (gateway_ && !network.contains(*gateway_))
      fault(path + ".subnet", fmt::format("the gateway {} is not in {}/{}", gateway_->to_string(),
                                          address->to_string(), prefix));
  }

  /// Each value stands in one place only.
  void once(std::map<std::string, std::string>& seen, const std::string& value, std::string path) {
    if (value.empty()) return;
    const auto [first, fresh] = seen.emplace(value, path);
    if (!fresh) fault(path, fmt::format("the same as {}", first->second));
  }

  void read_credentials(Presence presence) {
    const Json* const given = core::json_member(body_, "credentials");
    if (given == nullptr || given->is_null()) {
      if (presence == Presence::required)
        fault("credentials", fmt::format("required for civo_stack: {}", fmt::join(credential_members, ", ")));
      return;
    }
    if (!given->is_object()) {
      fault("credentials", "an object");
      return;
    }
    known_members("credentials", *given, {"gitlabToken", "imagePullSecret", "civoApiToken", "region"});
    for (const auto* const member : credential_members) {
      auto secret = text(*given, "credentials", member, presence, max_credential);
      core::wipe_text(secret);
    }
  }

  const Json& body_;
  ClusterFaults faults_;
  std::optional<Ipv4Address> gateway_;
  std::map<std::string, std::string> assets_, ips_;  // to the first path that has it
};

/// The tree is a copy of the body.
void wipe_credentials(Json& body) {
  const auto found = body.find("credentials");
  if (found == body.end() || !found->is_object()) return;
  for (auto& [key, value] : found->items()) {
    if (value.is_string()) core::wipe_text(value.get_ref<std::string&>());
  }
}

}  // namespace

std::expected<ClusterRequest, ClusterFaults> decode_cluster(std::string_view body) {
  auto json = core::parse_json(body, {.bytes = max_cluster_body, .depth = 4, .values = 8192});
  if (!json) return std::unexpected(ClusterFaults{fmt::format("(the body): {}", json.error().message)});
  if (!json->is_object()) return std::unexpected(ClusterFaults{"(the body): must be a JSON object"});
  auto cluster = ClusterReader(*json).read();
  wipe_credentials(*json);
  return cluster;
}

}  // namespace colony::daemon::api

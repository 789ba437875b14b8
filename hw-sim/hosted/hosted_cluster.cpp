#include "hw-sim/hosted/hosted_cluster.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <regex>
#include <set>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/address.hpp"
#include "core/bytes.hpp"

namespace colony::hw_sim {

using core::Ipv4Address;
using core::Json;

namespace {

constexpr std::size_t most_nodes = 256;

enum class Form : std::uint8_t {
  any,
  name,
  type,
  flavor,
  address,
  addresses,
  hosts,
  prefix,
  device,
  image,
  list
};

struct Member {
  const char* name;
  bool required;
  Form form;
};

constexpr std::array cluster_members{
    Member{"name", true, Form::name},          Member{"type", true, Form::type},
    Member{"flavor", true, Form::flavor},      Member{"gateway", true, Form::address},
    Member{"extraSANs", false, Form::hosts},   Member{"cseInstallerImage", false, Form::image},
    Member{"controlPlanes", true, Form::list}, Member{"workers", false, Form::list},
    Member{"credentials", false, Form::any},
};
constexpr std::array node_members{
    Member{"assetId", true, Form::any},   Member{"ip", true, Form::address},
    Member{"subnet", true, Form::prefix}, Member{"dns", false, Form::addresses},
    Member{"ntp", false, Form::hosts},    Member{"diskDevice", false, Form::device},
};
constexpr std::array credentials{"gitlabToken", "imagePullSecret", "civoApiToken", "region"};

/// What a text of this form looks like; nothing where only its length counts.
const char* pattern_of(Form form) {
  switch (form) {
    case Form::name: return "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
    case Form::type: return "civo_stack|k8s_stack";
    case Form::flavor: return "talos|k3s";
    case Form::prefix: return "[1-9]|[12][0-9]|3[0-2]";
    case Form::addresses: return "[0-9.]+( *, *[0-9.]+)*";
    case Form::hosts: return "[A-Za-z0-9][A-Za-z0-9.-]*( *, *[A-Za-z0-9][A-Za-z0-9.-]*)*";
    case Form::device: return "(/dev/)?[A-Za-z0-9][A-Za-z0-9._:/+-]*";
    case Form::image: return "[!-~]+";
    default: return nullptr;
  }
}

bool has_form(const std::string& text, Form form) {
  if (text.size() > 1024) return false;  // std::regex recurses
  if (form == Form::address) {
    const auto address = Ipv4Address::parse(text);
    return address && !address->is_unspecified() && !address->is_loopback() && !address->is_multicast() &&
           !address->is_broadcast();
  }
  if (form == Form::device && text.contains("..")) return false;
  const char* const pattern = pattern_of(form);
  return pattern == nullptr || std::regex_match(text, std::regex(pattern));
}

class Inspection {
 public:
  Inspection(const Json& order, const AssetObjection& objection) : order_(order), objection_(objection) {}

  std::vector<std::string> run() {
    if (!order_.is_object()) return {"(the body): must be an object"};
    members("", order_, cluster_members);
    const bool civo = core::json_text(order_, "type") == "civo_stack";
    if (civo && core::json_text(order_, "flavor") == "k3s") add("flavor", "civo_stack takes talos only");
    nodes("controlPlanes");
    nodes("workers");
    secrets(civo);
    return std::move(faults_);
  }

 private:
  void add(const std::string& path, std::string_view what) {
    if (faults_.size() < 64) faults_.push_back(fmt::format("{}: {}", path, what));
  }

  void members(const std::string& parent, const Json& object, std::span<const Member> known) {
    const auto path = [&parent](std::string_view name) { return parent + std::string(name); };
    for (const auto& [name, value] : object.items()) {
      const auto same = [&name](const Member& member) { return name == member.name; };
      if (std::ranges::none_of(known, same)) add(path(core::printable(name)), "no such member");
    }
    for (const auto& member : known) {
      const Json* const value = core::json_member(object, member.name);
      if (value == nullptr || value->is_null() || *value == "") {
        if (member.required) add(path(member.name), "is missing");
        continue;
      }
      if (member.form == Form::list) {
        if (!value->is_array() || (member.required && value->empty()) || value->size() > most_nodes)
          add(path(member.name), "must be a list of 1 to 256 nodes");
      } else if (std::string_view(member.name) == "credentials") {
        if (!value->is_object()) add(path(member.name), "must be an object");
      } else if (!value->is_string() || !has_form(value->get<std::string>(), member.form)) {
        add(path(member.name), "has not the documented form");
      }
    }
  }

  void nodes(const std::string& list_name) {
    const Json* const list = core::json_member(order_, list_name);
    if (list == nullptr || !list->is_array()) return;
    for (std::size_t i = 0; i < std::min(list->size(), most_nodes); ++i) {
      const auto path = fmt::format("{}[{}]", list_name, i);
      const Json& node = (*list)[i];
      if (!node.is_object()) {
        add(path, "must be an object");
        continue;
      }
      members(path + ".", node, node_members);
      if (const auto asset = core::json_text(node, "assetId", 128); asset && !asset->empty()) {
        if (!assets_.insert(*asset).second) add(path + ".assetId", "stands in two places");
        if (const auto why = objection_(*asset); !why.empty()) add(path + ".assetId", why);
      }
      place(path, node);
    }
  }

  void place(const std::string& path, const Json& node) {
    const auto ip = Ipv4Address::parse(core::json_text(node, "ip").value_or(""));
    if (!ip) return;
    const auto gateway = Ipv4Address::parse(core::json_text(order_, "gateway").value_or(""));
    if (!addresses_.insert(*ip).second) add(path + ".ip", "stands in two places");
    if (ip == gateway) add(path + ".ip", "is the gateway");
    const auto network = core::Ipv4Network::parse(
        fmt::format("{}/{}", ip->to_string(), core::json_text(node, "subnet").value_or("")));
    if (!network || network->prefix_length == 0) return;
    const auto host_bits = ~network->mask();
    const auto host = ip->value() & host_bits;
    if (network->prefix_length < 31 && (host == 0 || host == host_bits)) add(path + ".ip", "is no host's");
    if (gateway && !network->contains(*gateway)) add(path + ".subnet", "does not hold the gateway");
  }

  /// Never with what stands in them.
  void secrets(bool required) {
    const Json* const given = core::json_member(order_, "credentials");
    if (given == nullptr || !given->is_object()) {
      if (required && (given == nullptr || given->is_null())) add("credentials", "is missing");
      return;
    }
    for (const auto& [name, value] : given->items()) {
      if (std::ranges::find(credentials, name) == credentials.end())
        add("credentials." + core::printable(name), "no such member");
    }
    for (const auto* name : credentials) {
      const Json* const value = core::json_member(*given, name);
      const bool absent = value == nullptr || value->is_null() || *value == "";
      if (absent && required) add(std::string("credentials.") + name, "is missing");
      if (!absent && !value->is_string()) add(std::string("credentials.") + name, "must be a text");
    }
  }

  const Json& order_;
  const AssetObjection& objection_;
  std::vector<std::string> faults_;
  std::set<std::string> assets_;
  std::set<Ipv4Address> addresses_;
};

}  // namespace

std::vector<std::string> cluster_faults(const Json& order, const AssetObjection& objection) {
  return Inspection(order, objection).run();
}

}  // namespace colony::hw_sim

#include "hw-sim/rack/rack_file.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "core/random.hpp"

namespace colony::hw_sim {

namespace {

constexpr std::size_t max_file_bytes = 256 << 10;
constexpr std::size_t max_faults_listed = 20;

/// What a `model` behaves like. Sources: docs/hw-sim.md.
struct Quirks {
  std::string_view model;
  std::string_view manufacturer, product;
  std::uint32_t manufacturer_id;
  std::uint16_t product_id;
  bool wants_efi_bit;
  bool guid_swapped;       // System GUID in SMBIOS byte order
  bool reports_privilege;  // in the Open Session response
};
constexpr Quirks models[] = {
    {"generic", "Colony", "Simulated Server", 0, 1, false, false, true},
    {"supermicro-x11", "Supermicro", "X11DPi-N", 10876, 0x0945, true, true, true},
    {"dell-idrac9", "Dell Inc.", "PowerEdge R640", 674, 0x0100, false, false, true},
    {"openipmi", "OpenIPMI", "ipmi_sim", 0, 0, false, false, false},
};

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

/// Walks the document, collecting every fault instead of stopping at the first.
class Reader {
 public:
  void fault(const std::string& path, std::string_view what) {
    if (faults_.size() < max_faults_listed) faults_.push_back(fmt::format("{}: {}", path, what));
  }
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }

  [[nodiscard]] bool map(const YAML::Node& node, const std::string& path,
                         std::initializer_list<std::string_view> keys) {
    if (!node.IsDefined() || !node.IsMap()) {
      fault(path, fmt::format("a map with {} is wanted here", fmt::join(keys, ", ")));
      return false;
    }
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string("?");
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      const auto nearest = std::min_element(
          keys.begin(), keys.end(), [&key](auto a, auto b) { return distance(key, a) < distance(key, b); });
      fault(fmt::format("{}.{}", path, core::printable(key, 40)),
            fmt::format("unknown key; nearest is {}", *nearest));
    }
    return true;
  }

  [[nodiscard]] std::optional<std::string> text(const YAML::Node& parent, const std::string& path,
                                                const char* key) {
    const YAML::Node node = parent[key];
    if (!node.IsDefined() || node.IsNull()) return std::nullopt;
    if (!node.IsScalar() || node.Scalar().size() > 256) {
      fault(fmt::format("{}.{}", path, key), "a text of at most 256 bytes is wanted here");
      return std::nullopt;
    }
    return node.Scalar();
  }

  [[nodiscard]] std::string need(const YAML::Node& parent, const std::string& path, const char* key) {
    auto value = text(parent, path, key);
    if (!value || value->empty()) fault(fmt::format("{}.{}", path, key), "missing");
    return value.value_or("");
  }

  [[nodiscard]] std::uint64_t number(const YAML::Node& parent, const std::string& path, const char* key,
                                     std::uint64_t otherwise, std::uint64_t low, std::uint64_t high) {
    const auto value = text(parent, path, key);
    if (!value) return otherwise;
    std::uint64_t out = 0;
    const char* end = value->data() + value->size();
    const auto parsed = std::from_chars(value->data(), end, out);
    if (parsed.ec != std::errc() || parsed.ptr != end || out < low || out > high) {
      fault(fmt::format("{}.{}", path, key),
            fmt::format("a whole number from {} to {} is wanted", low, high));
      return otherwise;
    }
    return out;
  }

  [[nodiscard]] std::vector<YAML::Node> list(const YAML::Node& parent, const std::string& path,
                                             const char* key, std::size_t limit) {
    const YAML::Node node = parent[key];
    if (!node.IsDefined() || node.IsNull()) return {};
    if (!node.IsSequence() || node.size() > limit) {
      fault(fmt::format("{}.{}", path, key), fmt::format("a list of at most {} is wanted here", limit));
      return {};
    }
    return {node.begin(), node.end()};
  }

  template <class Names>
  void unknown_word(const std::string& path, const std::string& given, const Names& accepted) {
    fault(path,
          fmt::format("\"{}\" is not one of {}", core::printable(given, 40), fmt::join(accepted, ", ")));
  }

 private:
  std::vector<std::string> faults_;
};

DiskModel read_disk(Reader& reader, const YAML::Node& node, const std::string& path) {
  DiskModel disk;
  if (!reader.map(node, path, {"model", "size_gb", "size_mb", "transport", "content", "block_bytes"}))
    return disk;
  disk.model = reader.text(node, path, "model").value_or(disk.model);
  disk.transport = reader.text(node, path, "transport").value_or("nvme");
  constexpr std::string_view transports[] = {"nvme", "sata", "sas", "virtio"};
  if (std::find(std::begin(transports), std::end(transports), disk.transport) == std::end(transports)) {
    reader.unknown_word(path + ".transport", disk.transport, transports);
  }
  const std::uint64_t block = reader.number(node, path, "block_bytes", 512, 512, 4096);
  if (block != 512 && block != 4096) reader.fault(path + ".block_bytes", "512 or 4096");
  disk.block_bytes = block == 4096 ? 4096 : 512;
  const std::uint64_t gigabytes = reader.number(node, path, "size_gb", 0, 1, 100'000);
  const std::uint64_t megabytes =
      reader.number(node, path, "size_mb", gigabytes > 0 ? 0 : 8000, 1, 100'000'000);
  disk.size_bytes = (gigabytes * 1'000'000'000 + megabytes * 1'000'000) / 4096 * 4096;
  const std::string content = reader.text(node, path, "content").value_or("data");
  constexpr std::string_view contents[] = {"data", "zeroes"};
  if (content == "zeroes") {
    disk.initial = InitialContent::zeroes;
  } else if (content != "data") {
    reader.unknown_word(path + ".content", content, contents);
  }
  return disk;
}

void read_fault(Reader& reader, const YAML::Node& node, const std::string& path, RackServer& server) {
  if (!reader.map(node, path, {"at", "kind", "times", "delay"})) return;
  const std::string at = reader.need(node, path, "at");
  const std::string kind = reader.need(node, path, "kind");
  const auto times = static_cast<unsigned>(reader.number(node, path, "times", 1, 1, 1'000'000));
  core::Duration delay = std::chrono::seconds(2);
  if (const auto text = reader.text(node, path, "delay")) {
    if (const auto parsed = core::parse_duration(*text)) {
      delay = *parsed;
    } else {
      reader.fault(path + ".delay", "a duration such as 500ms or 3s is wanted");
    }
  }
  if (at.starts_with("bmc")) {
    const auto moment = parse_bmc_moment(at);
    const auto what = parse_bmc_fault_kind(kind);
    if (!moment)
      reader.fault(path + ".at",
                   fmt::format("\"{}\" is no moment of a BMC (docs/hw-sim.md)", core::printable(at, 40)));
    if (!what)
      reader.fault(path + ".kind",
                   fmt::format("\"{}\" is no fault of a BMC (docs/hw-sim.md)", core::printable(kind, 40)));
    if (moment && what) server.bmc_faults.push_back({*moment, *what, times, delay});
    return;
  }
  const auto point = parse_fault_point(at);
  const auto what = parse_fault_kind(kind);
  if (!point) reader.unknown_word(path + ".at", at, fault_point_names());
  if (!what) reader.unknown_word(path + ".kind", kind, fault_kind_names());
  if (!point || !what) return;
  if (!applies(*point, *what)) reader.fault(path, fmt::format("{} means nothing at {}", kind, at));
  server.faults.push_back({*point, *what, times, delay});
}

core::MacAddress mac_of(std::uint8_t kind, std::size_t number) {
  // 02: locally administered; c0:10:00 and c0:10:bc are ours.
  return core::MacAddress(
      {0x02, 0xc0, 0x10, kind, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

/// The identity of server `number`, from 1.
void personalise(RackServer& server, std::size_t number, core::Ipv4Address bmc_address,
                 const Quirks& quirks) {
  ServerProfile& profile = server.profile;
  core::SeededRandom random(0xc010'0000 + number);
  profile.name = fmt::format("server-{}", number);
  profile.smbios_uuid = random.uuid();
  profile.serial = fmt::format("SIMS{:06}", number);
  profile.board_serial = fmt::format("SIMB{:06}", number);
  profile.mac = mac_of(0x00, number);
  profile.bmc_mac = mac_of(0xbc, number);
  profile.bmc_address = {bmc_address, 16};
  profile.manufacturer = quirks.manufacturer;
  profile.product = quirks.product;
  profile.wants_efi_bit = quirks.wants_efi_bit;
  for (std::size_t i = 0; i < profile.disks.size(); ++i) {
    DiskModel& disk = profile.disks[i];
    disk.serial = fmt::format("SIMD{:06}-{}", number, i + 1);
    disk.wwn = disk.transport == "nvme" ? fmt::format("eui.0025c010{:04x}{:04x}", number, i + 1)
                                        : fmt::format("naa.5000c010{:04x}{:04x}", number, i + 1);
    disk.seed = random.u64();
  }
  BmcProfile& bmc = server.bmc;
  bmc.system_guid = quirks.guid_swapped ? profile.smbios_uuid.swapped() : profile.smbios_uuid;
  bmc.device.manufacturer_id = quirks.manufacturer_id;
  bmc.device.product_id = quirks.product_id;
  bmc.board.manufacturer = profile.manufacturer;
  bmc.board.product = profile.product;
  bmc.board.serial = profile.board_serial;
  bmc.product.manufacturer = profile.manufacturer;
  bmc.product.name = profile.product;
  bmc.product.serial = profile.serial;
  bmc.mac = profile.bmc_mac;
  bmc.address = profile.bmc_address;
  bmc.reports_privilege = quirks.reports_privilege;
}

RackServer read_group(Reader& reader, const YAML::Node& node, const std::string& path, const Quirks*& quirks,
                      core::Ipv4Address& first_bmc, std::uint64_t& count) {
  RackServer server;
  if (!reader.map(
          node, path,
          {"count", "model", "firmware", "bmc", "disks", "faults", "cores", "memory_gb", "boot_order"}))
    return server;
  count = reader.number(node, path, "count", 1, 1, max_rack_servers);
  const std::string model = reader.text(node, path, "model").value_or("generic");
  const auto found =
      std::find_if(std::begin(models), std::end(models), [&](const Quirks& q) { return q.model == model; });
  std::vector<std::string_view> known;
  for (const Quirks& row : models) known.push_back(row.model);
  if (found == std::end(models)) {
    reader.unknown_word(path + ".model", model, known);
  } else {
    quirks = found;
  }
  const std::string firmware = reader.text(node, path, "firmware").value_or("bios");
  constexpr std::string_view firmwares[] = {"bios", "uefi", "uefi-http"};
  const auto kind = std::find(std::begin(firmwares), std::end(firmwares), firmware);
  if (kind == std::end(firmwares)) {
    reader.unknown_word(path + ".firmware", firmware, firmwares);
  } else {
    server.profile.firmware = static_cast<FirmwareKind>(kind - std::begin(firmwares));
  }
  const std::string order = reader.text(node, path, "boot_order").value_or("disk");
  constexpr std::string_view orders[] = {"disk", "network"};
  if (order != "disk" && order != "network") reader.unknown_word(path + ".boot_order", order, orders);
  server.profile.network_first = order == "network";
  server.profile.cores = static_cast<unsigned>(reader.number(node, path, "cores", 8, 1, 1024));
  server.profile.threads = server.profile.cores * 2;
  server.profile.memory_bytes = reader.number(node, path, "memory_gb", 64, 1, 65536) << 30;

  const YAML::Node bmc = node["bmc"];
  const std::string bmc_path = path + ".bmc";
  if (reader.map(bmc, bmc_path, {"first_address", "username", "password", "max_sessions", "weak", "like"})) {
    const std::string address = reader.need(bmc, bmc_path, "first_address");
    const auto parsed = core::Ipv4Address::parse(address);
    if (parsed) {
      first_bmc = *parsed;
    } else if (!address.empty()) {
      reader.fault(bmc_path + ".first_address", "an address such as 10.77.1.10 is wanted");
    }
    server.bmc.username = reader.need(bmc, bmc_path, "username");
    if (server.bmc.username.size() > 16) reader.fault(bmc_path + ".username", "at most 16 bytes (IPMI 2.0)");
    const std::string password = reader.need(bmc, bmc_path, "password");
    if (password.size() > 20) reader.fault(bmc_path + ".password", "at most 20 bytes (IPMI 2.0)");
    server.bmc.password = core::Secret(password);
    server.bmc.max_sessions = reader.number(bmc, bmc_path, "max_sessions", 4, 1, 64);
    for (const auto& weakness : reader.list(bmc, bmc_path, "weak", 8)) {
      constexpr std::string_view weaknesses[] = {"cipher-zero", "anonymous", "null-user", "ipmi-1.5"};
      const std::string word = weakness.IsScalar() ? weakness.Scalar() : "";
      if (!weaken(server.bmc, word)) reader.unknown_word(bmc_path + ".weak", word, weaknesses);
    }
    if (const auto like = reader.text(bmc, bmc_path, "like")) {
      constexpr std::string_view imitated[] = {"openbmc"};
      if (!imitate(server.bmc, *like)) reader.unknown_word(bmc_path + ".like", *like, imitated);
    }
  }
  const auto disks = reader.list(node, path, "disks", 64);
  for (std::size_t i = 0; i < disks.size(); ++i) {
    server.profile.disks.push_back(read_disk(reader, disks[i], fmt::format("{}.disks[{}]", path, i)));
  }
  const auto faults = reader.list(node, path, "faults", 100);
  for (std::size_t i = 0; i < faults.size(); ++i) {
    read_fault(reader, faults[i], fmt::format("{}.faults[{}]", path, i), server);
  }
  return server;
}

RackServer copy_of(const RackServer& group) {
  RackServer out{group.profile, {}, group.faults, group.bmc_faults};
  out.bmc.username = group.bmc.username;
  out.bmc.password = group.bmc.password.clone();
  out.bmc.max_sessions = group.bmc.max_sessions;
  out.bmc.cipher_zero = group.bmc.cipher_zero;
  out.bmc.anonymous = group.bmc.anonymous;
  out.bmc.null_user = group.bmc.null_user;
  out.bmc.auth_types = group.bmc.auth_types;
  out.bmc.draws_anew = group.bmc.draws_anew;
  out.bmc.nameless_refusals = group.bmc.nameless_refusals;
  out.bmc.pads_15 = group.bmc.pads_15;
  return out;
}

RackFile read_rack(Reader& reader, const YAML::Node& root) {
  RackFile rack;
  if (!reader.map(root, "rack", {"network", "servers", "speed"})) return rack;
  const YAML::Node network = root["network"];
  if (reader.map(network, "network", {"interface"}))
    rack.interface = reader.need(network, "network", "interface");
  if (rack.interface.size() > 15) reader.fault("network.interface", "at most 15 bytes");
  rack.speed = static_cast<double>(reader.number(root, "rack", "speed", 20, 1, 10'000));
  const auto groups = reader.list(root, "rack", "servers", 1000);
  if (groups.empty()) reader.fault("servers", "at least one group of servers is wanted");
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::string path = fmt::format("servers[{}]", i);
    const Quirks* quirks = &models[0];
    core::Ipv4Address first_bmc;
    std::uint64_t count = 0;
    const RackServer group = read_group(reader, groups[i], path, quirks, first_bmc, count);
    if (rack.servers.size() + count > max_rack_servers) {
      reader.fault(path + ".count", fmt::format("more than {} servers in all", max_rack_servers));
      break;
    }
    for (std::uint32_t n = 0; n < count && reader.faults().empty(); ++n) {
      RackServer server = copy_of(group);
      personalise(server, rack.servers.size() + 1, core::Ipv4Address(first_bmc.value() + n), *quirks);
      rack.servers.push_back(std::move(server));
    }
  }
  std::vector<core::Ipv4Address> addresses;
  addresses.reserve(rack.servers.size());
  for (const RackServer& server : rack.servers) addresses.push_back(server.bmc.address.address);
  std::sort(addresses.begin(), addresses.end());
  const auto twice = std::adjacent_find(addresses.begin(), addresses.end());
  if (twice != addresses.end()) reader.fault("servers", fmt::format("two BMCs have {}", twice->to_string()));
  return rack;
}

}  // namespace

core::Result<RackFile> parse_rack_file(std::string_view text) {
  if (text.size() > max_file_bytes) {
    return core::fail(core::ErrorKind::invalid_input, "rack.file", "larger than 256 KiB");
  }
  Reader reader;
  RackFile rack;
  try {
    rack = read_rack(reader, YAML::Load(std::string(text)));
  } catch (const YAML::Exception& problem) {
    return core::fail(core::ErrorKind::invalid_input, "rack.file",
                      fmt::format("not YAML: {}", problem.what()));
  }
  if (!reader.faults().empty()) {
    return core::fail(core::ErrorKind::invalid_input, "rack.file",
                      fmt::format("{}", fmt::join(reader.faults(), "\n")));
  }
  return rack;
}

}  // namespace colony::hw_sim

#include "core/evidence/evidence.hpp"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace colony::core {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

constexpr std::array<std::pair<ClientArch, std::string_view>, 6> arch_names{{
    {ClientArch::bios_x86, "bios-x86"},
    {ClientArch::efi_x64, "efi-x64"},
    {ClientArch::efi_arm64, "efi-arm64"},
    {ClientArch::efi_x64_http, "efi-x64-http"},
    {ClientArch::efi_arm64_http, "efi-arm64-http"},
    {ClientArch::unknown, "unknown"},
}};

Json detail(const Fact& fact) {
  return std::visit(
      Overloaded{
          [](const DhcpSeen& f) {
            return Json{{"arch", name(f.arch)}, {"stage", name(f.stage)}, {"answered", f.answered}};
          },
          [](const SystemAsked&) { return Json::object(); },
          [](const NbpSent& f) {
            return Json{{"file", f.file}, {"bytes", f.bytes}, {"complete", f.complete}};
          },
          [](const ScriptServed& f) { return Json{{"script", f.script}}; },
          [](const ArtifactServed& f) {
            return Json{{"digest", f.digest}, {"bytes", f.bytes}, {"complete", f.complete}};
          },
          [](const ConfigFetched& f) { return Json{{"token_id", f.token_id}, {"complete", f.complete}}; },
          [](const ScoutHello&) { return Json::object(); },
          [](const ScoutInventory&) { return Json::object(); },
          [](const ScoutProgress& f) {
            return Json{{"disk", f.disk}, {"phase", f.phase}, {"percent", f.percent}};
          },
          [](const ScoutRedeemed& f) { return Json{{"token_id", f.token_id}}; },
          [](const ScoutResult& f) { return Json{{"success", f.success}}; },
          [](const PowerObserved& f) { return Json{{"state", name(f.state)}}; },
          [](const BootDeviceSet& f) { return Json{{"device", f.device}, {"read_back", f.read_back}}; },
          [](const TalosStage& f) { return Json{{"stage", f.stage}}; },
          [](const Note& f) { return Json{{"code", f.code}, {"text", f.text}}; },
          [](const ConsoleOutput& f) {
            return Json{{"boot", format_utc(f.boot)}, {"text", f.text}, {"cut", f.cut}};
          },
      },
      fact);
}

BootStage parse_stage(std::string_view text) {
  if (text == "firmware-http") return BootStage::firmware_http;
  if (text == "ipxe") return BootStage::ipxe;
  return BootStage::firmware_pxe;
}

std::optional<Fact> parse_fact(std::string_view fact, const Json& d) {
  const auto text = [&d](std::string_view key) { return json_text(d, key).value_or(""); };
  const auto number = [&d](std::string_view key) { return json_uint(d, key).value_or(0); };
  const auto flag = [&d](std::string_view key) { return json_bool(d, key).value_or(false); };
  if (fact == "dhcp_seen") {
    return DhcpSeen{parse_client_arch(text("arch")).value_or(ClientArch::unknown), parse_stage(text("stage")),
                    flag("answered")};
  }
  if (fact == "system_asked") return SystemAsked{};
  if (fact == "nbp_sent") return NbpSent{text("file"), number("bytes"), flag("complete")};
  if (fact == "script_served") return ScriptServed{text("script")};
  if (fact == "artifact_served") return ArtifactServed{text("digest"), number("bytes"), flag("complete")};
  if (fact == "config_fetched") return ConfigFetched{text("token_id"), flag("complete")};
  if (fact == "scout_hello") return ScoutHello{};
  if (fact == "scout_inventory") return ScoutInventory{};
  if (fact == "scout_progress") {
    return ScoutProgress{text("disk"), text("phase"), static_cast<unsigned>(number("percent"))};
  }
  if (fact == "scout_redeemed") return ScoutRedeemed{text("token_id")};
  if (fact == "scout_result") return ScoutResult{flag("success")};
  if (fact == "power_observed")
    return PowerObserved{text("state") == "on" ? PowerState::on : PowerState::off};
  if (fact == "boot_device_set") return BootDeviceSet{text("device"), flag("read_back")};
  if (fact == "talos_stage") return TalosStage{text("stage")};
  if (fact == "note") return Note{text("code"), text("text")};
  if (fact == "console_output") {
    const auto boot = parse_utc(text("boot"));
    if (!boot) return std::nullopt;
    constexpr std::size_t longest = 64UL * 1024;  // a whole piece of a boot, and then some
    return ConsoleOutput{*boot, json_text(d, "text", longest).value_or(""), flag("cut")};
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(ClientArch arch) {
  for (const auto& [value, text] : arch_names) {
    if (value == arch) return text;
  }
  return "unknown";
}

std::optional<ClientArch> parse_client_arch(std::string_view text) {
  for (const auto& [value, known] : arch_names) {
    if (known == text) return value;
  }
  return std::nullopt;
}

std::string_view name(BootStage stage) {
  switch (stage) {
    case BootStage::firmware_pxe: return "firmware-pxe";
    case BootStage::firmware_http: return "firmware-http";
    case BootStage::ipxe: return "ipxe";
  }
  return "firmware-pxe";
}

std::string_view name(PowerState state) {
  return state == PowerState::on ? "on" : "off";
}

std::string_view fact_name(const Fact& fact) {
  static constexpr std::array<std::string_view, std::variant_size_v<Fact>> names{
      "dhcp_seen",       "system_asked",   "nbp_sent",     "script_served",
      "artifact_served", "config_fetched", "scout_hello",  "scout_inventory",
      "scout_progress",  "scout_redeemed", "scout_result", "power_observed",
      "boot_device_set", "talos_stage",    "note",         "console_output"};
  return names[fact.index()];
}

Json to_json(const Evidence& evidence) {
  Json json{{"fact", fact_name(evidence.fact)},
            {"at", format_utc(evidence.at)},
            {"source", evidence.source},
            {"detail", detail(evidence.fact)}};
  if (evidence.asset) json["asset"] = evidence.asset->to_string();
  if (evidence.mac) json["mac"] = evidence.mac->to_string();
  if (evidence.address) json["address"] = evidence.address->to_string();
  if (evidence.smbios_uuid) json["smbios_uuid"] = evidence.smbios_uuid->to_string();
  return json;
}

Result<Evidence> evidence_from_json(const Json& json) {
  const auto fact = json_text(json, "fact");
  const auto at = parse_utc(json_text(json, "at").value_or(""));
  const Json* const detail_json = json_member(json, "detail");
  auto parsed = fact && detail_json != nullptr ? parse_fact(*fact, *detail_json) : std::nullopt;
  if (!parsed || !at) {
    return fail(
        ErrorKind::corrupt, "evidence.unreadable",
        fmt::format("evidence row with fact '{}' cannot be read", printable(fact.value_or("(none)"))));
  }
  Evidence evidence;
  evidence.asset = AssetId::parse(json_text(json, "asset").value_or(""));
  evidence.mac = MacAddress::parse(json_text(json, "mac").value_or(""));
  evidence.address = Ipv4Address::parse(json_text(json, "address").value_or(""));
  evidence.smbios_uuid = Uuid::parse(json_text(json, "smbios_uuid").value_or(""));
  evidence.at = *at;
  evidence.source = json_text(json, "source").value_or("");
  evidence.fact = std::move(*parsed);
  return evidence;
}

std::string describe(const Fact& fact) {
  return std::visit(
      Overloaded{
          [](const DhcpSeen& f) {
            return fmt::format("asked to boot ({}, {}){}", name(f.stage), name(f.arch),
                               f.answered ? "" : ", not answered");
          },
          [](const SystemAsked&) {
            return std::string("an operating system came up and asked for an address");
          },
          [](const NbpSent& f) {
            return fmt::format("{} boot program {} ({} bytes)", f.complete ? "loaded" : "broke off loading",
                               f.file, f.bytes);
          },
          [](const ScriptServed& f) { return fmt::format("was given the {} boot script", f.script); },
          [](const ArtifactServed& f) {
            return fmt::format("{} {} bytes of {}", f.complete ? "loaded" : "broke off after", f.bytes,
                               f.digest.substr(0, 12));
          },
          [](const ConfigFetched& f) {
            return std::string(f.complete ? "fetched its machine config"
                                          : "began to fetch its machine config");
          },
          [](const ScoutHello&) { return std::string("scout reported for duty"); },
          [](const ScoutInventory&) { return std::string("scout sent the inventory"); },
          [](const ScoutProgress& f) { return fmt::format("{} {} {}%", f.phase, f.disk, f.percent); },
          [](const ScoutRedeemed&) { return std::string("scout redeemed its wipe token"); },
          [](const ScoutResult& f) {
            return std::string(f.success ? "scout reported success" : "scout reported failure");
          },
          [](const PowerObserved& f) { return fmt::format("power seen {}", name(f.state)); },
          [](const BootDeviceSet& f) {
            return fmt::format("boot device {} set{}", f.device, f.read_back ? " and read back" : "");
          },
          [](const TalosStage& f) { return fmt::format("Talos: {}", f.stage); },
          [](const Note& f) { return f.text; },
          [](const ConsoleOutput& f) {
            const std::string_view lines =
                std::string_view(f.text).substr(0, f.text.find_last_not_of('\n') + 1);
            const auto last = lines.substr(lines.find_last_of('\n') + 1);
            return fmt::format("console: {}", printable(last, 120));
          },
      },
      fact);
}

}  // namespace colony::core

#pragma once
// What `colony doctor` concludes from what it found. Pure: facts in, one line for each thing looked at out,
// with the cure where something is wrong.

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/json.hpp"
#include "core/net/port_owner.hpp"
#include "core/net/privileged.hpp"
#include "daemon/config/config.hpp"

namespace colony::daemon::cli {

enum class Health : std::uint8_t { ok, warn, fail };
[[nodiscard]] std::string_view name(Health health);  // "OK", "WARN", "FAIL"

struct Check {
  Health health = Health::ok;
  std::string what;  // "config", "address", "port 69"
  std::string text;
  std::string cure;          // empty when nothing is to be done
  std::string code;          // of docs/common-errors.md; empty when all is well
  std::string follows_from;  // the code of the fault that explains this one
};

struct DoctorFacts {
  std::string config_file;
  std::expected<Config, ConfigFaults> config;
  core::Result<core::Json> status;  // GET /status
  core::Result<core::Json> assets;  // GET /assets, its list
  struct Port {
    std::uint16_t number = 0;
    std::optional<core::PortOwner> owner;
    bool tcp = false;
  };
  struct Hosted {  // asked just now, from here
    core::Result<std::optional<core::UtcTime>> its_time;
    core::UtcTime asked_at;
  };
  std::vector<Port> ports;                    // that the configuration has us listen on
  std::vector<std::string> programs_lacking;  // boot programs that no file is there for
  std::optional<std::uint64_t> store_free;    // bytes; nothing: it cannot be looked at
  std::optional<std::vector<core::InterfaceState>> interfaces = std::nullopt;  // nothing: not looked at
  std::optional<Hosted> hosted = std::nullopt;                                 // nothing: not linked to it
  std::vector<core::Ipv4Address> bmcs_without_route = {};
};

/// Faults that follow from others say so: what is left are the causes.
[[nodiscard]] std::vector<Check> examine(const DoctorFacts& facts);

/// What examine() should be told about, by a configuration.
[[nodiscard]] std::vector<std::uint16_t> udp_ports(const Config& config);
[[nodiscard]] std::vector<std::string> boot_program_files(const Config& config);
[[nodiscard]] std::vector<core::Ipv4Address> bmc_addresses(const core::Json& assets);

}  // namespace colony::daemon::cli

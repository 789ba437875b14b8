#include "daemon/init/init.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "daemon/address/plan.hpp"
#include "daemon/config/config.hpp"
#include "daemon/config/edit.hpp"
#include "daemon/config/files.hpp"
#include "daemon/config/text_form.hpp"
#include "daemon/init/api_key_form.hpp"
#include "daemon/store/store_key.hpp"

namespace colony::daemon {

namespace {

using core::ErrorKind;
using core::Result;
using Outcome = InitStep::Outcome;

constexpr std::size_t config_limit = 256UL * 1024;

struct Paths {
  std::string directory, config, api_key, store_key;
};

Paths paths_in(const std::string& directory) {
  const std::string config = directory + "/colony.yaml";
  return {directory, config, directory + "/api-key", store_key_beside(config)};
}

template <class T>
Result<T> flag(std::string_view name, std::string_view text) {
  auto value = from_text<T>(text);
  const bool empty = text.empty();
  if (!value || empty) {
    return core::fail(ErrorKind::invalid_input, "init.flag",
                      fmt::format("--{}: {}; accepted: {}", name,
                                  empty ? "is empty" : fmt::format("'{}'", core::printable(text, 60)),
                                  what_is_accepted<T>()));
  }
  return std::move(*value);
}

/// The file as it is, with what the flags say.
struct Wanted {
  std::string old_text;  // "" when there is no file yet
  Config config;
};

Result<Wanted> read_existing(const Paths& paths) {
  Wanted wanted;
  auto text = read_small_file(paths.config, config_limit);
  if (!text && text.error().kind == ErrorKind::not_found) return wanted;
  if (!text) return std::unexpected(text.error());
  auto config = parse_config(*text, paths.config);
  if (!config) {
    return core::fail(ErrorKind::invalid_input, "init.config",
                      fmt::format("{} (fault 1 of {}; see all with: colonyd --config {} --check)",
                                  config.error().front().to_string(), config.error().size(), paths.config));
  }
  return Wanted{std::move(*text), std::move(*config)};
}

Result<> apply_flags(const InitRequest& request, const Paths& paths, Config& config) {
  const auto datacenter = flag<Word>("data-center-id", request.data_center_id);
  if (!datacenter) return std::unexpected(datacenter.error());
  const auto interface = flag<InterfaceName>("load-balancer-interface", request.interface);
  if (!interface) return std::unexpected(interface.error());
  const auto address = flag<AddressSpec>("load-balancer-ip", request.address);
  if (!address) return std::unexpected(address.error());
  const auto key_file = FilePath::parse(paths.api_key);
  if (!key_file) {
    return core::fail(ErrorKind::invalid_input, "init.flag",
                      fmt::format("--config-dir: accepted: {}", what_is_accepted<FilePath>()));
  }
  ApiUrl url = config.hosted.url;
  if (request.api_url) {
    const auto given = flag<ApiUrl>("api-url", *request.api_url);
    if (!given) return std::unexpected(given.error());
    url = *given;
  }
  // An agent's id is true for one datacenter on one hosted side.
  if (config.datacenter_id != *datacenter || config.hosted.url != url) config.agent_id = Word();
  if (request.agent_id) {
    const auto agent = flag<Word>("agent-id", *request.agent_id);
    if (!agent) return std::unexpected(agent.error());
    config.agent_id = *agent;
  }
  if (request.ca_file) {
    const auto ca_file = flag<FilePath>("ca-file", *request.ca_file);
    if (!ca_file) return std::unexpected(ca_file.error());
    if (::access(ca_file->text().c_str(), R_OK) != 0) {
      const int error = errno;
      return core::fail(ErrorKind::invalid_input, "init.flag",
                        fmt::format("--ca-file: {}: {}", ca_file->text(), std::strerror(error)));
    }
    config.hosted.ca_file = *ca_file;
  }
  if (request.instance.is_named()) {
    const auto store = FilePath::parse(request.instance.store());
    const auto socket = FilePath::parse(request.instance.socket());
    if (store) config.store.path = *store;
    if (socket) config.api.socket = *socket;
  }
  config.datacenter_id = *datacenter;
  config.load_balancer = {*interface, *address};
  config.hosted.enabled = true;
  config.hosted.url = url;
  config.hosted.api_key_file = *key_file;
  // The rules that span keys: the same that the daemon applies.
  if (const auto read_back = parse_config(emit_config(config), "flags"); !read_back) {
    const ConfigFault& fault = read_back.error().front();
    return core::fail(ErrorKind::invalid_input, "init.flag",
                      fmt::format("{}: {}; accepted: {}", fault.key, fault.what, fault.accepted));
  }
  return {};
}

/// Machines boot over Ethernet, and the address is defended by ARP.
Result<> check_kind(const core::InterfaceState& interface) {
  if (interface.arp && interface.mac != core::MacAddress()) return {};
  return core::fail(
      ErrorKind::invalid_input, "init.interface",
      fmt::format("no server can be reached through {}: it is a loopback, or has no MAC address or no "
                  "ARP; accepted: an Ethernet interface, a bridge, a bond or a VLAN",
                  interface.name));
}

/// The line about the address, or who has it.
Result<InitStep> ask_for_address(const AddressPlan& plan, AddressProbe& probe) {
  if (plan.way == AddressPlan::Way::borrow) {
    return InitStep{"address", Outcome::done,
                    fmt::format("{} is on the interface already", plan.address.to_string())};
  }
  const auto answer = probe.ask(plan.interface, plan.address.address);
  if (!answer) return std::unexpected(answer.error());
  if (const auto& other = answer->other) {
    return core::fail(ErrorKind::conflict, "address.conflict",
                      fmt::format("{} on {} is in use by {}; nothing was written; give the appliance another "
                                  "address, or take it from that machine",
                                  plan.address.address.to_string(), plan.interface.name, other->to_string()));
  }
  if (!answer->not_asked.empty()) {
    return InitStep{"address", Outcome::note,
                    fmt::format("{} was not probed: {}; the service asks before it claims it",
                                plan.address.to_string(), answer->not_asked)};
  }
  return InitStep{
      "address", Outcome::done,
      fmt::format("{}: nobody on the network has it; the service will claim it", plan.address.to_string())};
}

Result<> check_address(const Config& config, InitWorld world, const ReportStep& report) {
  const auto states = world.interfaces.interfaces();
  if (!states) return std::unexpected(states.error());
  const auto plan =
      plan_address(config.load_balancer.interface, config.load_balancer.ip, *states, std::nullopt, "");
  if (!plan) return std::unexpected(plan.error());
  if (auto kind = check_kind(plan->interface); !kind) return kind;
  report({"interface", Outcome::done,
          fmt::format("{} is up, MAC {}{}", plan->interface.name, plan->interface.mac.to_string(),
                      plan->interface.carrier ? "" : ", but has no link")});
  const auto asked = ask_for_address(*plan, world.probe);
  if (!asked) return std::unexpected(asked.error());
  report(*asked);
  return {};
}

Result<> settle_agent(const core::Secret& key, Config& config, InitWorld world, const ReportStep& report) {
  const HostedAccess access{config.hosted.url, config.hosted.ca_file, key};
  if (!config.agent_id.empty()) {
    const auto known = world.hosted.greet(access, config.agent_id);
    if (!known) return std::unexpected(known.error());
    if (*known) {
      report({"agent", Outcome::unchanged,
              fmt::format("{} is registered at {}", config.agent_id.text(), config.hosted.url.text())});
      return {};
    }
    report({"agent", Outcome::note,
            fmt::format("{} is not known at {}; registering anew", config.agent_id.text(),
                        config.hosted.url.text())});
  }
  auto registered = world.hosted.register_agent(access, config.datacenter_id);
  if (!registered) return std::unexpected(registered.error());
  report(
      {"agent", Outcome::done,
       fmt::format("{} {} at {}", registered->agent_id.text(),
                   registered->created ? "registered" : "was registered before", config.hosted.url.text())});
  config.agent_id = std::move(registered->agent_id);
  return {};
}

/// Asked before anything is registered: a registration whose result cannot be kept is a nuisance.
Result<> check_writable(const Paths& paths) {
  struct stat status{};
  std::string place = paths.directory;  // or the first above it that is there
  while (place.size() > 1 && ::stat(place.c_str(), &status) != 0) {
    place.resize(std::max<std::size_t>(place.rfind('/'), 1));
  }
  if (::access(place.c_str(), W_OK | X_OK) == 0) return {};
  const int error = errno;
  return core::fail_errno(
      "init.write",
      fmt::format("cannot write in {} ({})", place, ::geteuid() == 0 ? "as root" : "run as root"), error);
}

Result<> make_directory(const std::string& path, std::optional<FileOwner> owner) {
  const std::string parent = path.substr(0, path.rfind('/'));
  if (!parent.empty() && ::access(parent.c_str(), F_OK) != 0) {
    if (auto made = make_directory(parent, owner); !made) return made;
  }
  if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return core::fail_errno("init.write", path, errno);
  if (!owner) return {};
  return set_rights(path, 0750, FileOwner{::geteuid(), owner->group});
}

/// True when something was written.
Result<bool> write_configuration(const Wanted& before, const Config& config, const Paths& paths,
                                 std::optional<FileOwner> owner, const ReportStep& report) {
  if (!before.old_text.empty() && before.config == config) {
    report({"configuration", Outcome::unchanged, fmt::format("{} says so already", paths.config)});
    return false;
  }
  const std::optional<FileOwner> readers =
      owner ? std::optional(FileOwner{::geteuid(), owner->group}) : owner;
  auto edited = before.old_text.empty() ? std::nullopt : edit_config(before.old_text, config);
  std::string note;
  if (!before.old_text.empty() && !edited) {
    const std::string kept = paths.config + ".old";
    if (auto saved = write_atomically(kept, before.old_text, 0640, readers); !saved) {
      return std::unexpected(saved.error());
    }
    note = fmt::format("; its layout could not be kept, the old file is {}", kept);
  }
  const std::string text = edited ? std::move(*edited) : emit_config(config);
  if (auto written = write_atomically(paths.config, text, 0640, readers); !written) {
    return std::unexpected(written.error());
  }
  report({"configuration", Outcome::done,
          fmt::format("{} {}{}", before.old_text.empty() ? "wrote" : "changed", paths.config, note)});
  return true;
}

Result<bool> write_keys(const core::Secret& key, const Paths& paths, std::optional<FileOwner> owner,
                        const ReportStep& report) {
  const auto present = read_secret_file(paths.api_key);
  const bool changed = !present || !present->equals(key.reveal());
  if (changed) {
    std::string line = std::string(key.reveal()) + "\n";
    auto written = write_atomically(paths.api_key, line, 0600, owner);
    core::wipe_text(line);
    if (!written) return std::unexpected(written.error());
  } else if (auto set = set_rights(paths.api_key, 0600, owner); !set) {
    return std::unexpected(set.error());
  }
  const auto store_key = store::load_store_key({.file = paths.store_key, .credentials_directory = ""},
                                               store::MissingKey::create);
  if (!store_key) return std::unexpected(store_key.error());
  if (auto set = set_rights(paths.store_key, 0600, owner); !set) return std::unexpected(set.error());
  report(
      {"keys", changed ? Outcome::done : Outcome::unchanged,
       fmt::format("API key in {}, store key in {}, mode 0600; keep a copy of the second with your backups",
                   paths.api_key, paths.store_key)});
  return changed;
}

Result<> start_service(const InitRequest& request, const Paths& paths, bool changed, InitWorld world,
                       const ReportStep& report) {
  const auto not_started = [&](std::string_view why, std::string by_hand) {
    report({"service", Outcome::note, fmt::format("{}; start it with: {}", why, by_hand), by_hand});
  };
  const std::string program = fmt::format("colonyd --config {}", paths.config);
  if (request.config_dir != request.instance.config_dir()) {
    not_started(request.start ? fmt::format("the unit reads {} only", request.instance.config_dir())
                              : "not started (--no-start)",
                program);
    return {};
  }
  if (!request.start) {
    not_started("not started (--no-start)",
                fmt::format("systemctl enable --now {}", request.instance.unit()));
    return {};
  }
  const auto started = world.service.start(changed);
  if (!started) return std::unexpected(started.error());
  using Started = ServiceControl::Started;
  switch (*started) {
    case Started::started: report({"service", Outcome::done, "colonyd is started"}); break;
    case Started::restarted: report({"service", Outcome::done, "colonyd is restarted"}); break;
    case Started::running: report({"service", Outcome::unchanged, "colonyd is running"}); break;
    case Started::no_systemd: not_started("systemd does not run here", program); break;
    case Started::no_unit: not_started("colonyd.service is not installed", program); break;
  }
  return {};
}

}  // namespace

Result<> run_init(const InitRequest& request, InitWorld world, const ReportStep& report) {
  const auto key_note = check_api_key_form(request.api_key.reveal());
  if (!key_note) return std::unexpected(key_note.error());
  report({"API key", key_note->empty() ? Outcome::done : Outcome::note,
          key_note->empty() ? "has the usual form" : *key_note});

  const Paths paths = paths_in(request.config_dir);
  const auto before = read_existing(paths);
  if (!before) return std::unexpected(before.error());
  Config config = before->config;
  if (auto applied = apply_flags(request, paths, config); !applied) return applied;
  if (auto writable = check_writable(paths); !writable) return writable;
  if (auto checked = check_address(config, world, report); !checked) return checked;
  if (auto settled = settle_agent(request.api_key, config, world, report); !settled) return settled;

  const auto owner = world.service.service_user();
  if (auto made = make_directory(paths.directory, owner); !made) return made;
  const auto keys = write_keys(request.api_key, paths, owner, report);
  if (!keys) return std::unexpected(keys.error());
  const auto written = write_configuration(*before, config, paths, owner, report);
  if (!written) return std::unexpected(written.error());
  return start_service(request, paths, *keys || *written, world, report);
}

}  // namespace colony::daemon

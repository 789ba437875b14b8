#pragma once
// The appliance: every room, in the order in which they come up and go down. It wires and orders, it decides
// nothing: who boots what, which disk is erased and what is sent where is decided in the rooms.
//
//   up:   sockets bound, local API -> READY -> address claimed -> journal re-entered -> machines served
//   down: machines no longer served -> address given back -> steps end where they are -> journal closed
//
// An address that cannot be claimed, or is lost, ends nothing: machines are not served and orders are refused
// until it is ours (daemon/address/address_keeper.hpp).

#include <memory>
#include <string>

#include "core/async/blocking_pool.hpp"
#include "core/async/task_group.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "core/net/privileged.hpp"
#include "core/random.hpp"
#include "daemon/address/address_shell.hpp"
#include "daemon/config/config.hpp"
#include "daemon/config/files.hpp"
#include "daemon/notify/notify.hpp"
#include "daemon/store/store.hpp"

namespace colony::daemon {

class Appliance {
 public:
  /// All of it outlives the appliance.
  struct Parts {
    core::Timers& timers;
    core::Random& random;
    core::Log& log;
    core::BlockingPool& pool;
    core::Privileged& privileged;
    core::InterfaceAddresses& interfaces;
    ServiceManager& manager;
    store::Store& store;
    std::string share_directory;  // where scout's image is
    std::string version;
  };

  Appliance(Parts parts, Config config);
  Appliance(const Appliance&) = delete;
  Appliance& operator=(const Appliance&) = delete;
  ~Appliance();

  /// Serves until stop() or until it cannot go on; the error says why. Everything is down when it returns.
  [[nodiscard]] core::Task<core::Result<>> run();
  void stop();
  /// SIGHUP: takes up what can be, names the rest in the log. A faulty file changes nothing.
  void reload(std::expected<Config, ConfigFaults> wanted);

 private:
  struct House;
  struct Tenant;

  [[nodiscard]] core::Task<core::Result<>> serve(House& house);
  [[nodiscard]] core::Task<core::Result<>> bring_up(House& house);
  [[nodiscard]] core::Task<> take_down(House& house);
  /// Binds what machines talk to on the interface as it is now; nothing while there is no such interface.
  [[nodiscard]] core::Task<core::Result<>> set_up_boot(House& house);
  [[nodiscard]] core::Task<> take_down_boot(House& house);
  void start_guard(House& house);
  [[nodiscard]] core::Task<core::Result<>> serve_machines(House& house, ClaimedAddress claimed);
  void stop_serving_machines(House& house, const core::Error& why);
  void fail(core::Error why);
  /// On the unix socket: whatever is wrong later can be asked.
  [[nodiscard]] core::Result<> serve_api(House& house);
  void add_status(House& house, core::Json& status);
  void serve_tls(House& house);
  void start_link(House& house);
  [[nodiscard]] core::Task<> link_when_there_is_a_key(House& house);
  [[nodiscard]] core::Result<core::Secret> read_key();
  void tell_serving(const House& house);

  Parts parts_;
  Config config_;
  ApiKeySource key_source_;
  core::Wakeup stopping_;
  std::optional<core::Error> failure_;
  House* house_ = nullptr;  // while run() is under way
};

}  // namespace colony::daemon

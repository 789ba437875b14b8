#pragma once
// A site in memory under virtual time: servers with firmware, disks and BMCs that outlive crashes of the
// program, and the program itself (one Appliance after another on one Disk). Servers ask BootPolicy as pxe
// would, act as scout and as a Talos node, and count every act that reached them.

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "core/async/signal.hpp"
#include "core/async/virtual_timers.hpp"
#include "core/on_exit.hpp"
#include "tests/workflows/memory_journal.hpp"
#include "workflows/workshop.hpp"

namespace colony::workflows {

struct FakeDisk {
  drivers::scout::Disk facts;
  std::string content;  // "data", "talos", "" when erased
  unsigned writes = 0;  // wipes that touched it
};

/// What goes wrong, how often. Counted down by the machine.
struct Faults {
  unsigned ignore_power_on = 0, ignore_power_off = 0;
  unsigned lose_power_answer = 0;    // the act happens, the answer does not come
  unsigned ignore_boot_device = 0;   // boots from disk although PXE was set
  bool only_without_efi = false;     // takes a network boot with the EFI bit, and ignores it
  bool only_persistent = false;      // takes a one-time network boot, and ignores it
  bool refuse_efi = false;           // refuses it
  bool refuse_network_boot = false;  // refuses it, whatever it asks for
  unsigned refuse_release = 0;       // busy when the boot device is taken back
  bool until_bmc_reset = false;      // takes a network boot, and ignores it until its BMC was reset
  unsigned scout_never_starts = 0;
  bool reset_instead_of_scout = false;
  unsigned die_mid_wipe = 0;        // after the redemption and the first writes
  unsigned lose_redeem_answer = 0;  // the connection breaks when the answer should come
  unsigned never_tell_result = 0;   // everything is erased, then the network is gone
  unsigned fail_erase = 0;          // the read-back finds old data
  unsigned refuse_erase = 0;        // has its yes, and does not begin: a disk that it must not touch
  unsigned skip_redeem = 0;         // tells of an erasure that it never asked for and never did
  unsigned read_little = 0;         // reads back less than was ordered
  unsigned truncate_config = 0;
  unsigned untold_config = 0;         // it arrives whole, and the program never learns that: it dies over it
  unsigned never_install = 0;         // fetches its config and hangs
  bool installer_asks_again = false;  // for its address, with the config in hand
  bool swap_disk_before_redeem = false;
  std::optional<pxe::LocalHandover> only_handover;  // its firmware follows no other way to the disk
  bool bmc_silent = false, bmc_wrong_password = false;
};

class World;

struct Server {
  unsigned number = 0;
  core::MacAddress mac;
  core::Uuid uuid;
  core::Ipv4Address address, bmc_address;
  std::string serial;
  bool tells_bmc_address = true;  // in-band
  std::optional<core::Uuid> bmc_guid;
  std::string bmc_fru_serial;
  bool efi = true;
  bool static_address = false;  // its operating system never asks a DHCP server
  bool network_first = false;   // tries the network before the disk at every boot
  std::optional<core::MacAddress> second_nic;
  unsigned doors = 1;  // network entries of its boot order: PXE and HTTP of the first NIC, then of the second
  unsigned door = 0;   // the one in hand
  [[nodiscard]] core::MacAddress boot_nic() const { return door < 2 ? mac : second_nic.value_or(mac); }
  std::vector<FakeDisk> disks;
  bool more_disks = false;  // than scout lists
  Faults faults;

  core::PowerState power = core::PowerState::off;
  drivers::BootDeviceSetting next_boot;
  unsigned boot_device_commands = 0;
  unsigned bmc_resets = 0;
  unsigned lives = 0;  // grows with every change of power: who lived before is gone
  bool booted_from_disk = false;
  std::string runs;  // "", "scout", "talos", "disk", "hold"
  std::string last_config;
  unsigned power_on_commands = 0, power_off_commands = 0;
  unsigned redemptions_granted = 0, scout_boots = 0, configs_completed = 0;
  std::vector<pxe::LocalHandover> handovers;  // that it was given
  bool passed_disk = false;                   // by one that it does not follow
};

class FakeBmc final : public drivers::Bmc {
 public:
  FakeBmc(World& world, Server& server) : world_(world), server_(server) {}
  core::Task<core::Result<drivers::BmcIdentity>> identity(core::BootTime deadline) override;
  core::Task<core::Result<core::PowerState>> power_state(core::BootTime deadline) override;
  core::Task<core::Result<>> power(drivers::PowerAction action, core::BootTime deadline) override;
  core::Task<core::Result<>> set_boot_device(const drivers::BootDeviceSetting& setting,
                                             core::BootTime deadline) override;
  core::Task<core::Result<drivers::BootDeviceSetting>> boot_device(core::BootTime deadline) override;
  core::Task<core::Result<>> reset_controller(core::BootTime deadline) override;
  core::Task<> close() override;

 private:
  core::Task<core::Result<>> reach(core::BootTime deadline);
  World& world_;
  Server& server_;
};

/// One run of the program.
class Appliance final : public BmcDirectory {
 public:
  Appliance(World& world, Disk& disk, Crash crash, Site site);
  ~Appliance() override;
  core::Result<std::shared_ptr<drivers::Bmc>> at(const BmcRecord& record) override;
  core::Result<std::shared_ptr<drivers::Bmc>> afresh(const BmcRecord& record) override {
    ++opened_afresh;
    return open(record, Open::afresh);
  }
  std::optional<drivers::BmcStanding> standing(const BmcRecord& record) const override;

  core::Result<std::shared_ptr<drivers::Bmc>> alone(const BmcRecord& record) override { return at(record); }

  World& world;
  core::SeededRandom random;
  MemoryJournal journal;
  Workshop workshop;
  core::TaskGroup connections;
  bool started = false;
  unsigned opened_afresh = 0;  // BMCs, by enrolments

 private:
  enum class Open : std::uint8_t { kept, afresh };
  core::Result<std::shared_ptr<drivers::Bmc>> open(const BmcRecord& record, Open how);
};

class World {
 public:
  explicit World(Crash crash = {});
  ~World();

  Server& add_server();
  /// Ends the run in hand, as a crash would, and begins another.
  void restart(Crash crash = {});
  /// Without it a run opens its journal and goes no further.
  bool address_held = true;
  void stop_appliance() { appliance_.reset(); }
  [[nodiscard]] bool is_up() const { return appliance_ && appliance_->started; }
  [[nodiscard]] Appliance& appliance() { return *appliance_; }
  [[nodiscard]] Orders& orders() { return appliance_->workshop.orders(); }
  [[nodiscard]] Site& site() { return site_; }

  /// A request over the network: nothing comes back when the program dies over it, or is not there.
  template <class T>
  core::Task<std::optional<T>> request(std::function<core::Task<T>(Workshop&)> ask);
  /// The same from a test, run to its end.
  template <class T>
  std::optional<T> ask(std::function<core::Task<T>(Workshop&)> question);

  bool run_until(const std::function<bool()>& done, core::Duration limit = std::chrono::hours(24));
  void run_for(core::Duration span) { timers.run_for(span); }

  void power_changed(Server& server, core::PowerState power);

  /// Other BMCs than FakeBmc: tests/workflows/wire_bmcs.hpp.
  class Bmcs {
   public:
    virtual ~Bmcs() = default;
    virtual std::shared_ptr<drivers::Bmc> bmc(Server& server, bool afresh) = 0;
  };
  Bmcs* bmcs = nullptr;

  boost::asio::io_context loop{1};
  core::VirtualTimers timers;
  core::Log log = core::Log::silent();
  Disk disk;
  std::list<Server> servers;
  core::TaskGroup tasks;

 private:
  core::Task<> live(Server& server);
  core::Task<> boot(Server& server, unsigned life);
  core::Task<> network_boot(Server& server, unsigned life, bool* to_disk);
  core::Task<> run_scout(Server& server, unsigned life, std::string token);
  core::Task<> run_wipe(Server& server, unsigned life, std::string token, drivers::scout::WipeOrder order);
  core::Task<> run_talos(Server& server, unsigned life, std::string token);
  core::Task<ScoutReply> say(Server& server, std::string token, std::string name, std::string body);
  core::Task<ScoutReply> say_until_answered(Server& server, unsigned life, std::string token,
                                            std::string name, std::string body);
  void seen(const Server& server, core::Fact fact);
  [[nodiscard]] bool alive(const Server& server, unsigned life) const {
    return server.lives == life && server.power == core::PowerState::on;
  }
  [[nodiscard]] drivers::scout::Inventory look(const Server& server) const;

  Site site_;
  core::Signal power_signal_;
  std::unique_ptr<Appliance> appliance_;
  unsigned runs_ = 0;
};

template <class T>
core::Task<std::optional<T>> World::request(std::function<core::Task<T>(Workshop&)> ask) {
  if (!appliance_ || !appliance_->started) {
    co_await timers.sleep_for(std::chrono::seconds(1));
    co_return std::nullopt;
  }
  struct Pending {
    explicit Pending(core::Timers& t) : ended(t) {}
    std::optional<T> answer;
    bool over = false;
    core::Wakeup ended;
  };
  const auto pending = std::make_shared<Pending>(timers);
  const auto serve = [](Workshop& workshop, std::function<core::Task<T>(Workshop&)> question,
                        std::shared_ptr<Pending> out) -> core::Task<> {
    // Whatever ends this task, the one who asked is told.
    const core::OnExit tell([&out] {
      out->over = true;
      out->ended.wake();
    });
    out->answer.emplace(co_await question(workshop));
  };
  appliance_->connections.spawn("request", serve(appliance_->workshop, std::move(ask), pending));
  while (!pending->over) co_await pending->ended.wait();
  co_return std::move(pending->answer);
}

template <class T>
std::optional<T> World::ask(std::function<core::Task<T>(Workshop&)> question) {
  auto out = std::make_shared<std::optional<T>>();
  auto over = std::make_shared<bool>(false);
  const auto task = [](World& world, std::function<core::Task<T>(Workshop&)> q,
                       std::shared_ptr<std::optional<T>> to, std::shared_ptr<bool> ended) -> core::Task<> {
    *to = co_await world.request<T>(std::move(q));
    *ended = true;
  };
  tasks.spawn("ask", task(*this, std::move(question), out, over));
  run_until([&] { return *over; }, std::chrono::minutes(5));
  return std::move(*out);
}

}  // namespace colony::workflows

#pragma once
// The BMCs of a World as hw-sim's, over the native driver and every byte of RMCP+: what a recipe feels when a
// BMC drops, freezes, lies or has one session.

#include "drivers/ipmi/ipmi_client.hpp"
#include "hw-sim/bmc/bmc_memory.hpp"
#include "tests/workflows/operator.hpp"

namespace colony::workflows {

class WireBmcs final : public World::Bmcs {
 public:
  explicit WireBmcs(World& world) : world_(world) { world.bmcs = this; }
  WireBmcs(const WireBmcs&) = delete;
  WireBmcs& operator=(const WireBmcs&) = delete;
  ~WireBmcs() override {
    world_.stop_appliance();
    bool closed = false;
    const auto close = [](WireBmcs& self, bool& done) -> core::Task<> {
      self.other_.reset();
      for (auto& [number, place] : self.places_) place->bmc.reset();
      co_await self.client_.close();
      done = true;
    };
    world_.tasks.spawn("close", close(*this, closed));
    world_.run_until([&closed] { return closed; }, std::chrono::hours(1));
    world_.bmcs = nullptr;
  }

  std::shared_ptr<drivers::Bmc> bmc(Server& server, bool afresh) override {
    Place& place = place_of(server);
    if (!place.bmc || afresh) place.bmc = client_.open(place.endpoint, credentials());
    return place.bmc;
  }
  hw_sim::BmcModel& model(Server& server) { return *place_of(server).model; }
  /// Sessions that `server`'s BMC has; before it is first used.
  void set_sessions(unsigned sessions) { max_sessions_ = sessions; }

  /// Somebody else who takes a session of this BMC and keeps it, until let go.
  void somebody_else_takes_a_session(Server& server) {
    other_ = client_.open(place_of(server).endpoint, credentials());
    world_.tasks.spawn("other", hold(*this));
    world_.run_until([this, &server] { return model(server).open_sessions() > 0; }, std::chrono::minutes(1));
  }
  void somebody_else_leaves() { held_ = false; }

 private:
  /// The machine behind the BMC is the World's.
  class WorldChassis final : public hw_sim::Chassis {
   public:
    WorldChassis(World& world, Server& server) : world_(world), server_(server) {}
    core::PowerState power() const override { return server_.power; }
    void act(drivers::PowerAction action) override {
      const bool on = action == drivers::PowerAction::on;
      ++(on ? server_.power_on_commands : server_.power_off_commands);
      world_.power_changed(server_, on ? core::PowerState::on : core::PowerState::off);
    }
    drivers::BootDeviceSetting boot_device() const override { return server_.next_boot; }
    void set_boot_device(const drivers::BootDeviceSetting& setting) override {
      ++server_.boot_device_commands;
      server_.next_boot = setting;
    }

   private:
    World& world_;
    Server& server_;
  };

  struct Place {
    drivers::BmcEndpoint endpoint;
    std::unique_ptr<WorldChassis> chassis;
    std::unique_ptr<hw_sim::BmcModel> model;
    std::shared_ptr<drivers::Bmc> bmc;
  };

  static core::Task<> hold(WireBmcs& self) {
    while (self.held_ && self.other_) {
      (void)co_await self.other_->power_state(self.world_.timers.now() + std::chrono::seconds(20));
      co_await self.world_.timers.sleep_for(std::chrono::seconds(10));
    }
    if (self.other_) co_await self.other_->close();
  }

  // As operator.cpp enrols them.
  static drivers::BmcCredentials credentials() { return {"ADMIN", core::Secret("pass")}; }

  Place& place_of(Server& server) {
    auto& place = places_[server.number];
    if (place) return *place;
    place = std::make_unique<Place>();
    place->endpoint = {server.bmc_address, 623};
    place->chassis = std::make_unique<WorldChassis>(world_, server);
    hw_sim::BmcProfile profile;
    profile.username = "ADMIN";
    profile.password = core::Secret("pass");
    profile.system_guid = server.bmc_guid.value_or(server.uuid);
    profile.product.serial = server.serial;
    profile.max_sessions = max_sessions_;
    place->model = std::make_unique<hw_sim::BmcModel>(std::move(profile), *place->chassis, random_);
    network_.add(place->endpoint, *place->model);
    return *place;
  }

  World& world_;
  core::SeededRandom random_{7};
  hw_sim::MemoryBmcs network_{world_.timers};
  unsigned max_sessions_ = 4;
  bool held_ = true;
  std::map<unsigned, std::unique_ptr<Place>> places_;
  drivers::ipmi::IpmiClient client_{world_.timers, random_, world_.log, network_, {}};
  std::unique_ptr<drivers::Bmc> other_;
};

}  // namespace colony::workflows

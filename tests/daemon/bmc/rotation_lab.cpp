#include "tests/daemon/bmc/rotation_lab.hpp"

namespace colony::testing {

namespace {

const drivers::BmcEndpoint place{*core::Ipv4Address::parse("10.0.0.9"), 623};

hw_sim::BmcProfile profile(std::size_t max_sessions) {
  hw_sim::BmcProfile out;
  out.username = "ADMIN";
  out.password = core::Secret(RotationLab::first_password);
  out.system_guid = *core::Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
  out.max_sessions = max_sessions;
  return out;
}

}  // namespace

struct RotationLab::Program {
  Program(RotationLab& lab, std::uint64_t seed, workflows::Crash crash)
      : random(seed),
        journal(lab.disk, lab.timers, crash),
        network(lab.timers),
        client(lab.timers, random, lab.log, network, {}),
        program(lab.timers, lab.log, {}),
        directory(client, program),
        workshop({journal, lab.timers, random, lab.log, directory, {}}, {}),
        requests(lab.timers) {
    network.add(place, lab.model);
    network.set_wire([&lab](unsigned) { return lab.is_lost() ? hw_sim::Fate::lose : hw_sim::Fate::deliver; });
    const auto start = [](Program& self) -> core::Task<> {
      if (const auto opened = co_await self.workshop.open(); !opened) co_return;
      self.started = (co_await self.workshop.start()).has_value();
    };
    requests.spawn("start", start(*this));
  }

  core::SeededRandom random;
  workflows::MemoryJournal journal;
  hw_sim::MemoryBmcs network;
  drivers::ipmi::IpmiClient client;
  drivers::ipmitool::IpmitoolClient program;
  daemon::DriverDirectory directory;
  workflows::Workshop workshop;
  core::TaskGroup requests;
  bool started = false;
};

RotationLab::RotationLab(std::uint64_t seed, Kill kill, std::size_t max_sessions)
    : random(seed), model(profile(max_sessions), chassis, random), seed_(seed) {
  model.users().set_lockout_after(3);
  restart(kill);
}

RotationLab::~RotationLab() {
  end_program();
}

void RotationLab::end_program() {
  if (!program_) return;
  wire_dead_ = true;  // nothing that it still sends arrives: it is dead
  const auto end = [](Program& program) -> core::Task<> {
    program.requests.cancel();
    co_await program.requests.join();
    co_await program.workshop.abandon();
    program.directory.let_go();
    co_await program.client.close();
  };
  tasks.spawn("end", end(*program_));
  timers.run_until([this] { return tasks.size() == 0; }, timers.now() + 1h);
  program_.reset();
}

void RotationLab::restart(Kill kill) {
  end_program();
  wire_dead_ = false;
  kill_ = kill;
  program_ = std::make_unique<Program>(*this, seed_ + 7919ULL * ++lives_, kill.commit);
  timers.run_until([this] { return program_->started || killed(); }, timers.now() + 1h);
}

bool RotationLab::is_lost() {
  if (!wire_dead_ && ++datagrams_ == kill_.datagram) wire_dead_ = true;
  return wire_dead_;
}

bool RotationLab::killed() const {
  return wire_dead_ || program_->journal.dead();
}

workflows::Orders& RotationLab::orders() {
  return program_->workshop.orders();
}

core::TaskGroup& RotationLab::requests() {
  return program_->requests;
}

bool RotationLab::enrol() {
  const auto enrolled = ask<core::Result<workflows::Enrolled>>([](workflows::Orders& in) {
    workflows::BmcEnrolment enrolment;
    enrolment.address = place.address;
    enrolment.username = "ADMIN";
    enrolment.password = core::Secret(first_password);
    enrolment.name = "web-1";
    return in.enrol_bmc(std::move(enrolment));
  });
  return enrolled && enrolled->has_value();
}

std::optional<workflows::WorkflowRow> RotationLab::rotate(const std::string& operation) {
  const auto ordered = ask<core::Result<workflows::Submitted>>(
      [operation](workflows::Orders& in) { return in.rotate_bmc_password({"web-1", operation}); });
  if (!ordered) return std::nullopt;
  EXPECT_TRUE(*ordered) << ordered->error().message;
  if (!*ordered) return std::nullopt;
  const core::WorkflowId id = (*ordered)->workflow;
  const auto over = [this, id] {
    const auto row = disk.workflows.find(id);
    return row != disk.workflows.end() && workflows::is_finished(row->second);
  };
  timers.run_until([&] { return killed() || over(); }, timers.now() + 24h);
  if (killed() || !over()) return std::nullopt;
  // Let what belongs to the end of it happen, the last session's close among it.
  timers.run_for(3s);
  if (killed()) return std::nullopt;
  return disk.workflows.at(id);
}

core::AssetId RotationLab::asset() const {
  return disk.assets.begin()->first;
}

const workflows::BmcRecord& RotationLab::record() const {
  return *disk.assets.begin()->second.bmc;
}

bool RotationLab::password_is_known() {
  const auto& there = account().password;
  if (disk.assets.empty()) return there.equals(first_password);
  return there.equals(record().password.reveal()) ||
         (!record().next_password.empty() && there.equals(record().next_password.reveal()));
}

std::string RotationLab::look_at_power() {
  const auto power =
      ask<core::Result<core::PowerState>>([](workflows::Orders& in) { return in.power_state("web-1"); });
  if (!power) return "killed";
  return *power ? "" : power->error().code;
}

}  // namespace colony::testing

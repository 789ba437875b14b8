// What anybody can send to the simulated BMC: bare datagrams, and commands inside a session that a real
// client opened.

#include "core/random.hpp"
#include "drivers/ipmi/session.hpp"
#include "hw-sim/bmc/bmc_model.hpp"

using namespace colony;
using namespace colony::drivers::ipmi;

namespace {

hw_sim::BmcProfile make_profile() {
  hw_sim::BmcProfile profile;
  profile.username = "ADMIN";
  profile.password = core::Secret("secret");
  return profile;
}

const hw_sim::BmcProfile& profile_of_bmc() {
  static const hw_sim::BmcProfile profile = make_profile();
  return profile;
}

/// The input as commands: network function, code, length of the data, data.
class Chunks {
 public:
  explicit Chunks(core::ByteView input) : rest_(input) {}
  std::optional<Command> next() {
    if (rest_.size() < 3) return std::nullopt;
    const std::size_t length = std::min<std::size_t>(rest_[2] % 32U, rest_.size() - 3);
    const core::ByteView body = rest_.subspan(3, length);
    Command command{static_cast<NetFn>(rest_[0] & 0x3e), rest_[1], core::Bytes(body.begin(), body.end()),
                    Repeat::safe};
    rest_ = rest_.subspan(3 + length);
    return command;
  }

 private:
  core::ByteView rest_;
};

/// The same commands as a client sends them.
void in_a_session(hw_sim::BmcModel& model, core::Random& random, core::ByteView input) {
  const drivers::BmcCredentials credentials{"ADMIN", core::Secret("secret")};
  const auto suite = input.size() % 32 == 0 ? CipherSuite::sha1_aes : CipherSuite::sha256_aes;
  Session session(
      {.console_session = 42, .suites = {suite}, .privilege = Privilege::administrator, .timing = {}},
      credentials, random);
  const auto exchange = [&](Step step) {
    while (!step.send.empty()) {
      const auto replies = model.on_datagram(step.send.front(), {});
      if (replies.empty()) return;
      step = session.on_datagram(replies.front().bytes, {});
    }
  };
  exchange(session.open({}));
  if (!session.ready()) __builtin_trap();
  Chunks chunks(input);
  while (session.ready()) {
    auto command = chunks.next();
    if (!command) return;
    exchange(session.submit(*command, {}));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView input(data, size);
  core::SeededRandom random(1);
  hw_sim::PlainChassis chassis;
  hw_sim::BmcModel model(make_profile(), chassis, random);
  (void)model.on_datagram(input, {});

  // The commands themselves, without sessions: cheap, so that the fuzzer gets through many.
  hw_sim::BmcFirmware firmware(profile_of_bmc(), chassis);
  hw_sim::BmcUserTable users(profile_of_bmc());
  users.set_lockout_after(static_cast<unsigned>(size % 4));
  Chunks chunks(input);
  while (auto command = chunks.next()) {
    const RequestMessage request{.net_fn = static_cast<std::uint8_t>(command->net_fn),
                                 .lun = 0,
                                 .number = {},
                                 .code = command->code,
                                 .data = command->data};
    const auto reply = firmware.run(request, size % 3 == 0 ? Privilege::user : Privilege::administrator, {});
    if (reply.data.size() > 300) __builtin_trap();
    const auto cut = size % 5 == 0 ? hw_sim::PasswordFate::cut : hw_sim::PasswordFate::taken;
    (void)users.run(request, size % 3 == 0 ? Privilege::user : Privilege::administrator, cut);
    users.on_rejection("ADMIN");
    users.on_login("ADMIN");
  }
  if (size % 16 == 0) in_a_session(model, random, input);
  return 0;
}

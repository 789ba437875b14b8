// What anybody can send to the simulated BMC: bare datagrams, and commands inside a session that a real
// client opened.

#include "core/random.hpp"
#include "drivers/ipmi/session.hpp"
#include "hw-sim/bmc/bmc_model.hpp"

using namespace colony;
using namespace colony::drivers::ipmi;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView input(data, size);
  core::SeededRandom random(1);
  hw_sim::PlainChassis chassis;
  hw_sim::BmcProfile profile;
  profile.username = "ADMIN";
  profile.password = core::Secret("secret");
  hw_sim::BmcModel model(std::move(profile), chassis, random);
  (void)model.on_datagram(input, {});

  const drivers::BmcCredentials credentials{"ADMIN", core::Secret("secret")};
  const auto suite = size % 2 == 0 ? CipherSuite::sha1_aes : CipherSuite::sha256_aes;
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
  // Four bytes head, then the command's data.
  for (core::ByteView rest = input; rest.size() >= 3 && session.ready();) {
    const std::size_t length = std::min<std::size_t>(rest[2] % 16U, rest.size() - 3);
    const core::ByteView body = rest.subspan(3, length);
    Command command{static_cast<NetFn>(rest[0] & 0x3e), rest[1], core::Bytes(body.begin(), body.end()),
                    Repeat::safe};
    exchange(session.submit(std::move(command), {}));
    rest = rest.subspan(3 + length);
  }
  return 0;
}

// SOL payloads from anybody, into both ends of a line: each payload is preceded by its length.

#include <cstdlib>

#include "drivers/ipmi/sol.hpp"
#include "drivers/ipmi/sol_line.hpp"
#include "hw-sim/bmc/bmc_sol.hpp"

using namespace colony;
namespace ipmi = drivers::ipmi;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  core::ByteReader in({data, size});
  ipmi::SolLine line({.to_bmc = in.u8().value_or(0), .from_bmc = 200, .port = 623});
  hw_sim::BmcSol bmc;
  core::BootTime now{};
  bmc.print("something to answer", now);
  std::size_t given = 0;
  std::size_t came = 0;
  while (const auto length = in.u8()) {
    const auto payload = in.take(*length);
    if (!payload) break;
    now += std::chrono::milliseconds(100);
    if (const auto packet = ipmi::decode_sol(*payload)) {
      came += packet->data.size();
      if (ipmi::encode(*packet).size() != payload->size()) std::abort();
    }
    const auto step = line.on_payload(*payload, now);
    given += step.output.size();
    if (given > came) std::abort();
    for (const auto& answer : step.send) {
      if (!ipmi::decode_sol(answer)) std::abort();
    }
    (void)line.type(*payload, now);
    (void)line.on_time(now);
    (void)bmc.on_payload(*payload, (*length & 1) != 0, now);
    (void)bmc.on_time(now);
  }
  (void)ipmi::parse_activate_sol({data, size});
  (void)ipmi::parse_sol_instance({data, size});
  return 0;
}

// Any body for every order: taken within its bounds, or refused by name.
#include <cstdlib>

#include "daemon/api/bodies.hpp"
#include "workflows/choice/nic_choice.hpp"

using namespace colony;
using namespace colony::daemon::api;

namespace {

template <class Order>
void check(const core::Result<Order>& order) {
  if (!order && (order.error().message.empty() || order.error().kind != core::ErrorKind::invalid_input))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  check(decode_enrolment(body));
  check(decode_discover("a", body));
  check(decode_rotate("a", body));
  check(decode_power("a", body));
  check(decode_reboot("a", body));
  check(decode_window(body));
  const auto provision = decode_provision("a", body);
  check(provision);
  if (provision && (provision->kernel_arguments.size() > max_kernel_arguments ||
                    provision->nics.size() > workflows::max_chosen_nics))
    std::abort();
  check(decode_provision_plan("a", body));
  const auto wipe = decode_wipe("a", body);
  check(wipe);
  if (wipe && wipe->disks.size() > max_disks) std::abort();
  return 0;
}

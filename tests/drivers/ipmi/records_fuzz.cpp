// Sensor records, readings, events, LAN parameters and users from a BMC that says anything; orders about
// users from anybody; and the requests that are made from what it said: each has the length of its table in
// the specification.

#include <cstdlib>

#include "drivers/ipmi/lan.hpp"
#include "drivers/ipmi/sdr.hpp"
#include "drivers/ipmi/sel.hpp"
#include "drivers/ipmi/users.hpp"

using namespace colony;
namespace ipmi = drivers::ipmi;

namespace {

void expect_length(const ipmi::Command& command, std::size_t length) {
  if (command.data.size() != length) std::abort();
}

/// A walk through the repositories as the operations make it, with numbers that came from the BMC.
void ask_on(core::ByteView said) {
  const auto reservation = ipmi::parse_reservation(said).value_or(0);
  expect_length(ipmi::reserve_sdr(), 0);
  expect_length(ipmi::reserve_sel(), 0);
  expect_length(ipmi::get_sel_info(), 0);
  expect_length(ipmi::get_restart_cause(), 0);
  expect_length(ipmi::clear_sel(reservation, ipmi::SelErase::ask), 6);
  if (const auto part = ipmi::parse_get_sdr(said, 32)) {
    expect_length(ipmi::get_sdr(reservation, part->next, 0, 32), 6);
  }
  if (const auto entry = ipmi::parse_sel_entry(said)) expect_length(ipmi::get_sel_entry(entry->next), 6);
  if (const auto mac = ipmi::parse_lan_mac(said)) {
    expect_length(ipmi::get_lan_parameter(ipmi::LanParameter::mac), 4);
  }
}

void users(core::ByteView all) {
  if (const auto access = ipmi::parse_user_access(all)) {
    const auto again = ipmi::parse_user_access(ipmi::encode(*access));
    if (!again || again->access != access->access || again->enabled != access->enabled) std::abort();
  }
  if (const auto name = ipmi::parse_user_name(all)) {
    const auto command = ipmi::set_user_name({1}, *name);
    if (!command || ipmi::parse_set_user_name(command->data)->name != *name) std::abort();
  }
  if (const auto order = ipmi::parse_set_user_access(all)) {
    const auto again = ipmi::parse_set_user_access(ipmi::set_user_access(order->user, order->access).data);
    if (!again || again->access != order->access) std::abort();
  }
  (void)ipmi::parse_set_user_name(all);
  if (const auto order = ipmi::parse_set_user_password(all)) {
    const auto command = ipmi::set_user_password(*order);
    if (!command || !ipmi::parse_set_user_password(command->data)) std::abort();
    (void)ipmi::form_of(order->password);
  }
  if (!all.empty()) (void)ipmi::password_verdict(all[0]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView all(data, size);
  if (const auto sensor = ipmi::decode_sensor_record(all); sensor && *sensor) {
    if ((*sensor)->name.size() > 64) std::abort();
    expect_length(ipmi::get_sensor_reading(**sensor), 1);
    expect_length(ipmi::get_sensor_thresholds(**sensor), 1);
    if ((*sensor)->conversion) {
      for (unsigned raw = 0; raw < 256; ++raw) {
        (void)(*sensor)->conversion->apply(static_cast<std::uint8_t>(raw));
      }
      (void)ipmi::parse_sensor_thresholds(all, *(*sensor)->conversion);
    }
  }
  if (const auto entry = ipmi::parse_sel_entry(all)) {
    if (entry->entry.sensor.empty() || entry->entry.event.empty()) std::abort();
  }
  if (const auto part = ipmi::parse_get_sdr(all, 32); part && part->bytes.size() > 32) std::abort();
  (void)ipmi::sdr_size(all);
  if (const auto reading = ipmi::parse_sensor_reading(all)) {
    if (ipmi::threshold_state(reading->states).size() != 2) std::abort();
  }
  (void)ipmi::parse_sel_info(all);
  (void)ipmi::parse_clear_sel(all);
  (void)ipmi::parse_reservation(all);
  (void)ipmi::parse_lan_address(all);
  (void)ipmi::parse_lan_source(all);
  (void)ipmi::parse_lan_mac(all);
  (void)ipmi::parse_lan_vlan(all);
  (void)ipmi::parse_restart_cause(all);
  ask_on(all);
  users(all);
  return 0;
}

// Sensor records, readings, events and LAN parameters from a BMC that says anything.

#include <cstdlib>

#include "drivers/ipmi/lan.hpp"
#include "drivers/ipmi/sdr.hpp"
#include "drivers/ipmi/sel.hpp"

using namespace colony;
namespace ipmi = drivers::ipmi;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView all(data, size);
  if (const auto sensor = ipmi::decode_sensor_record(all); sensor && *sensor) {
    if ((*sensor)->name.size() > 64) std::abort();
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
  (void)ipmi::parse_sensor_reading(all);
  (void)ipmi::parse_sel_info(all);
  (void)ipmi::parse_clear_sel(all);
  (void)ipmi::parse_reservation(all);
  (void)ipmi::parse_lan_address(all);
  (void)ipmi::parse_lan_source(all);
  (void)ipmi::parse_lan_mac(all);
  (void)ipmi::parse_lan_vlan(all);
  (void)ipmi::parse_restart_cause(all);
  return 0;
}

#include "drivers/ipmi/records.hpp"

#include <algorithm>
#include <set>

#include "drivers/ipmi/ask.hpp"
#include "drivers/ipmi/fru.hpp"
#include "drivers/ipmi/lan.hpp"
#include "drivers/ipmi/sdr.hpp"
#include "drivers/ipmi/sel.hpp"

namespace colony::drivers::ipmi {

using core::Result;
using core::Task;

namespace {

// Bounds against a BMC whose log or repository never ends.
constexpr std::size_t max_sel = 16'384;
constexpr std::size_t max_sdrs = 4'096;
constexpr std::size_t max_sel_walk = 1'024;  // of one look for what is new
constexpr unsigned max_reservations = 8;     // lost in a row: somebody else reads, too
constexpr unsigned max_erase_looks = 120;
constexpr std::uint8_t first_piece = 32, smallest_piece = 16;

bool is_too_much(std::uint8_t code) {
  return code == completion::request_length || code == completion::length_exceeded ||
         code == completion::too_many_bytes || code == 0xff;
}

/// Is the time over, and not for nothing? Then what was read is the answer.
bool ends_early(const core::Error& error, std::size_t read) {
  return error.kind == core::ErrorKind::timed_out && read > 0;
}

/// A walk through the repository: its reservation, and how much it hands out at once.
struct SdrWalk {
  std::uint16_t reservation = 0;
  unsigned reservations = 0;
  std::uint8_t piece = first_piece;
  bool header_first = false;  // it does not give less than what is asked for
  [[nodiscard]] std::size_t beginning() const { return header_first ? sdr_header : piece; }
};

Task<Result<>> reserve(Link& link, SdrWalk& walk, core::BootTime deadline) {
  if (++walk.reservations > max_reservations) {
    co_return fail(IpmiError::command_refused, completion::reservation_lost);
  }
  auto data = co_await ask(link, reserve_sdr(), deadline);
  if (!data) {
    // No reservations: then parts are read without.
    if (data.error().kind != core::ErrorKind::unsupported) co_return std::unexpected(data.error());
    walk.reservation = 0;
    co_return Result<>{};
  }
  const auto reservation = parse_reservation(*data);
  if (!reservation) co_return fail(reservation.error());
  walk.reservation = *reservation;
  co_return Result<>{};
}

struct Sdr {
  std::uint16_t next = no_sdr;
  core::Bytes record;
};

Task<Result<Sdr>> read_sdr(Link& link, SdrWalk& walk, std::uint16_t id, core::BootTime deadline) {
  Sdr out;
  std::size_t size = walk.beginning();  // until the header says it
  while (out.record.size() < size) {
    const auto wanted =
        static_cast<std::uint8_t>(std::min<std::size_t>(size - out.record.size(), walk.piece));
    const auto offset = static_cast<std::uint8_t>(out.record.size());
    auto answer = co_await link.call(get_sdr(walk.reservation, id, offset, wanted), deadline);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    if (answer->completion == completion::reservation_lost) {
      if (auto again = co_await reserve(link, walk, deadline); !again)
        co_return std::unexpected(again.error());
      out.record.clear();
      size = walk.beginning();
      continue;
    }
    const bool beyond = is_too_much(answer->completion) || answer->completion == completion::out_of_range;
    if (beyond && out.record.empty() && !walk.header_first) {
      walk.header_first = true;
      size = walk.beginning();
      continue;
    }
    if (is_too_much(answer->completion) && walk.piece > smallest_piece) {
      walk.piece = smallest_piece;
      continue;
    }
    const auto data = accepted(std::move(answer));
    if (!data) co_return std::unexpected(data.error());
    const auto part = parse_get_sdr(*data, wanted);
    if (!part) co_return fail(part.error());
    out.next = part->next;
    out.record.insert(out.record.end(), part->bytes.begin(), part->bytes.end());
    if (out.record.size() < sdr_header) continue;
    const auto whole = sdr_size(out.record);
    if (!whole) co_return fail(whole.error());
    size = *whole;
    if (size > 0xff) co_return fail(IpmiError::bad_reply);  // the offset of its end has eight bits
  }
  out.record.resize(size);
  co_return out;
}

Task<Result<SensorReading>> read_sensor(Link& link, SensorRecord sensor, SensorDetail detail,
                                        core::BootTime deadline) {
  SensorReading out;
  out.number = sensor.number;
  out.name = sensor.name;
  out.type = sensor_type_name(sensor.type);
  out.unit = sensor.unit;
  out.state = "ns";
  // Sensors of other controllers are theirs to ask; nobody answers for them on this channel.
  constexpr std::uint8_t bmc = 0x20;
  if (sensor.owner != bmc || sensor.lun != 0) co_return out;
  const auto data = co_await ask(link, get_sensor_reading(sensor), deadline);
  if (!data) {
    if (is_about_content(data.error())) co_return out;
    co_return std::unexpected(data.error());
  }
  const auto reading = parse_sensor_reading(*data);
  if (!reading) co_return fail(reading.error());
  if (reading->available) {
    out.state = sensor.is_threshold() ? threshold_state(reading->states) : "ok";
    if (sensor.is_threshold() && sensor.conversion) out.value = sensor.conversion->apply(reading->raw);
  }
  const auto& conversion = sensor.conversion;
  if (detail == SensorDetail::states || !sensor.is_threshold() || !conversion) co_return out;
  const auto limits = co_await ask(link, get_sensor_thresholds(sensor), deadline);
  if (!limits) {
    if (is_about_content(limits.error())) co_return out;
    co_return std::unexpected(limits.error());
  }
  const auto thresholds = parse_sensor_thresholds(*limits, *conversion);
  if (thresholds) out.thresholds = *thresholds;
  co_return out;
}

template <class T, class Parse>
Task<Result<T>> ask_lan(Link& link, LanParameter parameter, Parse parse, core::BootTime deadline) {
  const auto data = co_await ask(link, get_lan_parameter(parameter), deadline);
  if (!data) co_return std::unexpected(data.error());
  auto value = parse(*data);
  if (!value) co_return fail(value.error());
  co_return std::move(*value);
}

Task<Result<SelInfo>> ask_sel_info(Link& link, core::BootTime deadline) {
  const auto data = co_await ask(link, get_sel_info(), deadline);
  if (!data) co_return std::unexpected(data.error());
  const auto info = parse_sel_info(*data);
  if (!info) co_return fail(info.error());
  co_return *info;
}

/// nullopt: there is no such record (any more).
Task<Result<std::optional<SelReply>>> ask_sel_entry(Link& link, std::uint16_t id, core::BootTime deadline) {
  auto answer = co_await link.call(get_sel_entry(id), deadline);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  const auto code = answer->completion;
  if (code == completion::not_present || code == completion::out_of_range) co_return std::nullopt;
  const auto data = accepted(std::move(answer));
  if (!data) co_return std::unexpected(data.error());
  auto reply = parse_sel_entry(*data);
  if (!reply) co_return fail(reply.error());
  co_return std::move(*reply);
}

}  // namespace

Task<Result<SelLog>> read_sel(Link& link, core::BootTime deadline) {
  const auto info = co_await ask_sel_info(link, deadline);
  if (!info) co_return std::unexpected(info.error());
  SelLog log;
  log.free_bytes = info->free_bytes;
  log.overflow = info->overflow;
  if (info->entries == 0) co_return log;
  std::set<std::uint16_t> seen;  // a log that goes in circles ends
  std::uint16_t id = first_sel_entry;
  while (id != no_sel_entry && log.entries.size() < max_sel) {
    auto found = co_await ask_sel_entry(link, id, deadline);
    if (!found) co_return std::unexpected(std::move(found.error()));
    auto& reply = *found;
    if (!reply) break;  // cleared meanwhile
    log.entries.push_back(std::move(reply->entry));
    if (!seen.insert(reply->next).second) break;
    id = reply->next;
  }
  co_return log;
}

Task<Result<SelNews>> read_sel_since(Link& link, std::optional<SelMark> mark, core::BootTime deadline) {
  const auto info = co_await ask_sel_info(link, deadline);
  if (!info) co_return std::unexpected(info.error());
  SelNews news;
  news.overflow = info->overflow;
  if (info->entries == 0) {
    news.restarted = mark && !mark->record.empty();
    co_return news;
  }
  std::uint16_t id = last_sel_entry;
  bool newest_only = !mark;
  if (mark) {
    id = first_sel_entry;
    if (!mark->record.empty()) {
      auto found = co_await ask_sel_entry(link, mark->id, deadline);
      if (!found) co_return std::unexpected(std::move(found.error()));
      auto& reply = *found;
      // Numbers begin anew in a log that was cleared: what tells is the record itself.
      news.restarted = !reply || reply->record != mark->record;
      if (!news.restarted) {
        news.mark = *mark;
        id = reply->next;
      } else if (info->entries > SelNews::max_entries) {
        // It has wrapped: how much of what is left is news, nobody can tell.
        newest_only = news.cut = true;
        id = last_sel_entry;
      }
    }
  }
  std::set<std::uint16_t> seen;
  while (id != no_sel_entry || (newest_only && seen.empty())) {
    auto found = co_await ask_sel_entry(link, id, deadline);
    if (!found && ends_early(found.error(), seen.size())) {
      news.cut = news.behind = true;
      break;
    }
    if (!found) co_return std::unexpected(std::move(found.error()));
    auto& reply = *found;
    if (!reply) break;
    news.mark = {reply->entry.id, std::move(reply->record)};
    if (mark) news.entries.push_back(std::move(reply->entry));
    if (news.entries.size() > SelNews::max_entries) {
      news.entries.erase(news.entries.begin());
      news.cut = true;
    }
    if (!seen.insert(reply->next).second) break;
    id = reply->next;
    if (seen.size() < max_sel_walk) continue;
    news.behind = id != no_sel_entry;
    break;
  }
  co_return news;
}

Task<Result<>> erase_sel(Link& link, core::BootTime deadline) {
  for (unsigned reservations = 0; reservations < max_reservations; ++reservations) {
    std::uint16_t reservation = 0;
    const auto reserved = co_await ask(link, reserve_sel(), deadline);
    if (reserved) {
      const auto number = parse_reservation(*reserved);
      if (!number) co_return fail(number.error());
      reservation = *number;
    } else if (reserved.error().kind != core::ErrorKind::unsupported) {
      co_return std::unexpected(reserved.error());
    }
    SelErase what = SelErase::begin;
    bool lost = false;  // somebody else reserved it meanwhile
    for (unsigned look = 0; look < max_erase_looks && !lost; ++look) {
      auto answer = co_await link.call(clear_sel(reservation, what), deadline);
      if (answer && answer->completion == completion::reservation_lost) {
        lost = true;
        continue;
      }
      const auto data = accepted(std::move(answer));
      if (!data) co_return std::unexpected(data.error());
      const auto complete = parse_clear_sel(*data);
      if (!complete) co_return fail(complete.error());
      if (*complete) co_return Result<>{};
      what = SelErase::ask;
    }
    if (!lost) co_return fail(IpmiError::busy);
  }
  co_return fail(IpmiError::command_refused, completion::reservation_lost);
}

Task<Result<SensorReadings>> read_sensors(Link& link, SensorDetail detail, core::BootTime deadline) {
  SdrWalk walk;
  if (auto reserved = co_await reserve(link, walk, deadline); !reserved)
    co_return std::unexpected(reserved.error());
  SensorReadings out;
  std::set<std::uint16_t> seen;
  std::uint16_t id = first_sdr;
  while (id != no_sdr && seen.size() < max_sdrs) {
    const auto sdr = co_await read_sdr(link, walk, id, deadline);
    if (!sdr) {
      // An empty repository says "not present" to its first record.
      if (seen.empty() && is_about_content(sdr.error())) break;
      out.cut = ends_early(sdr.error(), out.sensors.size());
      if (out.cut) break;
      co_return std::unexpected(sdr.error());
    }
    // A damaged record costs itself, not the others.
    auto decoded = decode_sensor_record(sdr->record);
    if (auto sensor = decoded ? std::move(*decoded) : std::nullopt) {
      // At once, and not after all records: so there is something to show when the time is over.
      auto reading = co_await read_sensor(link, std::move(*sensor), detail, deadline);
      out.cut = !reading && ends_early(reading.error(), out.sensors.size());
      if (out.cut) break;
      if (!reading) co_return std::unexpected(reading.error());
      out.sensors.push_back(std::move(*reading));
    }
    walk.reservations = 0;
    if (!seen.insert(sdr->next).second) break;
    id = sdr->next;
  }
  co_return out;
}

Task<Result<FruFields>> read_fru_fields(Link& link, core::BootTime deadline) {
  const auto inventory = co_await read_inventory(link, deadline);
  if (!inventory) co_return std::unexpected(inventory.error());
  FruFields out;
  const auto add = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out.emplace_back(name, value);
  };
  add("Board Mfg", inventory->board.manufacturer);
  add("Board Product", inventory->board.product);
  add("Board Serial", inventory->board.serial);
  add("Board Part Number", inventory->board.part_number);
  add("Product Manufacturer", inventory->product.manufacturer);
  add("Product Name", inventory->product.name);
  add("Product Part Number", inventory->product.part_number);
  add("Product Version", inventory->product.version);
  add("Product Serial", inventory->product.serial);
  add("Product Asset Tag", inventory->product.asset_tag);
  co_return out;
}

Task<Result<LanConfig>> read_lan(Link& link, core::BootTime deadline) {
  LanConfig out;
  const auto address =
      co_await ask_lan<core::Ipv4Address>(link, LanParameter::address, parse_lan_address, deadline);
  if (!address) co_return std::unexpected(address.error());
  out.address = *address;
  const auto source = co_await ask_lan<std::string>(link, LanParameter::source, parse_lan_source, deadline);
  if (!source) co_return std::unexpected(source.error());
  out.source = *source;
  const auto mask =
      co_await ask_lan<core::Ipv4Address>(link, LanParameter::mask, parse_lan_address, deadline);
  if (!mask) co_return std::unexpected(mask.error());
  out.mask = *mask;
  const auto mac = co_await ask_lan<core::MacAddress>(link, LanParameter::mac, parse_lan_mac, deadline);
  if (!mac) co_return std::unexpected(mac.error());
  out.mac = *mac;
  const auto gateway =
      co_await ask_lan<core::Ipv4Address>(link, LanParameter::gateway, parse_lan_address, deadline);
  if (gateway && gateway->value() != 0) out.gateway = *gateway;
  if (!gateway && !is_about_content(gateway.error())) co_return std::unexpected(gateway.error());
  const auto vlan =
      co_await ask_lan<std::optional<std::uint16_t>>(link, LanParameter::vlan, parse_lan_vlan, deadline);
  if (vlan) out.vlan = *vlan;
  if (!vlan && !is_about_content(vlan.error())) co_return std::unexpected(vlan.error());
  co_return out;
}

Task<Result<std::string>> read_restart_cause(Link& link, core::BootTime deadline) {
  const auto data = co_await ask(link, get_restart_cause(), deadline);
  if (!data) co_return std::unexpected(data.error());
  auto cause = parse_restart_cause(*data);
  if (!cause) co_return fail(cause.error());
  co_return std::move(*cause);
}

}  // namespace colony::drivers::ipmi

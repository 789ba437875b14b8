#include "drivers/ipmi/operations.hpp"

#include <algorithm>

#include "drivers/ipmi/ask.hpp"

namespace colony::drivers::ipmi {

namespace {

// BMCs differ in how much they hand out at once; 16 is what all can do.
constexpr std::uint8_t first_read = 32;
constexpr std::uint8_t smallest_read = 16;

/// `size` bytes of the FRU from `offset` on.
core::Task<core::Result<core::Bytes>> read_area(Link& link, FruAreaInfo info, std::size_t offset,
                                                std::size_t size, core::BootTime deadline) {
  if (offset + size > info.size) co_return fail(IpmiError::bad_fru);
  core::Bytes area;
  std::uint8_t at_once = first_read;
  const unsigned unit = info.by_words ? 2 : 1;
  while (area.size() < size) {
    const auto wanted = static_cast<std::uint8_t>(std::min<std::size_t>(at_once, size - area.size()));
    const auto place = static_cast<std::uint16_t>((offset + area.size()) / unit);
    const auto count = static_cast<std::uint8_t>((wanted + unit - 1) / unit);
    auto answer = co_await link.call(read_fru(place, count), deadline);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    const bool too_much = answer->completion == completion::request_length ||
                          answer->completion == completion::length_exceeded ||
                          answer->completion == completion::too_many_bytes;
    if (too_much && at_once > smallest_read) {
      at_once = smallest_read;
      continue;
    }
    const auto data = accepted(std::move(answer));
    if (!data) co_return std::unexpected(data.error());
    const auto bytes = parse_read_fru(*data, static_cast<std::uint8_t>(count * unit));
    if (!bytes) co_return fail(bytes.error());
    if (bytes->size() % unit != 0) co_return fail(IpmiError::bad_reply);
    const std::size_t kept = std::min(bytes->size(), size - area.size());
    area.insert(area.end(), bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(kept));
  }
  co_return area;
}

/// A whole area: its size stands in its second byte.
core::Task<core::Result<core::Bytes>> read_sized_area(Link& link, FruAreaInfo info, std::size_t offset,
                                                      core::BootTime deadline) {
  const auto start = co_await read_area(link, info, offset, FruHeader::size, deadline);
  if (!start) co_return std::unexpected(start.error());
  const auto size = fru_area_size(*start);
  if (!size) co_return fail(size.error());
  co_return co_await read_area(link, info, offset, *size, deadline);
}

}  // namespace

std::unexpected<core::Error> fail(IpmiError error, std::optional<std::uint8_t> detail) {
  return std::unexpected(to_error(error, detail));
}

core::Result<core::Bytes> accepted(core::Result<Answered> answer) {
  if (!answer) return std::unexpected(std::move(answer.error()));
  if (answer->completion != completion::ok) {
    return fail(completion_meaning(answer->completion), answer->completion);
  }
  return std::move(answer->data);
}

core::Task<core::Result<core::Bytes>> ask(Link& link, Command command, core::BootTime deadline) {
  co_return accepted(co_await link.call(std::move(command), deadline));
}

bool is_about_content(const core::Error& error) {
  return error.kind == core::ErrorKind::unsupported || error.kind == core::ErrorKind::refused ||
         error.kind == core::ErrorKind::corrupt;
}

core::Task<core::Result<Inventory>> read_inventory(Link& link, core::BootTime deadline) {
  const auto info_data = co_await ask(link, get_fru_area_info(), deadline);
  if (!info_data) co_return std::unexpected(info_data.error());
  const auto info = parse_fru_area_info(*info_data);
  if (!info) co_return fail(info.error());
  const auto header_bytes = co_await read_area(link, *info, 0, FruHeader::size, deadline);
  if (!header_bytes) co_return std::unexpected(header_bytes.error());
  const auto header = decode_fru_header(*header_bytes);
  if (!header) co_return fail(header.error());
  Inventory out;
  const auto board_at = header->board;
  const auto product_at = header->product;
  if (board_at) {
    const auto area = co_await read_sized_area(link, *info, *board_at, deadline);
    if (!area) co_return std::unexpected(area.error());
    if (auto board = decode_fru_board(*area)) out.board = std::move(*board);
  }
  if (product_at) {
    const auto area = co_await read_sized_area(link, *info, *product_at, deadline);
    if (!area) co_return std::unexpected(area.error());
    if (auto product = decode_fru_product(*area)) out.product = std::move(*product);
  }
  co_return out;
}

namespace {

/// How many sessions it holds, as it says itself. Best effort: nothing depends on it. Only what every BMC has
/// to know is asked (section 22.20 is mandatory): OpenIPMI's ipmi_sim 2.0.33 dies of Get Channel Payload
/// Support for the channel in use when it has a serial line, so whether there is one is learnt when the line
/// is opened.
core::Task<> read_limits(Link& link, core::BootTime deadline) {
  const auto data = co_await ask(link, get_session_info(), deadline);
  if (!data) co_return;
  const auto info = parse_session_info(*data);
  if (info && info->possible > 0) {
    link.learn([&info](BmcPassport& passport) { passport.sessions = info->possible; });
  }
}

}  // namespace

core::Task<core::Result<BmcIdentity>> read_identity(Link& link, core::BootTime deadline) {
  const auto device_data = co_await ask(link, get_device_id(), deadline);
  if (!device_data) co_return std::unexpected(device_data.error());
  const auto device = parse_device_id(*device_data);
  if (!device) co_return fail(device.error());
  BmcIdentity identity;
  identity.device_id = device->device_id;
  identity.firmware_revision = device->firmware_revision();
  identity.manufacturer_id = device->manufacturer_id;
  identity.product_id = device->product_id;

  const auto guid_data = co_await ask(link, get_system_guid(), deadline);
  if (guid_data) {
    if (const auto guid = parse_system_guid(*guid_data); guid && !guid->is_zero())
      identity.system_guid = *guid;
  } else if (!is_about_content(guid_data.error())) {
    co_return std::unexpected(guid_data.error());
  }

  const auto fru = co_await read_inventory(link, deadline);
  if (fru) {
    identity.board_serial = fru->board.serial;
    identity.product_serial = fru->product.serial;
    identity.product_name = fru->product.name;
  } else if (!is_about_content(fru.error())) {
    co_return std::unexpected(fru.error());
  }
  co_await read_limits(link, deadline);
  co_return identity;
}

core::Task<core::Result<core::PowerState>> read_power(Link& link, core::BootTime deadline) {
  const auto data = co_await ask(link, get_chassis_status(), deadline);
  if (!data) co_return std::unexpected(data.error());
  const auto state = parse_chassis_status(*data);
  if (!state) co_return fail(state.error());
  co_return *state;
}

core::Task<core::Result<>> act_on_power(Link& link, PowerAction action, core::BootTime deadline) {
  // A session that the BMC has forgotten would swallow the act and leave its outcome unknown: a question
  // first finds out, and opens a new one.
  const auto alive = co_await read_power(link, deadline);
  if (!alive) co_return std::unexpected(alive.error());
  const auto done = co_await ask(link, chassis_control(action), deadline);
  if (!done) co_return std::unexpected(done.error());
  co_return core::Result<>{};
}

core::Task<core::Result<>> reset_controller(Link& link, core::BootTime deadline) {
  const auto alive = co_await read_power(link, deadline);
  if (!alive) co_return std::unexpected(alive.error());
  const auto done = co_await ask(link, cold_reset(), deadline);
  // Some restart before they answer. Every other error came before it was sent, or instead of it.
  if (!done && !is(done.error(), IpmiError::outcome_unknown)) co_return std::unexpected(done.error());
  co_return core::Result<>{};
}

core::Task<core::Result<>> write_boot_device(Link& link, BootDeviceSetting setting, core::BootTime deadline) {
  // Progress and acknowledge are what ipmitool sends, too; many BMCs do not know them, and nothing depends on
  // them. An answer is wanted all the same: it says that the session works.
  for (auto command : {set_boot_progress(SetProgress::in_progress), set_boot_acknowledge()}) {
    const auto answer = co_await link.call(std::move(command), deadline);
    if (!answer) co_return std::unexpected(answer.error());
  }
  const auto set = co_await ask(link, set_boot_flags(setting), deadline);
  for (auto command : {set_boot_progress(SetProgress::commit), set_boot_progress(SetProgress::complete)}) {
    const auto answer = co_await link.call(std::move(command), deadline);
    if (!answer) co_return std::unexpected(answer.error());
  }
  if (!set) co_return std::unexpected(set.error());
  const auto seen = co_await ask(link, get_boot_flags(), deadline);
  if (!seen) co_return std::unexpected(seen.error());
  co_return check_boot_flags_reply(*seen, setting);
}

core::Task<core::Result<BootDeviceSetting>> read_boot_device(Link& link, core::BootTime deadline) {
  const auto data = co_await ask(link, get_boot_flags(), deadline);
  if (!data) co_return std::unexpected(data.error());
  const auto setting = parse_boot_flags_reply(*data);
  if (!setting) co_return fail(setting.error());
  co_return *setting;
}

}  // namespace colony::drivers::ipmi

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/clock.hpp"
#include "core/sha256.hpp"
#include "drivers/scout/decode_machine.hpp"

namespace colony::drivers::scout {

using core::Json;
using core::Result;

namespace {

constexpr std::uint64_t no_bound = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t min_token = 16;

template <class Message>
Result<Message> finish(std::string_view message_name, const Fault& fault, Message message) {
  if (!fault.text) return message;
  return core::fail(core::ErrorKind::invalid_input, fmt::format("scout.{}", message_name),
                    fmt::format("{} of scout: {}", message_name, *fault.text));
}

template <class Value, std::size_t N>
Value word(Members& members, std::string_view key, const std::array<Value, N>& words) {
  const auto text = members.text(key, Presence::required, max_text);
  for (const Value value : words) {
    if (name(value) == text) return value;
  }
  std::string accepted;
  for (const Value value : words) accepted += fmt::format("{}{}", accepted.empty() ? "" : ", ", name(value));
  members.reject(key, fmt::format("is none of {}", accepted));
  return words[0];
}

constexpr std::array wipe_methods{WipeMethod::discard, WipeMethod::write_zeroes, WipeMethod::overwrite};
constexpr std::array wipe_verdicts{WipeVerdict::erased, WipeVerdict::failed, WipeVerdict::not_started};

/// Disks that shall be or were erased: each can be told from every other one.
void check_nameable(Members& members, const std::vector<Disk>& disks) {
  for (auto disk = disks.begin(); disk != disks.end(); ++disk) {
    if (disk->id == DiskId{}) members.reject("disks", "holds a disk without serial and WWN");
    const auto same = [&](const Disk& other) { return other.id == disk->id; };
    if (std::any_of(disks.begin(), disk, same)) members.reject("disks", "names a disk twice");
  }
}

std::string read_token(Members& members) {
  auto token = members.text("token", Presence::required, max_text);
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  if (token.size() < min_token || !std::ranges::all_of(token, allowed)) {
    members.reject("token", fmt::format("is not a token of at least {} of [A-Za-z0-9_-]", min_token));
  }
  return token;
}

/// Workflow, attempt and epoch, which an order, its redemption and its result have in common.
template <class Message>
void read_fence(Members& members, Message& message) {
  message.workflow = core::WorkflowId(members.uuid("workflow"));
  message.attempt.value = members.number("attempt", 1, no_bound);
  message.epoch.value = members.number("epoch", 0, no_bound);
}

WipeMethod read_method(Members& members, std::string_view key, const Json& value) {
  for (const WipeMethod method : wipe_methods) {
    if (value.is_string() && value.get_ref<const std::string&>() == name(method)) return method;
  }
  members.reject(key, "is none of discard, write-zeroes, overwrite");
  return WipeMethod::overwrite;
}

WipeOrder read_wipe_order(Members& members) {
  WipeOrder order;
  read_fence(members, order);
  order.token = read_token(members);
  order.disks = read_disks(members, 1);
  check_nameable(members, order.disks);
  order.verify_permille = static_cast<unsigned>(members.number("verify_permille", 1, 1000));
  if (const Json* methods = members.list("methods", 1, wipe_methods.size())) {
    for (const Json& value : *methods) {
      const WipeMethod method = read_method(members, "methods", value);
      if (std::ranges::count(order.methods, method) != 0) members.reject("methods", "names a method twice");
      order.methods.push_back(method);
    }
  }
  return order;
}

std::string read_time(Members& members, std::string_view key) {
  auto text = members.text(key, Presence::optional, max_text);
  if (!text.empty() && !core::parse_utc(text)) members.reject(key, "is not a UTC time by RFC 3339");
  return text;
}

/// A claim must carry what it rests on: no success without a complete write and a read-back.
void check_verdict(Members& members, const DiskWipe& wipe) {
  switch (wipe.verdict) {
    case WipeVerdict::erased:
      if (!wipe.method) members.reject("verdict", "is erased, but no method is given");
      if (!wipe.error.empty()) members.reject("verdict", "is erased, but an error is given");
      if (wipe.disk.size_bytes == 0 || wipe.bytes_covered < wipe.disk.size_bytes) {
        members.reject("verdict", "is erased, but the disk was not written in full");
      }
      if (wipe.samples == 0 || wipe.bytes_read_back == 0 || wipe.sample_digest.empty()) {
        members.reject("verdict", "is erased, but nothing was read back");
      }
      return;
    case WipeVerdict::failed:
      if (wipe.error.empty()) members.reject("verdict", "is failed, but no error is given");
      return;
    case WipeVerdict::not_started:
      if (wipe.bytes_covered != 0) members.reject("verdict", "is not-started, but bytes were erased");
      return;
  }
}

DiskWipe read_disk_wipe(Members members) {
  DiskWipe wipe;
  wipe.disk = read_disk(members.object("disk"));
  wipe.verdict = word(members, "verdict", wipe_verdicts);
  if (members.has("method")) wipe.method = word(members, "method", wipe_methods);
  wipe.bytes_covered = members.number("bytes_covered", 0, no_bound);
  wipe.bytes_read_back = members.number("bytes_read_back", 0, no_bound);
  wipe.samples = members.number("samples", 0, no_bound);
  wipe.sample_seed = label(members, "sample_seed");
  wipe.sample_digest = label(members, "sample_digest");
  if (!wipe.sample_digest.empty() && !core::Sha256Digest::parse(wipe.sample_digest)) {
    members.reject("sample_digest", "is not a SHA-256 in hex");
  }
  wipe.error = members.text("error", Presence::optional, max_error_text);
  wipe.started_at = read_time(members, "started_at");
  wipe.ended_at = read_time(members, "ended_at");
  check_verdict(members, wipe);
  return wipe;
}

}  // namespace

Result<Hello> decode_hello(const Json& json) {
  Fault fault;
  Members members(json, "", fault);
  Hello hello;
  hello.scout_version = members.text("scout_version", Presence::required, max_text);
  hello.boot_mac = members.mac("boot_mac");
  return finish("hello", fault, std::move(hello));
}

Result<Disk> decode_disk(const Json& json) {
  Fault fault;
  Disk disk = read_disk(Members(json, "", fault));
  return finish("disk", fault, std::move(disk));
}

Result<Nic> decode_nic(const Json& json) {
  Fault fault;
  Nic nic = read_nic(Members(json, "", fault));
  return finish("nic", fault, std::move(nic));
}

Result<Inventory> decode_inventory(const Json& json) {
  Fault fault;
  Members members(json, "", fault);
  Inventory inventory = read_inventory(members);
  return finish("inventory", fault, std::move(inventory));
}

Result<Order> decode_order(const Json& json) {
  Fault fault;
  Members members(json, "", fault);
  const auto kind = members.text("order", Presence::required, max_text);
  Order order = Idle{};
  if (kind == "wipe") {
    order = read_wipe_order(members);
  } else if (kind == "power-off") {
    order = PowerOff{};
  } else if (kind == "reboot") {
    order = Reboot{};
  } else if (kind != "idle") {
    members.reject("order", "is none of idle, wipe, power-off, reboot");
  }
  return finish("order", fault, std::move(order));
}

Result<Redemption> decode_redemption(const Json& json) {
  Fault fault;
  Members members(json, "", fault);
  Redemption redemption;
  read_fence(members, redemption);
  redemption.token = read_token(members);
  redemption.disks = read_disks(members, 1);
  check_nameable(members, redemption.disks);
  return finish("redemption", fault, std::move(redemption));
}

Result<Progress> decode_progress(const Json& json) {
  Fault fault;
  Members members(json, "", fault);
  Progress progress;
  progress.disk = read_disk_id(members.object("disk"));
  progress.phase = members.text("phase", Presence::required, max_text);
  constexpr std::array<std::string_view, 4> phases{"discard", "write-zeroes", "overwrite", "verify"};
  if (std::ranges::find(phases, progress.phase) == phases.end()) {
    members.reject("phase", "is none of discard, write-zeroes, overwrite, verify");
  }
  progress.percent = static_cast<unsigned>(members.number("percent", 0, 100));
  return finish("progress", fault, std::move(progress));
}

Result<WipeResult> decode_wipe_result(const Json& json) {
  Fault fault;
  Members members(json, "", fault);
  WipeResult result;
  read_fence(members, result);
  result.fence_refused = members.flag("fence_refused");
  std::vector<Disk> disks;
  if (const Json* list = members.list("disks", 1, max_disks)) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      result.disks.push_back(read_disk_wipe(members.element("disks", (*list)[i], i)));
      disks.push_back(result.disks.back().disk);
    }
  }
  check_nameable(members, disks);
  const auto touched = [](const DiskWipe& wipe) { return wipe.verdict != WipeVerdict::not_started; };
  if (result.fence_refused && std::ranges::any_of(result.disks, touched)) {
    members.reject("fence_refused", "is true, but a disk was started");
  }
  return finish("result", fault, std::move(result));
}

}  // namespace colony::drivers::scout

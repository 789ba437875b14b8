#include "ramdisk/machine/tpm.hpp"

#include <array>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "core/net/file_descriptor.hpp"

namespace colony::ramdisk {

using drivers::scout::Tpm;

namespace {

constexpr std::uint16_t no_sessions = 0x8001;
constexpr std::uint32_t get_capability = 0x17a, tpm_properties = 6;
constexpr std::uint32_t manufacturer = 0x105, firmware_version = 0x10b;
constexpr int patience_ms = 5000;

}  // namespace

core::Bytes tpm_property_request(std::uint32_t property) {
  core::ByteWriter out(22);
  out.u16be(no_sessions);
  out.u32be(22);
  out.u32be(get_capability);
  out.u32be(tpm_properties);
  out.u32be(property);
  out.u32be(1);
  return std::move(out).finish();
}

std::optional<std::uint32_t> decode_tpm_property(core::ByteView answer, std::uint32_t property) {
  core::ByteReader in(answer);
  const auto tag = in.u16be();
  const auto size = in.u32be();
  const auto code = in.u32be();
  const auto more = in.u8();
  const auto capability = in.u32be();
  const auto count = in.u32be();
  const auto name = in.u32be();
  const auto value = in.u32be();
  if (!tag || !size || !code || !more || !capability || !count || !name || !value) return std::nullopt;
  // It answers with the next property when it has not the one that was asked for.
  if (*tag != no_sessions || *size != answer.size() || *code != 0 || *capability != tpm_properties ||
      *count != 1 || *name != property) {
    return std::nullopt;
  }
  return value;
}

std::string tpm_vendor(std::uint32_t big_endian) {
  std::string text;
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    const char letter = static_cast<char>(big_endian >> (shift - 8) & 0xff);
    if (letter == 0) break;
    text.push_back(letter);
  }
  return clean(text);
}

std::optional<TpmCommand> open_tpm_device(const std::filesystem::path& path) {
  auto file = std::make_shared<core::FileDescriptor>(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!file->valid()) return std::nullopt;
  return [file](core::ByteView request) -> std::optional<core::Bytes> {
    const auto sent = write(file->get(), request.data(), request.size());
    if (sent != static_cast<ssize_t>(request.size())) return std::nullopt;
    pollfd wait{.fd = file->get(), .events = POLLIN, .revents = 0};
    if (poll(&wait, 1, patience_ms) <= 0) return std::nullopt;
    core::Bytes answer(4096);
    const auto size = read(file->get(), answer.data(), answer.size());
    if (size <= 0) return std::nullopt;
    answer.resize(static_cast<std::size_t>(size));
    return answer;
  };
}

std::optional<Tpm> describe_tpm(const Tree& sysfs, const std::optional<TpmCommand>& send,
                                const std::optional<Tpm>& firmware_says) {
  const std::string at = "class/tpm/tpm0";
  if (!sysfs.exists(at)) return firmware_says;
  Tpm tpm = firmware_says.value_or(Tpm{});
  const auto major = sysfs.number(at + "/tpm_version_major");
  if (major == 2) tpm.version = "2.0";
  if (major == 1) tpm.version = "1.2";
  const auto ask = [&send](std::uint32_t property) -> std::optional<std::uint32_t> {
    const auto answer = (*send)(tpm_property_request(property));
    return answer ? decode_tpm_property(*answer, property) : std::nullopt;
  };
  if (tpm.version != "2.0" || !send) return tpm;
  if (const auto vendor = ask(manufacturer)) tpm.manufacturer = tpm_vendor(*vendor);
  if (const auto version = ask(firmware_version)) {
    tpm.firmware = fmt::format("{}.{}", *version >> 16, *version & 0xffff);
  }
  return tpm;
}

}  // namespace colony::ramdisk

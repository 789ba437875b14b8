// For tests only: our two TFTP clients (the firmware's of hw-sim, and the one that proves a foreign server)
// against one server, row by row: options, odd files, odd requests, a good network and a bad one. Judges
// nothing: prints ROW <tab> WHAT HAPPENED, for the script to compare with answers.txt.
//   tftp_referee --make DIRECTORY     writes the files that the server is to serve
//   tftp_referee ADDRESS [ROW]...     asks the server at port 69 of ADDRESS

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "hw-sim/firmware/tftp_fetch.hpp"
#include "pxe/tftp/reader.hpp"
#include "tests/pxe/tftp/referee/bad_network.hpp"
#include "tests/pxe/tftp/referee/udp.hpp"

using namespace colony;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t tftp_port = 69;

struct File {
  std::string name;
  std::size_t size;
};
/// Whole blocks of 512 and of 1428 bytes, none, and more than 65535 blocks of 8.
const std::array<File, 5> files{
    {{"small", 20'011}, {"exact512", 1024}, {"exact1428", 2856}, {"empty", 0}, {"long", 65'600 * 8 + 3}}};

std::string contents(std::string_view name) {
  std::string bytes;
  for (const auto& file : files) {
    if (file.name != name) continue;
    bytes.reserve(file.size);
    for (std::size_t i = 0; i < file.size; ++i)
      bytes.push_back(static_cast<char>(i * 7 + i / 251 + i / 65'521));
  }
  return bytes;
}

/// "DATA 1 of 512", "OACK blksize=512", "ERROR 1": the opcodes of RFC 1350 and 2347.
std::string described(core::ByteView datagram) {
  core::ByteReader in(datagram);
  const auto opcode = in.u16be().value_or(0);
  if (opcode == 3) return fmt::format("DATA {} of {}", in.u16be().value_or(0), in.remaining());
  if (opcode == 4) return fmt::format("ACK {}", in.u16be().value_or(0));
  if (opcode == 5) return fmt::format("ERROR {}", in.u16be().value_or(0));
  if (opcode != 6) return fmt::format("opcode {}", opcode);
  std::string text = "OACK";
  while (in.remaining() > 0) {
    const auto key = in.c_string(64);
    const auto value = in.c_string(64);
    if (!key || !value) return text + " cut off";
    text += fmt::format(" {}={}", *key, *value);
  }
  return text;
}

/// One read by either client, in the words of the table.
class Conversation {
 public:
  virtual ~Conversation() = default;
  virtual void start(core::BootTime now) = 0;
  virtual void on_datagram(std::uint16_t port, core::ByteView datagram, core::BootTime now) = 0;
  virtual void on_time(core::BootTime now) = 0;
  [[nodiscard]] virtual core::BootTime deadline() const = 0;

  std::vector<hw_sim::TftpSend> out;  // to be sent
  std::optional<std::string> end;     // what it came to
};

std::string compared(core::ByteView got, const std::string& wanted) {
  if (core::as_text(got) == wanted) return fmt::format("{} bytes", wanted.size());
  return fmt::format("OTHER BYTES ({} of {})", got.size(), wanted.size());
}

class Rom final : public Conversation {
 public:
  Rom(hw_sim::TftpRequest request, hw_sim::TftpTimings timings) : fetch_(std::move(request), timings) {}
  void start(core::BootTime now) override { take(fetch_.start(now)); }
  void on_datagram(std::uint16_t port, core::ByteView datagram, core::BootTime now) override {
    take(fetch_.on_datagram(port, datagram, now));
  }
  void on_time(core::BootTime now) override { take(fetch_.on_deadline(now)); }
  [[nodiscard]] core::BootTime deadline() const override {
    return fetch_.deadline().value_or(core::BootTime::max());
  }

 private:
  void take(std::vector<hw_sim::TftpSend> sends) {
    for (auto& send : sends) out.push_back(std::move(send));
    if (!fetch_.outcome()) return;
    if (const auto* failure = std::get_if<hw_sim::TftpFailure>(&*fetch_.outcome())) {
      end = failure->reason == hw_sim::TftpFailure::Reason::error_packet
                ? fmt::format("error {}", failure->code)
                : std::string(name(failure->reason));
      return;
    }
    const auto& file = std::get<hw_sim::TftpFile>(*fetch_.outcome());
    end = fetch_.request().probe_size
              ? (file.announced_size ? fmt::format("size {}", *file.announced_size) : "no size")
              : compared(file.content, contents(fetch_.request().file));
  }

  hw_sim::TftpFetch fetch_;
};

class Proof final : public Conversation {
 public:
  explicit Proof(pxe::tftp::ReadWish wish) : file_(wish.file), reader_(std::move(wish)) {}
  void start(core::BootTime now) override { take(reader_.start(now)); }
  void on_datagram(std::uint16_t port, core::ByteView datagram, core::BootTime now) override {
    if (port_ == tftp_port) port_ = port;
    if (port == port_) take(reader_.on_datagram(datagram, now));
  }
  void on_time(core::BootTime now) override { take(reader_.on_time(now)); }
  [[nodiscard]] core::BootTime deadline() const override { return reader_.deadline(); }

 private:
  void take(const pxe::tftp::Reader::Step& step) {
    if (const auto* send = std::get_if<pxe::tftp::Reader::Send>(&step))
      out.push_back({port_, send->datagram});
    if (const auto* failed = std::get_if<core::Error>(&step)) {
      const auto code = failed->message.find("(error ");
      end = code == std::string::npos
                ? failed->code
                : "error " + failed->message.substr(code + 7, failed->message.size() - code - 8);
    }
    if (!std::holds_alternative<pxe::tftp::Reader::Done>(step)) return;
    out.push_back({port_, reader_.last_ack()});
    end = compared(core::as_bytes(reader_.bytes()), contents(file_));
  }

  std::string file_;
  std::uint16_t port_ = tftp_port;
  pxe::tftp::Reader reader_;
};

/// A request that neither client makes, four times as clients do: only the first answer counts. "\1" stands
/// for the NULs.
class Raw final : public Conversation {
 public:
  Raw(core::Byte opcode, std::string_view text) : request_{0, opcode} {
    for (const char c : text) request_.push_back(c == '\1' ? core::Byte{0} : static_cast<core::Byte>(c));
  }
  void start(core::BootTime now) override { ask(now); }
  void on_datagram(std::uint16_t port, core::ByteView datagram, core::BootTime) override {
    end = described(datagram);
    out.push_back({port, pxe::tftp::encode_error(pxe::tftp::ErrorCode::undefined, "")});
  }
  void on_time(core::BootTime now) override {
    if (asked_ == 4) end = "silence";
    if (asked_ < 4) ask(now);
  }
  [[nodiscard]] core::BootTime deadline() const override { return deadline_; }

 private:
  void ask(core::BootTime now) {
    ++asked_;
    deadline_ = now + 500ms;
    out.push_back({tftp_port, request_});
  }

  core::Bytes request_;
  int asked_ = 0;
  core::BootTime deadline_{};
};

std::string run(core::Ipv4Address server, Conversation& conversation, test::BadNetwork network) {
  test::Udp socket(server);
  std::string agreed;
  conversation.start(core::system_boot_time());
  while (true) {
    for (auto& send : std::exchange(conversation.out, {})) {
      for (auto& [port, bytes] : network.out.carry({send.port, std::move(send.datagram)}))
        socket.send(port, bytes);
    }
    if (conversation.end)
      return conversation.end->starts_with("OACK") ? *conversation.end : *conversation.end + agreed;
    const auto now = core::system_boot_time();
    // What the network holds back leaves when nothing overtakes it.
    const auto until = std::min(conversation.deadline(), now + network.held());
    std::vector<test::Carried> arrived;
    if (auto received = socket.receive_until(until)) {
      arrived = network.in.carry(std::move(*received));
    } else {
      arrived = network.in.release();
      for (auto& [port, bytes] : network.out.release()) socket.send(port, bytes);
      if (core::system_boot_time() >= conversation.deadline()) conversation.on_time(core::system_boot_time());
    }
    for (const auto& [port, bytes] : arrived) {
      if (conversation.end) break;
      if (agreed.empty() && bytes.size() > 1 && bytes[1] == 6) agreed = ", " + described(bytes);
      conversation.on_datagram(port, bytes, core::system_boot_time());
    }
  }
}

struct Row {
  std::string name;
  std::variant<hw_sim::TftpRequest, pxe::tftp::ReadWish, Raw> ask;
  bool bad_network = false;
};

hw_sim::TftpRequest rom(std::string file, std::uint16_t block, std::uint16_t window = 1,
                        std::uint8_t timeout = 0) {
  hw_sim::TftpRequest request;
  request.file = std::move(file);
  request.block_size = block;
  request.window_size = window;
  request.timeout = timeout;
  return request;
}
hw_sim::TftpRequest size_of(std::string file) {
  auto request = rom(std::move(file), 1468);
  request.probe_size = true;
  return request;
}

std::vector<Row> rows() {
  using pxe::tftp::ReadWish;
  const auto proof = [](std::string file, std::uint16_t block, bool size) {
    return ReadWish{.file = std::move(file), .block_size = block, .transfer_size = size, .attempts = 60};
  };
  return {
      {"no options", proof("small", 512, false)},
      {"no options, whole blocks", proof("exact512", 512, false)},
      {"no options, empty file", proof("empty", 512, false)},
      {"blksize 512", rom("small", 512)},
      {"blksize 1428", rom("small", 1428)},
      {"blksize 1428, whole blocks", rom("exact1428", 1428)},
      {"blksize 1468", rom("small", 1468)},
      {"blksize 1428, empty file", rom("empty", 1428)},
      {"size probe", size_of("small")},
      {"tsize with the file", proof("small", 1428, true)},
      {"tsize of an empty file", proof("empty", 512, true)},
      {"timeout 3", rom("small", 1428, 1, 3)},
      {"windowsize 4", rom("small", 1468, 4)},
      {"windowsize 16, whole blocks", rom("exact1428", 1428, 16)},
      {"65601 blocks", rom("long", 8)},
      {"missing file", rom("nothing", 1428)},
      {"bad network", proof("small", 512, false), true},
      {"bad network, blksize 1428", rom("small", 1428), true},
      {"bad network, windowsize 4", rom("small", 1428, 4), true},
      {"write", Raw(2, "new\1octet\1")},
      {"netascii", Raw(1, "small\1netascii\1")},
      {"mode OCTET", Raw(1, "small\1OCTET\1")},
      {"padded request", Raw(1,
                             "small\1octet\1blksize\1"
                             "1024\1\1\1\1\1\1\1\1\1")},
      {"blksize 4", Raw(1,
                        "small\1octet\1blksize\1"
                        "4\1")},
      {"unknown option", Raw(1, "small\1octet\1multicast\1\1")},
      {"no mode", Raw(1, "small\1")},
      {"outside the tree", Raw(1, "../small\1octet\1")},
  };
}

std::string outcome(core::Ipv4Address server, Row row) {
  test::BadNetwork network = row.bad_network ? test::BadNetwork::seeded(row.name) : test::BadNetwork::good();
  if (auto* request = std::get_if<hw_sim::TftpRequest>(&row.ask)) {
    // On the bad network the client asks again before slow servers do, for as long as they may take.
    const hw_sim::TftpTimings timings{row.bad_network ? core::Duration(300ms) : core::Duration(2s), 60};
    Rom conversation(std::move(*request), timings);
    return run(server, conversation, std::move(network));
  }
  if (auto* wish = std::get_if<pxe::tftp::ReadWish>(&row.ask)) {
    Proof conversation(std::move(*wish));
    return run(server, conversation, std::move(network));
  }
  return run(server, std::get<Raw>(row.ask), std::move(network));
}

void make(const std::filesystem::path& directory) {
  for (const auto& file : files)
    std::ofstream(directory / file.name, std::ios::binary) << contents(file.name);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "--make") {
    make(arguments[1]);
    return 0;
  }
  const auto server = core::Ipv4Address::parse(arguments.empty() ? "" : arguments[0]);
  if (!server) return 2;
  for (auto& row : rows()) {
    if (arguments.size() > 1 && std::ranges::find(arguments, row.name) == arguments.end()) continue;
    const auto began = core::system_boot_time();
    const auto name = row.name;
    std::puts(fmt::format("{}\t{}", name, outcome(*server, std::move(row))).c_str());
    std::fflush(stdout);
    std::fputs(
        fmt::format("{} took {}\n", name, core::format_duration(core::system_boot_time() - began)).c_str(),
        stderr);
  }
  return 0;
}

#include "daemon/boot/tftp_engine.hpp"

#include <fmt/format.h>

#include "pxe/tftp/tftp_client.hpp"

namespace colony::daemon {

using core::Result;
using core::Task;

namespace {

constexpr std::string_view finding_key = "tftp";
constexpr unsigned name_bits = 128;
constexpr unsigned probe_bits = 8 * 600;  // 1200 hex digits: three blocks

}  // namespace

TftpEngine::TftpEngine(Parts parts, Settings settings, TreeFiles files)
    : parts_(parts),
      settings_(std::move(settings)),
      files_(std::move(files)),
      proof_(settings_.address),
      changed_(parts_.timers) {}

TftpEngine::~TftpEngine() {
  parts_.findings.clear(finding_key);
}

void TftpEngine::start(core::TaskGroup& group) {
  group.spawn("tftp.engine", run());
}

void TftpEngine::set_address_held(bool held) {
  if (held_ == held) return;
  held_ = held;
  proof_ = TftpProof(settings_.address);
  if (!held) parts_.findings.clear(finding_key);
  changed_.wake();
}

Task<> TftpEngine::run() {
  for (;;) {
    if (!held_) {
      co_await changed_.wait();
      continue;
    }
    const auto outcome = co_await prove();
    if (held_) tell(outcome);
    (void)co_await changed_.wait_until(proof_.next());
  }
}

Task<Result<>> TftpEngine::prove() {
  using Report = Result<TreeReport>;
  const std::string name = ".colony-probe-" + parts_.random.token(name_bits);
  const std::string bytes = parts_.random.token(probe_bits);
  const auto report = co_await parts_.pool.run<Report>(
      parts_.timers, [settings = settings_, files = files_, name, bytes]() -> Report {
        auto exported = export_tree(settings.directory, files, settings.site_root);
        if (!exported) return exported;
        if (auto put = put_in_tree(settings.directory, name, bytes); !put) {
          return std::unexpected(put.error());
        }
        return exported;
      });
  if (!report) co_return std::unexpected(report.error());
  if (report->written + report->removed > 1) {  // one: the last run's probe
    parts_.log.info("tftp.exported", "the TFTP server's tree is up to date",
                    {{"files", report->files}, {"written", report->written}, {"removed", report->removed}});
  }
  const auto read =
      co_await pxe::tftp::read_file(parts_.privileged, parts_.timers, settings_.address,
                                    {settings_.address, settings_.port}, pxe::tftp::ReadWish{.file = name});
  remove_from_tree(settings_.directory, name);
  if (!read) co_return std::unexpected(read.error());
  if (*read != bytes) {
    co_return core::fail(core::ErrorKind::corrupt, "tftp.other_bytes",
                         "what was read is not what was written");
  }
  co_return Result<>{};
}

void TftpEngine::tell(const Result<>& outcome) {
  const bool before = proof_.served();
  const std::string told = proof_.finding();
  if (outcome) {
    proof_.on_read(parts_.timers.now());
  } else {
    proof_.on_failure(outcome.error(), core::udp_port_owner(settings_.address, settings_.port),
                      parts_.timers.now());
  }
  if (proof_.served() && !before) {
    parts_.log.info("tftp.proved", "the TFTP server serves our files: machines may boot",
                    {{"address", settings_.address}});
  }
  if (proof_.finding() != told && !proof_.finding().empty()) {
    parts_.log.warn("tftp.unproved", proof_.finding(), {{"code", outcome ? "" : outcome.error().code}});
  }
  if (proof_.finding().empty()) {
    parts_.findings.clear(finding_key);
  } else {
    parts_.findings.set(std::string(finding_key), proof_.finding());
  }
}

}  // namespace colony::daemon

#include "ramdisk/machine/ipmi_device.hpp"

#include <array>
#include <memory>

#include <fcntl.h>
#include <linux/ipmi.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "core/clock.hpp"
#include "core/net/file_descriptor.hpp"

namespace colony::ramdisk {

using namespace std::chrono_literals;

namespace {

constexpr core::Duration patience = 5s;

class IpmiDevice {
 public:
  explicit IpmiDevice(core::FileDescriptor file) : file_(std::move(file)) {}

  std::optional<core::Bytes> send(const IpmiRequest& request) {
    core::Bytes data = request.data;
    ipmi_system_interface_addr address{};
    address.addr_type = IPMI_SYSTEM_INTERFACE_ADDR_TYPE;
    address.channel = IPMI_BMC_CHANNEL;
    ipmi_req message{};
    message.addr = reinterpret_cast<unsigned char*>(&address);
    message.addr_len = sizeof address;
    message.msgid = ++sequence_;
    message.msg.netfn = request.net_fn;
    message.msg.cmd = request.command;
    message.msg.data = data.data();
    message.msg.data_len = static_cast<unsigned short>(data.size());
    if (ioctl(file_.get(), IPMICTL_SEND_COMMAND, &message) != 0) return std::nullopt;
    const auto deadline = core::system_boot_time() + patience;
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - core::system_boot_time());
      pollfd wait{.fd = file_.get(), .events = POLLIN, .revents = 0};
      if (left <= 0ms || poll(&wait, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
      // An answer that came too late for an earlier command is passed over.
      if (auto answer = receive()) return answer;
    }
  }

 private:
  std::optional<core::Bytes> receive() {
    std::array<unsigned char, IPMI_MAX_MSG_LENGTH> data{};
    ipmi_addr address{};
    ipmi_recv message{};
    message.addr = reinterpret_cast<unsigned char*>(&address);
    message.addr_len = sizeof address;
    message.msg.data = data.data();
    message.msg.data_len = data.size();
    if (ioctl(file_.get(), IPMICTL_RECEIVE_MSG_TRUNC, &message) != 0) return std::nullopt;
    if (message.recv_type != IPMI_RESPONSE_RECV_TYPE || message.msgid != sequence_) return std::nullopt;
    return core::Bytes(data.begin(), data.begin() + message.msg.data_len);
  }

  core::FileDescriptor file_;
  long sequence_ = 0;
};

}  // namespace

std::optional<IpmiCommand> open_ipmi_device(const std::filesystem::path& path) {
  core::FileDescriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.valid()) return std::nullopt;
  auto device = std::make_shared<IpmiDevice>(std::move(file));
  return [device](const IpmiRequest& request) { return device->send(request); };
}

}  // namespace colony::ramdisk
